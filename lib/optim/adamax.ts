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
  number_of,
  over,
  type Rate,
  scalar_rate,
  state_number,
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
    /** Decay rates of the running average of the gradient and of its infinity norm. Default: [0.9, 0.999]. */
    betas: optional<readonly [number, number]>([0.9, 0.999]),
  },
  {
    /** Term added to the gradient's absolute value. Default: 1e-8. */
    eps: optional(1e-8),
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
    /** Let gradients flow through the step. Default: false. */
    differentiable: keyword(false),
  },
  {
    /** Allow the step to be captured in a CUDA graph. Default: false. */
    capturable: keyword(false),
  },
)

/** Options of {@link Adamax}, and of each of its groups. */
export type AdamaxOptions = Keywords<typeof OPTIONS>

/** A group of {@link Adamax}. */
export interface AdamaxParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('Adamax', { params: required<Params<AdamaxParamGroup>>() }, ...OPTIONS)

/**
 * Adamax: Adam with the greatest gradient so far in place of the root of the mean square.
 *
 * m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g| + ε), θ ← θ − lr / (1 − β₁ᵗ) · m / u
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the learning rate. Default: 2e-3
 * @param betas - β₁ and β₂. Default: [0.9, 0.999]
 * @param eps - ε. Default: 1e-8
 * @param weight_decay - Default: 0
 * @throws ValueError for options out of their range
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.Adamax(model.parameters(), { lr: 1e-3 })
 * ```
 *
 * @see torch/optim/adamax.py
 */
export class Adamax extends SingleTensorOptimizer<AdamaxParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_moment_options(options)
    super(params, options)
  }

  protected override begin(group: AdamaxParamGroup, param: Tensor): ParamState {
    return { step: state_number(group, param, 0), exp_avg: zeros_like(param), exp_inf: zeros_like(param) }
  }

  protected override native_step(group: AdamaxParamGroup): NativeStep | null {
    const { maximize, lr, betas, eps, weight_decay } = group
    return {
      step: 'adamax_step',
      state: ['step', 'exp_avg', 'exp_inf'],
      numbers: [maximize, lr, ...betas, eps, weight_decay],
    }
  }

  protected override update(
    group: AdamaxParamGroup,
    { param: given_param, grad: given, state }: Update,
  ): void {
    const { eps } = group
    const [beta1, beta2] = group.betas
    const step = state['step'] as Tensor
    if (group.capturable) check_capturable(given_param, [step])
    step.add_(1)
    const decayed = group.weight_decay === 0 ? given : given.add(given_param, { alpha: group.weight_decay })
    const [param, grad, exp_avg, exp_inf] = real_views(given_param, [
      given_param,
      decayed,
      state['exp_avg'] as Tensor,
      state['exp_inf'] as Tensor,
    ])
    exp_avg.lerp_(grad, 1 - beta1)
    if (group.differentiable) {
      const both = [exp_inf.mul_(beta2).unsqueeze(0), grad.abs().add_(eps).unsqueeze_(0)]
      exp_inf.copy_(ops.cat(both, 0).amax(0))
    } else {
      ops.maximum(exp_inf.mul_(beta2), grad.abs().add_(eps), { out: exp_inf })
    }
    const lr = scalar_rate(group.lr)
    if (group.capturable) {
      const correction = ops.pow(beta1, step).sub(1)
      param.addcdiv_(exp_avg, exp_inf.mul(correction.div_(lr)))
      return
    }
    const correction = minus(1, to_the(beta1, step.item()))
    param.addcdiv_(exp_avg, exp_inf, { value: -number_of(over(lr, correction)) })
  }
}
