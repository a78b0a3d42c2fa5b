import * as ops from '../ops/generated/torch.js'
import type { Given, Keywords } from '../python/call_types.js'
import { keyword, optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  check_at_least_zero,
  check_capturable,
  check_moment_options,
  minus,
  negative,
  number_of,
  over,
  plus,
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
    /** Learning rate. Default: 2e-3. */
    lr: optional<Rate>(2e-3),
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
    /** Momentum decay. Default: 4e-3. */
    momentum_decay: optional(4e-3),
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

/** Options of {@link NAdam}, and of each of its groups. */
export type NAdamOptions = Keywords<typeof OPTIONS>

/** A group of {@link NAdam}. */
export interface NAdamParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('NAdam', { params: required<Params<NAdamParamGroup>>() }, ...OPTIONS)

/**
 * NAdam: Adam with Nesterov's momentum.
 *
 * μₜ = β₁(1 − ½ · 0.96^(t · ψ)), θ ← θ − lr · (μₜ₊₁ m / (1 − Π₁ᵗ⁺¹ μ) + (1 − μₜ) g / (1 − Π₁ᵗ μ)) / (√v̂ + ε)
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the learning rate. Default: 2e-3
 * @param betas - β₁ and β₂. Default: [0.9, 0.999]
 * @param eps - ε. Default: 1e-8
 * @param weight_decay - Default: 0
 * @param momentum_decay - ψ. Default: 4e-3
 * @param decoupled_weight_decay - Default: false
 * @throws ValueError for options out of their range
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.NAdam(model.parameters(), { lr: 1e-3 })
 * ```
 *
 * @see torch/optim/nadam.py
 */
export class NAdam extends SingleTensorOptimizer<NAdamParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_moment_options(options)
    check_at_least_zero('momentum_decay value', options.momentum_decay)
    super(params, options)
  }

  protected override get older_options(): Record<string, unknown> {
    return { ...super.older_options, decoupled_weight_decay: false }
  }
  protected override get state_numbers(): readonly string[] {
    return ['step', 'mu_product']
  }

  protected override begin(group: NAdamParamGroup, param: Tensor): ParamState {
    return {
      step: state_number(group, param, 0),
      mu_product: state_number(group, param, 1),
      exp_avg: zeros_like(param),
      exp_avg_sq: zeros_like(param),
    }
  }

  protected override native_step(group: NAdamParamGroup): NativeStep | null {
    const { maximize, lr, betas, eps, weight_decay, momentum_decay, decoupled_weight_decay } = group
    return {
      step: 'nadam_step',
      state: ['step', 'mu_product', 'exp_avg', 'exp_avg_sq'],
      numbers: [maximize, lr, ...betas, eps, weight_decay, momentum_decay, decoupled_weight_decay],
    }
  }

  protected override update(
    group: NAdamParamGroup,
    { param: given_param, grad: given, state }: Update,
  ): void {
    const { weight_decay, momentum_decay, eps, capturable } = group
    const [beta1, beta2] = group.betas
    const lr = scalar_rate(group.lr)
    const [mu_product, step_t] = [state['mu_product'], state['step']] as [Tensor, Tensor]
    const [param, plain, exp_avg, exp_avg_sq] = real_views(given_param, [
      given_param,
      given,
      state['exp_avg'] as Tensor,
      state['exp_avg_sq'] as Tensor,
    ])
    if (capturable) check_capturable(given_param, [mu_product, step_t], 'params, mu_products and state_steps')
    step_t.add_(1)
    const step: Rate = capturable ? step_t : step_t.item()
    const correction2 = minus(1, to_the(beta2, step))
    let grad = plain
    if (weight_decay !== 0) {
      if (group.decoupled_weight_decay) param.mul_(minus(1, times(lr, weight_decay)))
      else grad = grad.add(param, { alpha: weight_decay })
    }
    const momentum = (at: Rate) => times(beta1, minus(1, times(0.5, to_the(0.96, times(at, momentum_decay)))))
    const mu = momentum(step)
    const mu_next = momentum(plus(step, 1))
    mu_product.mul_(mu)
    exp_avg.lerp_(grad, 1 - beta1)
    exp_avg_sq.mul_(beta2).addcmul_(grad, grad, { value: 1 - beta2 })
    let denominator = ops.div(exp_avg_sq, correction2).sqrt()
    const rate = (factor: Rate, product: Rate) => over(times(negative(lr), factor), minus(1, product))
    if (group.differentiable || capturable) {
      denominator = denominator.add(eps)
      const product_next = ops.mul(mu_product, mu_next)
      const now = ops.mul(grad, rate(minus(1, mu), mu_product))
      const next = ops.mul(exp_avg, rate(mu_next, product_next))
      param.addcdiv_(now, denominator)
      param.addcdiv_(next, denominator)
      return
    }
    const product = mu_product.item()
    denominator.add_(eps)
    param.addcdiv_(grad, denominator, { value: number_of(rate(minus(1, mu), product)) })
    param.addcdiv_(exp_avg, denominator, { value: number_of(rate(mu_next, times(product, mu_next))) })
  }
}
