import { value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import type { Given, Keywords } from '../python/call_types.js'
import { keyword, optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { py_repr } from '../repr.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  check_at_least_zero,
  check_capturable,
  check_learning_rate,
  number_of,
  type Rate,
  state_number,
} from './options.js'
import {
  type NativeStep,
  real_views,
  SingleTensorOptimizer,
  type Update,
  zeros_like,
} from './single_tensor.js'

const OPTIONS = entries(
  {
    /** Factor of the step. Default: 1. */
    lr: optional<Rate>(1),
  },
  {
    /** Decay rate of the running averages. Default: 0.9. */
    rho: optional(0.9),
  },
  {
    /** Term added below the roots for numerical stability. Default: 1e-6. */
    eps: optional(1e-6),
  },
  {
    /** Weight decay. Default: 0. */
    weight_decay: optional(0),
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
    /** Allow the step to be captured in a CUDA graph. Default: false. */
    capturable: keyword(false),
  },
  {
    /** Let gradients flow through the step. Default: false. */
    differentiable: keyword(false),
  },
)

/** Options of {@link Adadelta}, and of each of its groups. */
export type AdadeltaOptions = Keywords<typeof OPTIONS>

/** A group of {@link Adadelta}. */
export interface AdadeltaParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('Adadelta', { params: required<Params<AdadeltaParamGroup>>() }, ...OPTIONS)

/**
 * Adadelta: steps as large as the last ones were, over the root of the gradient's mean square.
 *
 * v ← ρv + (1 − ρ)g², Δ = √(u + ε) / √(v + ε) · g, u ← ρu + (1 − ρ)Δ², θ ← θ − lr · Δ
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - what the step is multiplied by. Default: 1
 * @param rho - ρ. Default: 0.9
 * @param eps - ε. Default: 1e-6
 * @param weight_decay - Default: 0
 * @throws ValueError for options out of their range
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.Adadelta(model.parameters(), { rho: 0.95 })
 * ```
 *
 * @see torch/optim/adadelta.py
 */
export class Adadelta extends SingleTensorOptimizer<AdadeltaParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_learning_rate(options.lr)
    if (!(options.rho >= 0 && options.rho <= 1))
      throw value_error(`Invalid rho value: ${py_repr(options.rho)}`)
    check_at_least_zero('epsilon value', options.eps)
    check_at_least_zero('weight_decay value', options.weight_decay)
    // Groups list their options in Python's order.
    const { lr, rho, eps, weight_decay, maximize, capturable, ...rest } = options
    super(params, { lr, rho, eps, weight_decay, maximize, capturable, ...rest })
  }

  protected override begin(group: AdadeltaParamGroup, param: Tensor): ParamState {
    return {
      step: state_number(group, param, 0),
      square_avg: zeros_like(param),
      acc_delta: zeros_like(param),
    }
  }

  protected override native_step(group: AdadeltaParamGroup): NativeStep | null {
    const { maximize, lr, rho, eps, weight_decay } = group
    return {
      step: 'adadelta_step',
      state: ['step', 'square_avg', 'acc_delta'],
      numbers: [maximize, lr, rho, eps, weight_decay],
    }
  }

  protected override update(group: AdadeltaParamGroup, { param, grad: given, state }: Update): void {
    const { rho, eps } = group
    const step = state['step'] as Tensor
    if (group.capturable) check_capturable(param, [step])
    step.add_(1)
    const decayed = group.weight_decay === 0 ? given : given.add(param, { alpha: group.weight_decay })
    const [square_avg, acc_delta, grad] = real_views(param, [
      state['square_avg'] as Tensor,
      state['acc_delta'] as Tensor,
      decayed,
    ])
    square_avg.mul_(rho).addcmul_(grad, grad, { value: 1 - rho })
    const std = square_avg.add(eps).sqrt_()
    let delta = acc_delta.add(eps).sqrt_()
    if (group.differentiable) delta = delta.clone()
    delta.div_(std).mul_(grad)
    acc_delta.mul_(rho).addcmul_(delta, delta, { value: 1 - rho })
    if (param.is_complex()) delta = ops.view_as_complex(delta)
    param.add_(delta, { alpha: -number_of(group.lr) })
  }
}
