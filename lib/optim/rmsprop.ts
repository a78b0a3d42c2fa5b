import type { Given, Keywords } from '../python/call_types.js'
import { optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
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
    /** Learning rate. Default: 1e-2. */
    lr: optional<Rate>(1e-2),
  },
  {
    /** Smoothing constant of the running average of squares. Default: 0.99. */
    alpha: optional(0.99),
  },
  {
    /** Term added to the denominator for numerical stability. Default: 1e-8. */
    eps: optional(1e-8),
  },
  {
    /** Weight decay. Default: 0. */
    weight_decay: optional(0),
  },
  {
    /** Momentum factor. Default: 0. */
    momentum: optional(0),
  },
  {
    /** Subtract the gradient's squared mean from its mean square. Default: false. */
    centered: optional(false),
  },
  {
    /** Allow the step to be captured in a CUDA graph. Default: false. */
    capturable: optional(false),
  },
  {
    /** Update all tensors together; null leaves it to the device. Default: null. */
    foreach: optional<boolean | null>(null),
  },
  {
    /** Maximize the objective instead of minimizing it. Default: false. */
    maximize: optional(false),
  },
  {
    /** Let gradients flow through the step. Default: false. */
    differentiable: optional(false),
  },
)

/** Options of {@link RMSprop}, and of each of its groups. */
export type RMSpropOptions = Keywords<typeof OPTIONS>

/** A group of {@link RMSprop}. */
export interface RMSpropParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('RMSprop', { params: required<Params<RMSpropParamGroup>>() }, ...OPTIONS)

/**
 * RMSprop: each parameter moves by its gradient over the root of the average of the gradient's square.
 *
 * v ← αv + (1 − α)g², θ ← θ − lr · g / (√v + ε)
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the learning rate. Default: 1e-2
 * @param alpha - α. Default: 0.99
 * @param eps - ε. Default: 1e-8
 * @param weight_decay - Default: 0
 * @param momentum - Default: 0
 * @param centered - whether v − (mean of g)² is taken for v. Default: false
 * @throws ValueError for options out of their range
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.RMSprop(model.parameters(), { lr: 1e-3, momentum: 0.9 })
 * ```
 *
 * @see torch/optim/rmsprop.py
 */
export class RMSprop extends SingleTensorOptimizer<RMSpropParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_learning_rate(options.lr)
    check_at_least_zero('epsilon value', options.eps)
    check_at_least_zero('momentum value', options.momentum)
    check_at_least_zero('weight_decay value', options.weight_decay)
    check_at_least_zero('alpha value', options.alpha)
    // Groups list their options in Python's order.
    const { lr, momentum, alpha, eps, centered, ...rest } = options
    super(params, { lr, momentum, alpha, eps, centered, ...rest })
  }

  protected override get older_options(): Record<string, unknown> {
    return { momentum: 0, centered: false, ...super.older_options }
  }

  protected override begin(group: RMSpropParamGroup, param: Tensor): ParamState {
    const state: ParamState = { step: state_number(group, param, 0), square_avg: zeros_like(param) }
    if (group.momentum > 0) state['momentum_buffer'] = zeros_like(param)
    if (group.centered) state['grad_avg'] = zeros_like(param)
    return state
  }

  protected override native_step(group: RMSpropParamGroup): NativeStep | null {
    const { maximize, lr, alpha, eps, weight_decay, momentum, centered } = group
    const state = ['step', 'square_avg']
    if (momentum > 0) state.push('momentum_buffer')
    if (centered) state.push('grad_avg')
    return {
      step: 'rmsprop_step',
      state,
      numbers: [maximize, lr, alpha, eps, weight_decay, momentum, centered],
    }
  }

  protected override update(
    group: RMSpropParamGroup,
    { param: given_param, grad: given, state }: Update,
  ): void {
    const { alpha, eps, momentum } = group
    const step = state['step'] as Tensor
    if (group.capturable) check_capturable(given_param, [step])
    step.add_(1)
    const decayed = group.weight_decay === 0 ? given : given.add(given_param, { alpha: group.weight_decay })
    const [param, grad, square_avg] = real_views(given_param, [
      given_param,
      decayed,
      state['square_avg'] as Tensor,
    ])
    square_avg.mul_(alpha).addcmul_(grad, grad, { value: 1 - alpha })
    let root: Tensor
    if (group.centered) {
      const [grad_avg] = real_views(given_param, [state['grad_avg'] as Tensor])
      grad_avg.lerp_(grad, 1 - alpha)
      root = square_avg.addcmul(grad_avg, grad_avg, { value: -1 }).sqrt_()
    } else {
      root = square_avg.sqrt()
    }
    root = group.differentiable ? root.add(eps) : root.add_(eps)
    const lr = number_of(group.lr)
    if (momentum > 0) {
      const [buffer] = real_views(given_param, [state['momentum_buffer'] as Tensor])
      buffer.mul_(momentum).addcdiv_(grad, root)
      param.add_(buffer, { alpha: -lr })
    } else {
      param.addcdiv_(grad, root, { value: -lr })
    }
  }
}
