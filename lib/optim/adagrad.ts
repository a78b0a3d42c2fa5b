import { runtime_error } from '../errors.js'
import { sparse_coo_tensor } from '../functional.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import { own_value } from '../own.js'
import type { Given, Keywords } from '../python/call_types.js'
import { methods } from '../python/methods.js'
import { keyword, optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { complex_scalar } from '../scalar.js'
import { keep } from '../scope.js'
import { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  check_at_least_zero,
  check_fused,
  check_fused_options,
  check_learning_rate,
  number_of,
  over,
  type Rate,
  scalar_rate,
  state_number,
} from './options.js'
import { type NativeStep, real_views, SingleTensorOptimizer, type Update } from './single_tensor.js'

const OPTIONS = entries(
  {
    /** Learning rate. Default: 1e-2. */
    lr: optional<Rate>(1e-2),
  },
  {
    /** Learning rate decay. Default: 0. */
    lr_decay: optional(0),
  },
  {
    /** Weight decay. Default: 0. */
    weight_decay: optional(0),
  },
  {
    /** Initial value of the sum of squared gradients. Default: 0. */
    initial_accumulator_value: optional(0),
  },
  {
    /** Term added to the denominator for numerical stability. Default: 1e-10. */
    eps: optional(1e-10),
  },
  {
    /** Update all tensors together; null leaves it to the device. Default: null. */
    foreach: optional<boolean | null>(null),
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
    /** Use the fused kernel; null leaves it off. Default: null. */
    fused: keyword<boolean | null>(null),
  },
)

/** Options of {@link Adagrad}, and of each of its groups. */
export type AdagradOptions = Keywords<typeof OPTIONS>

/** A group of {@link Adagrad}. */
export interface AdagradParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('Adagrad', { params: required<Params<AdagradParamGroup>>() }, ...OPTIONS)

const fused_adagrad_ = operator('aten::_fused_adagrad_')
const fused_adagrad_tensor_ = operator('aten::_fused_adagrad_.tensor_lr')
const add_number_ = operator('aten::_foreach_add_.Scalar')
const subtract_lists_ = operator('aten::_foreach_sub_.List')

/**
 * Adagrad: the learning rate of each element falls with the sum of its squared gradients.
 *
 * s ← s + g², θ ← θ − lr / (1 + (t − 1) · lr_decay) · g / (√s + ε)
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the learning rate. Default: 1e-2
 * @param lr_decay - Default: 0
 * @param weight_decay - Default: 0
 * @param initial_accumulator_value - what s begins with. Default: 0
 * @param eps - ε. Default: 1e-10
 * @throws ValueError for options out of their range; RuntimeError for options that exclude each other
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.Adagrad(model.parameters(), { lr: 0.1 })
 * ```
 *
 * @see torch/optim/adagrad.py
 */
export class Adagrad extends SingleTensorOptimizer<AdagradParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_learning_rate(options.lr)
    check_at_least_zero('lr_decay value', options.lr_decay)
    check_at_least_zero('weight_decay value', options.weight_decay)
    check_at_least_zero('initial_accumulator_value value', options.initial_accumulator_value)
    check_at_least_zero('epsilon value', options.eps)
    // Groups list their options in Python's order.
    const { lr, lr_decay, eps, ...rest } = options
    super(params, { lr, lr_decay, eps, ...rest })
    if (options.fused) {
      check_fused_options(options.differentiable, options.foreach)
      this._step_supports_amp_scaling = true
    }
    for (const group of this.param_groups)
      for (const param of group.params) this.state.set(param, this.begin(group, param))
  }

  protected override get older_options(): Record<string, unknown> {
    return { foreach: null, maximize: false, differentiable: false, fused: null }
  }
  protected override get takes_sparse(): boolean {
    return true
  }

  protected override begin(group: AdagradParamGroup, param: Tensor): ParamState {
    const value = Number(own_value(this.defaults, 'initial_accumulator_value'))
    const initial = param.is_complex() ? complex_scalar(value, value) : value
    return { step: state_number(group, param, 0), sum: keep(ops.full_like(param, initial)) }
  }

  /** Moves the sums into memory that processes share. */
  share_memory(): void {
    for (const state of this.state.values()) {
      const sum = state['sum'] as Tensor & { share_memory_?: () => Tensor }
      if (sum.share_memory_ === undefined) throw runtime_error('share_memory(): this build shares no memory')
      sum.share_memory_()
    }
  }

  protected override update_group(group: AdagradParamGroup, updates: readonly Update[]): void {
    if (group.fused) this.#fused(group, updates)
    else super.update_group(group, updates)
  }

  protected override native_step(group: AdagradParamGroup): NativeStep | null {
    const { maximize, lr, lr_decay, weight_decay, eps } = group
    return {
      step: 'adagrad_step',
      state: ['step', 'sum'],
      numbers: [maximize, lr, lr_decay, weight_decay, eps],
    }
  }

  protected override update(group: AdagradParamGroup, { param, grad: given, state }: Update): void {
    const step_t = state['step'] as Tensor
    const sum = state['sum'] as Tensor
    step_t.add_(1)
    const step = step_t.item()
    let grad = given
    if (group.weight_decay !== 0) {
      if (grad.is_sparse) throw runtime_error('weight_decay option is not compatible with sparse gradients')
      grad = grad.add(param, { alpha: group.weight_decay })
    }
    const rate = over(scalar_rate(group.lr), 1 + (step - 1) * group.lr_decay)
    if (grad.is_sparse) {
      update_sparse(param, grad.coalesce(), sum, group.eps, number_of(rate))
      return
    }
    const [g, s, p] = real_views(param, [grad, sum, param])
    s.addcmul_(g, g, { value: 1 })
    const std = group.differentiable ? s.sqrt().add(group.eps) : s.sqrt().add_(group.eps)
    p.addcdiv_(g, std, { value: -number_of(rate) })
  }

  #fused(group: AdagradParamGroup, updates: readonly Update[]): void {
    if (updates.some(({ grad }) => grad.is_sparse))
      throw runtime_error('`fused` does not support sparse grad')
    if (updates.some(({ param }) => param.is_complex()))
      throw runtime_error('`fused` does not support complex grad')
    for (const { param } of updates) check_fused(param)
    const steps = updates.map(({ state }) => state['step'] as Tensor)
    add_number_(steps, 1)
    const kernel = group.lr instanceof Tensor ? fused_adagrad_tensor_ : fused_adagrad_
    const found_inf = own_value(this, 'found_inf') ?? null
    kernel(
      updates.map(({ param }) => param),
      // The kernel negates by itself.
      updates.map(({ param }) => param.grad!),
      updates.map(({ state }) => state['sum']),
      steps,
      {
        lr: group.lr,
        lr_decay: group.lr_decay,
        weight_decay: group.weight_decay,
        eps: group.eps,
        maximize: group.maximize,
        grad_scale: own_value(this, 'grad_scale') ?? null,
        found_inf,
      },
    )
    if (found_inf !== null)
      subtract_lists_(
        steps,
        steps.map(() => found_inf),
      )
  }

  static {
    methods(Adagrad, {
      share_memory: '',
    })
  }
}

function update_sparse(param: Tensor, grad: Tensor, sum: Tensor, eps: number, rate: number): void {
  const indices = grad.indices()
  const values = grad.values()
  const with_values = (given: Tensor) => sparse_coo_tensor(indices, given, grad.shape)
  sum.add_(with_values(values.pow(2)))
  const std = sum.sparse_mask(grad).values().sqrt_().add_(eps)
  param.add_(with_values(values.div(std)), { alpha: -rate })
}
