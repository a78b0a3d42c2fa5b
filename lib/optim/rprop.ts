import { value_error } from '../errors.js'
import { preserve_format } from '../layout.js'
import * as ops from '../ops/generated/torch.js'
import type { Given, Keywords } from '../python/call_types.js'
import { keyword, optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { py_repr } from '../repr.js'
import { complex_scalar } from '../scalar.js'
import { keep } from '../scope.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import { check_capturable, check_learning_rate, number_of, type Rate, state_number } from './options.js'
import {
  type NativeStep,
  real_views,
  SingleTensorOptimizer,
  type Update,
  zeros_like,
} from './single_tensor.js'

const OPTIONS = entries(
  {
    /** Size of the first step. Default: 1e-2. */
    lr: optional<Rate>(1e-2),
  },
  {
    /** Factors of a step's size where the gradient's sign changes and where it stays. Default: [0.5, 1.2]. */
    etas: optional<readonly [number, number]>([0.5, 1.2]),
  },
  {
    /** Minimum and maximum size of a step. Default: [1e-6, 50]. */
    step_sizes: optional<readonly [number, number]>([1e-6, 50]),
  },
  {
    /** Update all tensors together; null leaves it to the device. Default: null. */
    foreach: keyword<boolean | null>(null),
  },
  {
    /** Maximize the objective instead of minimizing it. Default: false. */
    maximize: keyword(false),
  },
  {
    /** Let gradients flow through the step. Default: false. */
    differentiable: keyword(false),
  },
  {
    /** Allow the step to be captured in a CUDA graph. Default: false. */
    capturable: keyword(false),
  },
)

/** Options of {@link Rprop}, and of each of its groups. */
export type RpropOptions = Keywords<typeof OPTIONS>

/** A group of {@link Rprop}. */
export interface RpropParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('Rprop', { params: required<Params<RpropParamGroup>>() }, ...OPTIONS)

/**
 * Resilient backpropagation: each element's step grows while its gradient keeps its sign and shrinks where that changes;
 * only the sign of the gradient counts.
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the first step's size. Default: 1e-2
 * @param etas - the factors of shrinking and growing. Default: [0.5, 1.2]
 * @param step_sizes - the least and the greatest step. Default: [1e-6, 50]
 * @throws ValueError for options out of their range
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.Rprop(model.parameters(), { lr: 1e-3 })
 * ```
 *
 * @see torch/optim/rprop.py
 */
export class Rprop extends SingleTensorOptimizer<RpropParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_learning_rate(options.lr)
    const [etaminus, etaplus] = options.etas
    if (!(0 < etaminus && etaminus < 1 && 1 < etaplus))
      throw value_error(`Invalid eta values: ${py_repr(etaminus)}, ${py_repr(etaplus)}`)
    super(params, options)
  }

  protected override begin(group: RpropParamGroup, param: Tensor, grad: Tensor): ParamState {
    const lr = number_of(group.lr)
    return {
      step: state_number(group, param, 0),
      prev: zeros_like(param),
      step_size: keep(ops.full_like(grad, param.is_complex() ? complex_scalar(lr, lr) : lr)),
    }
  }

  protected override native_step(group: RpropParamGroup): NativeStep | null {
    const { maximize, etas, step_sizes } = group
    return {
      step: 'rprop_step',
      state: ['step', 'prev', 'step_size'],
      numbers: [maximize, ...etas, ...step_sizes],
    }
  }

  protected override update(
    group: RpropParamGroup,
    { param: given_param, grad: given, state }: Update,
  ): void {
    const [etaminus, etaplus] = group.etas
    const [least, most] = group.step_sizes
    const step = state['step'] as Tensor
    if (group.capturable) check_capturable(given_param, [step])
    step.add_(1)
    const [param, plain, prev, step_size] = real_views(given_param, [
      given_param,
      given,
      state['prev'] as Tensor,
      state['step_size'] as Tensor,
    ])
    const sign = plain.mul(group.differentiable ? prev.clone() : prev).sign()
    // In this order: a factor of its own may be 0 or negative.
    sign.masked_fill_(sign.gt(0), etaplus)
    sign.masked_fill_(sign.lt(0), etaminus)
    sign.masked_fill_(sign.eq(0), 1)
    step_size.mul_(sign).clamp_(least, most)
    // No step where the sign has changed.
    const grad = plain.clone({ memory_format: preserve_format }).masked_fill_(sign.eq(etaminus), 0)
    param.addcmul_(grad.sign(), step_size, { value: -1 })
    prev.copy_(grad)
  }
}
