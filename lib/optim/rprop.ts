import { value_error } from '../errors.js'
import { preserve_format } from '../layout.js'
import * as ops from '../ops/generated/torch.js'
import { py_repr } from '../repr.js'
import { complex_scalar } from '../scalar.js'
import { keep } from '../scope.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  type CapturableOptions,
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

/** Options of {@link Rprop}, and of each of its groups. */
export interface RpropOptions extends CapturableOptions {
  /** The first step's size. Default: 1e-2. */
  lr?: Rate
  /** What a step's size is multiplied by where the gradient's sign has changed, and where it has not. Default: [0.5, 1.2]. */
  etas?: readonly [number, number]
  /** The least and the greatest size of a step. Default: [1e-6, 50]. */
  step_sizes?: readonly [number, number]
}

/** A group of {@link Rprop}. */
export interface RpropParamGroup extends ParamGroup, Required<RpropOptions> {}

const DEFAULTS: Required<RpropOptions> = {
  lr: 1e-2,
  etas: [0.5, 1.2],
  step_sizes: [1e-6, 50],
  foreach: null,
  maximize: false,
  differentiable: false,
  capturable: false,
}

const NAMES = ['params', ...(Object.keys(DEFAULTS) as (keyof RpropOptions)[])] as const

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
  constructor(params: Params<RpropParamGroup>, options?: RpropOptions)
  constructor(
    params: Params<RpropParamGroup>,
    lr: Rate,
    etas?: readonly [number, number] | RpropOptions,
    step_sizes?: readonly [number, number] | RpropOptions,
    options?: RpropOptions,
  )
  constructor(...args: unknown[]) {
    const { params, ...options } = take_optimizer_options<
      Required<RpropOptions> & { params: Params<RpropParamGroup> }
    >('Rprop', args, NAMES, 4, DEFAULTS)
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
