import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import * as ops from '../../ops/generated/torch.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_float } from '../repr.js'
import { type FactoryOptions, factory_options } from './linear.js'
import { Module } from './module.js'
import { float_number, type Int, type Rest, whole_number } from './utils.js'

/** Keywords of {@link PReLU}. */
export interface PReLUOptions extends FactoryOptions {
  /** How many slopes are learnt: 1, or one for each channel. Default: 1. */
  num_parameters?: Int
  /** The slopes' first value. Default: 0.25. */
  init?: number
}

/**
 * max(0, x) + a · min(0, x), with a learnt.
 *
 * @param num_parameters - how many slopes are learnt: 1, or one for each channel. Default: 1
 * @param init - their first value. Default: 0.25
 *
 * Shape: any, to the same; the second dimension is that of channels.
 *
 * @example
 * ```ts
 * const m = new nn.PReLU()
 * const output = m(torch.randn(2))
 * ```
 *
 * @see torch/nn/modules/activation.py
 */
export class PReLU extends Module {
  declare num_parameters: number
  declare init: number
  /** (num_parameters) */
  declare weight: Parameter

  constructor(
    ...args: Rest<
      [num_parameters: Int, init: number, device: DeviceLike | null, dtype: DType | null],
      PReLUOptions
    >
  )
  constructor(...args: unknown[]) {
    super()
    const given = take_options<Required<PReLUOptions>>(
      'PReLU',
      args,
      ['num_parameters', 'init', 'device', 'dtype'],
      { num_parameters: 1, init: 0.25, device: null, dtype: null },
    )
    this.num_parameters = whole_number(given.num_parameters, 'num_parameters')
    this.init = float_number(given.init)
    const factory = factory_options(given.device, given.dtype)
    this.weight = new Parameter(ops.empty([this.num_parameters], factory))
    this.reset_parameters()
  }

  /** Sets the slopes to `init`. */
  reset_parameters(): void {
    init.constant_(this.weight, this.init)
  }

  override forward(input: Tensor): Tensor {
    return F.prelu(input, this.weight)
  }

  override extra_repr(): string {
    return `num_parameters=${this.num_parameters}`
  }
}

/** Keywords of {@link RReLU}. */
export interface RReLUModuleOptions {
  /** The least slope. Default: 1/8. */
  lower?: number
  /** The greatest slope. Default: 1/3. */
  upper?: number
  /** Whether the input itself is changed. Default: false. */
  inplace?: boolean
}

/**
 * max(0, x) + a · min(0, x), with a drawn from U(lower, upper) for each element in training, and their mean in evaluation.
 *
 * @param lower - the least slope. Default: 1/8
 * @param upper - the greatest slope. Default: 1/3
 * @param inplace - whether the input itself is changed. Default: false
 *
 * Shape: any, to the same.
 *
 * @example
 * ```ts
 * const m = new nn.RReLU(0.1, 0.3)
 * const output = m(torch.randn(2))
 * ```
 *
 * @see torch/nn/modules/activation.py
 */
export class RReLU extends Module {
  declare lower: number
  declare upper: number
  declare inplace: boolean

  constructor(...args: Rest<[lower: number, upper: number, inplace: boolean], RReLUModuleOptions>)
  constructor(...args: unknown[]) {
    super()
    const given = take_options<Required<RReLUModuleOptions>>('RReLU', args, ['lower', 'upper', 'inplace'], {
      lower: 1 / 8,
      upper: 1 / 3,
      inplace: false,
    })
    this.lower = float_number(given.lower)
    this.upper = float_number(given.upper)
    this.inplace = given.inplace
  }

  override forward(input: Tensor): Tensor {
    return F.rrelu(input, this.lower, this.upper, this.training, this.inplace)
  }

  override extra_repr(): string {
    const inplace = this.inplace ? ', inplace=True' : ''
    return `lower=${py_float(this.lower)}, upper=${py_float(this.upper)}${inplace}`
  }
}
