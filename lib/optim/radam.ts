import * as ops from '../ops/generated/torch.js'
import type { Given, Keywords } from '../python/call_types.js'
import { keyword, optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  check_capturable,
  check_moment_options,
  minus,
  over,
  type Rate,
  scalar_rate,
  state_number,
  times,
  to_the,
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
    /** Learning rate. Default: 1e-3. */
    lr: optional<Rate>(1e-3),
  },
  {
    /** Decay rates of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
    betas: optional<readonly [number, number]>([0.9, 0.999]),
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
    /** Keep the weight decay out of the running averages, as AdamW does. Default: false. */
    decoupled_weight_decay: optional(false),
  },
  {
    /** Maximize the objective instead of minimizing it. Default: false. */
    maximize: keyword(false),
  },
  {
    /** Update all tensors together; null leaves it to the device. Default: null. */
    foreach: keyword<boolean | null>(null),
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

/** Options of {@link RAdam}, and of each of its groups. */
export type RAdamOptions = Keywords<typeof OPTIONS>

/** A group of {@link RAdam}. */
export interface RAdamParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('RAdam', { params: required<Params<RAdamParamGroup>>() }, ...OPTIONS)

/**
 * RAdam: Adam whose adaptive rate is rectified for its variance in the first steps, and left out while that is too large.
 *
 * ρ∞ = 2 / (1 − β₂) − 1, ρ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ); θ ← θ − lr · m̂ · r(ρ) · √(1 − β₂ᵗ) / (√v + ε) where ρ > 5, else
 * θ ← θ − lr · m̂
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the learning rate. Default: 1e-3
 * @param betas - β₁ and β₂. Default: [0.9, 0.999]
 * @param eps - ε. Default: 1e-8
 * @param weight_decay - Default: 0
 * @param decoupled_weight_decay - Default: false
 * @throws ValueError for options out of their range
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.RAdam(model.parameters(), { lr: 1e-3 })
 * ```
 *
 * @see torch/optim/radam.py
 */
export class RAdam extends SingleTensorOptimizer<RAdamParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_moment_options(options)
    // Groups list their options in Python's order.
    const { lr, betas, eps, weight_decay, maximize, foreach, capturable, ...rest } = options
    super(params, { lr, betas, eps, weight_decay, maximize, foreach, capturable, ...rest })
  }

  protected override get older_options(): Record<string, unknown> {
    return { ...super.older_options, decoupled_weight_decay: false }
  }

  protected override begin(group: RAdamParamGroup, param: Tensor): ParamState {
    return { step: state_number(group, param, 0), exp_avg: zeros_like(param), exp_avg_sq: zeros_like(param) }
  }

  protected override native_step(group: RAdamParamGroup): NativeStep | null {
    const { maximize, lr, betas, eps, weight_decay, decoupled_weight_decay } = group
    return {
      step: 'radam_step',
      state: ['step', 'exp_avg', 'exp_avg_sq'],
      numbers: [maximize, lr, ...betas, eps, weight_decay, decoupled_weight_decay],
    }
  }

  protected override update(
    group: RAdamParamGroup,
    { param: given_param, grad: given, state }: Update,
  ): void {
    const { weight_decay, eps, capturable } = group
    const [beta1, beta2] = group.betas
    const lr = scalar_rate(group.lr)
    const step_t = state['step'] as Tensor
    if (capturable) check_capturable(given_param, [step_t])
    const [param, plain, exp_avg, exp_avg_sq] = real_views(given_param, [
      given_param,
      given,
      state['exp_avg'] as Tensor,
      state['exp_avg_sq'] as Tensor,
    ])
    step_t.add_(1)
    const step: Rate = capturable ? step_t : step_t.item()
    let grad = plain
    if (weight_decay !== 0) {
      if (group.decoupled_weight_decay) param.mul_(minus(1, times(lr, weight_decay)))
      else grad = grad.add(param, { alpha: weight_decay })
    }
    exp_avg.lerp_(grad, 1 - beta1)
    exp_avg_sq.mul_(beta2).addcmul_(grad, grad, { value: 1 - beta2 })

    const correction1 = minus(1, to_the(beta1, step))
    const correction2 = minus(1, to_the(beta2, step))
    const corrected = ops.mul(ops.div(exp_avg, correction1), lr)
    const rho_inf = 2 / (1 - beta2) - 1
    const rho = minus(rho_inf, over(times(times(2, step), to_the(beta2, step)), correction2))
    const rectification = () => {
      const above = times(times(minus(rho, 4), minus(rho, 2)), rho_inf)
      return to_the(over(above, times((rho_inf - 4) * (rho_inf - 2), rho)), 0.5)
    }
    const adaptive = () => {
      const root = exp_avg_sq.sqrt()
      return over(to_the(correction2, 0.5), group.differentiable ? root.add(eps) : root.add_(eps)) as Tensor
    }
    if (typeof rho !== 'number') {
      const update = ops.where(rho.gt(5), ops.mul(rectification(), adaptive()), 1)
      param.add_(corrected.mul(update), { alpha: -1 })
    } else if (rho > 5) {
      param.add_(ops.mul(corrected.mul(adaptive()), rectification()), { alpha: -1 })
    } else {
      param.add_(corrected, { alpha: -1 })
    }
  }
}
