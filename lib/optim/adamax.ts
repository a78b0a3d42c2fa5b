import * as ops from '../ops/generated/torch.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  type CapturableOptions,
  check_capturable,
  check_moment_options,
  minus,
  number_of,
  over,
  type Rate,
  scalar_rate,
  state_number,
  take_optimizer_options,
  to_the,
} from './options.js'
import {
  type NativeStep,
  real_views,
  SingleTensorOptimizer,
  type Update,
  zeros_like,
} from './single_tensor.js'

/** Options of {@link Adamax}, and of each of its groups. */
export interface AdamaxOptions extends CapturableOptions {
  /** The learning rate. Default: 2e-3. */
  lr?: Rate
  /** The decay rates of the average and of the norm. Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** What is added to the gradient's absolute value. Default: 1e-8. */
  eps?: number
  /** The weight decay. Default: 0. */
  weight_decay?: number
}

/** A group of {@link Adamax}. */
export interface AdamaxParamGroup extends ParamGroup, Required<AdamaxOptions> {}

const DEFAULTS: Required<AdamaxOptions> = {
  lr: 2e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0,
  foreach: null,
  maximize: false,
  differentiable: false,
  capturable: false,
}

const NAMES = ['params', ...(Object.keys(DEFAULTS) as (keyof AdamaxOptions)[])] as const

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
  constructor(params: Params<AdamaxParamGroup>, options?: AdamaxOptions)
  constructor(
    params: Params<AdamaxParamGroup>,
    lr: Rate,
    betas?: readonly [number, number] | AdamaxOptions,
    eps?: number | AdamaxOptions,
    weight_decay?: number | AdamaxOptions,
    foreach?: boolean | null | AdamaxOptions,
    options?: AdamaxOptions,
  )
  constructor(...args: unknown[]) {
    const { params, ...options } = take_optimizer_options<
      Required<AdamaxOptions> & { params: Params<AdamaxParamGroup> }
    >('Adamax', args, NAMES, 6, DEFAULTS)
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
