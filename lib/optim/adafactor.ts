import { runtime_error, value_error } from '../errors.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import type { Given, Keywords } from '../python/call_types.js'
import { keyword, optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { py_repr } from '../repr.js'
import { keep } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import { check_rate, number_of, type Rate, refuse_scaling, state_number } from './options.js'
import { SingleTensorOptimizer, type Update } from './single_tensor.js'

const OPTIONS = entries(
  {
    /** Maximum relative step. Default: 1e-2. */
    lr: optional<Rate>(1e-2),
  },
  {
    /** Decay rate of β₂. Default: −0.8. */
    beta2_decay: optional(-0.8),
  },
  {
    /** Term added to squared gradients (null: the dtype's rounding error), and the smallest scale of a parameter. Default: [null, 1e-3]. */
    eps: optional<readonly [number | null, number]>([null, 1e-3]),
  },
  {
    /** Root mean square that updates are clipped to. Default: 1. */
    d: optional(1),
  },
  {
    /** Weight decay. Default: 0. */
    weight_decay: optional(0),
  },
  {
    /** Update all tensors together; null leaves it to the device. Default: null. */
    foreach: keyword<boolean | null>(null),
  },
  {
    /** Maximize the objective instead of minimizing it. Default: false. */
    maximize: keyword(false),
  },
)

/** Options of {@link Adafactor}, and of each of its groups. */
export type AdafactorOptions = Keywords<typeof OPTIONS>

/** A group of {@link Adafactor}. */
export interface AdafactorParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('Adafactor', { params: required<Params<AdafactorParamGroup>>() }, ...OPTIONS)

const { pow } = native.math

function refuse(text: string, value: Rate, wrong: boolean): void {
  if (wrong) throw value_error(`${text} but is: ${py_repr(value)}`)
}

/**
 * Adafactor: Adam without momentum, whose mean squares of a matrix are kept as one row and one column, and whose step is
 * relative to the parameter's scale.
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the greatest relative step. Default: 1e-2
 * @param beta2_decay - Default: −0.8
 * @param eps - Default: [null, 1e-3]
 * @param d - the root mean square that an update is clipped to. Default: 1
 * @param weight_decay - Default: 0
 * @throws ValueError for options out of their range
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.Adafactor(model.parameters(), { lr: 1e-2 })
 * ```
 *
 * @see torch/optim/_adafactor.py
 */
export class Adafactor extends SingleTensorOptimizer<AdafactorParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    const { lr, beta2_decay, eps, d, weight_decay } = options
    check_rate(lr)
    refuse('Learning rate should be >= 0', lr, !(number_of(lr) >= 0))
    refuse('beta2_decay should be <= 0', beta2_decay, !(beta2_decay <= 0))
    refuse('epsilon1 should be >= 0', eps[0] ?? 0, eps[0] !== null && !(eps[0] >= 0))
    refuse('epsilon2 should be >= 0', eps[1], !(eps[1] >= 0))
    refuse('Clipping threshold d should be >= 1', d, !(d >= 1))
    refuse('weight_decay should be >= 0', weight_decay, !(weight_decay >= 0))
    super(params, options)
  }

  protected override get float_options(): readonly string[] {
    return ['lr', 'd', 'weight_decay']
  }
  protected override get older_options(): Record<string, unknown> {
    return { foreach: null }
  }

  protected override begin(_group: AdafactorParamGroup, param: Tensor, grad: Tensor): ParamState {
    if (param.is_complex()) throw runtime_error('Adafactor does not support complex parameters')
    const step = state_number({}, param, 0)
    const { shape } = grad
    if (shape.length <= 1) return { step, variance: keep(ops.zeros_like(grad)) }
    return {
      step,
      row_var: keep(grad.new_zeros([...shape.slice(0, -1), 1])),
      col_var: keep(grad.new_zeros([...shape.slice(0, -2), 1, shape.at(-1)!])),
    }
  }

  // An eps of null is the first parameter's dtype's, for all of the group, as in PyTorch.
  protected override update_group(group: AdafactorParamGroup, updates: readonly Update[]): void {
    refuse_scaling(this, 'Grad scaling should occur outside of optimizer.step()')
    const eps1 = group.eps[0] ?? finfo(updates[0]!.param.dtype).eps
    for (const update of updates) this.update({ ...group, eps: [eps1, group.eps[1]] }, update)
  }

  protected override update(group: AdafactorParamGroup, { param, grad, state }: Update): void {
    const [eps1, eps2] = group.eps as [number, number]
    const lr = number_of(group.lr)
    const step_t = (state['step'] as Tensor).add_(1)
    const step = step_t.item()
    const one_minus_beta2 = pow(step, group.beta2_decay)
    const rho = Math.min(lr, 1 / pow(step, 0.5))
    const alpha = Math.max(eps2, param.norm(2).item() / pow(param.numel(), 0.5)) * rho
    if (group.weight_decay !== 0) param.mul_(1 - lr * group.weight_decay)

    let estimate: Tensor
    if (grad.ndim > 1) {
      const [rows, columns] = [state['row_var'], state['col_var']] as [Tensor, Tensor]
      const mean_square = (dim: number) => grad.norm(2, { dim, keepdim: true }).square_().div_(grad.size(dim))
      rows.lerp_(mean_square(-1), one_minus_beta2)
      columns.lerp_(mean_square(-2), one_minus_beta2)
      estimate = rows.matmul(columns)
      estimate.div_(rows.mean(-2, true).clamp_(eps1))
    } else {
      const variance = state['variance'] as Tensor
      variance.lerp_(grad.mul(grad), one_minus_beta2)
      estimate = variance.clone()
    }
    const update = estimate.clamp_(eps1 * eps1).rsqrt_()
    update.mul_(grad)
    const denominator = Math.max(1, update.norm(2).item() / (pow(update.numel(), 0.5) * group.d))
    param.add_(update, { alpha: -alpha / denominator })
  }
}
