import { value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { py_repr } from '../repr.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  type CapturableOptions,
  check_at_least_zero,
  check_capturable,
  check_learning_rate,
  number_of,
  type Rate,
  state_number,
  take_optimizer_options,
} from './options.js'
import {
  type NativeStep,
  real_views,
  SingleTensorOptimizer,
  type Update,
  zeros_like,
} from './single_tensor.js'

/** Options of {@link Adadelta}, and of each of its groups. */
export interface AdadeltaOptions extends CapturableOptions {
  /** What the step is multiplied by. Default: 1. */
  lr?: Rate
  /** The decay rate of the averages. Default: 0.9. */
  rho?: number
  /** What is added below the roots. Default: 1e-6. */
  eps?: number
  /** The weight decay. Default: 0. */
  weight_decay?: number
}

/** A group of {@link Adadelta}. */
export interface AdadeltaParamGroup extends ParamGroup, Required<AdadeltaOptions> {}

const DEFAULTS: Required<AdadeltaOptions> = {
  lr: 1,
  rho: 0.9,
  eps: 1e-6,
  weight_decay: 0,
  maximize: false,
  capturable: false,
  foreach: null,
  differentiable: false,
}

const NAMES = [
  ...(['params', 'lr', 'rho', 'eps', 'weight_decay', 'foreach'] as const),
  ...(['capturable', 'maximize', 'differentiable'] as const),
] as const

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
  constructor(params: Params<AdadeltaParamGroup>, options?: AdadeltaOptions)
  constructor(
    params: Params<AdadeltaParamGroup>,
    lr: Rate,
    rho?: number | AdadeltaOptions,
    eps?: number | AdadeltaOptions,
    weight_decay?: number | AdadeltaOptions,
    foreach?: boolean | null | AdadeltaOptions,
    options?: AdadeltaOptions,
  )
  constructor(...args: unknown[]) {
    const { params, ...options } = take_optimizer_options<
      Required<AdadeltaOptions> & { params: Params<AdadeltaParamGroup> }
    >('Adadelta', args, NAMES, 6, DEFAULTS)
    check_learning_rate(options.lr)
    if (!(options.rho >= 0 && options.rho <= 1))
      throw value_error(`Invalid rho value: ${py_repr(options.rho)}`)
    check_at_least_zero('epsilon value', options.eps)
    check_at_least_zero('weight_decay value', options.weight_decay)
    super(params, options)
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
