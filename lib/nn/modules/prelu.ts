import * as ops from '../../ops/generated/torch.js'
import { bool, float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_float } from '../repr.js'
import { FACTORY, factory_options } from './linear.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

const PRELU = signature(
  'PReLU',
  { num_parameters: optional<Int>(1) },
  { init: optional(0.25, float) },
  ...FACTORY,
)

/**
 * max(0, x) + a · min(0, x), with a learnt.
 *
 * @param num_parameters - how many slopes are learnt: 1, or one for each channel. Default: 1
 * @param init - their first value. Default: 0.25
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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

  constructor(...args: Call<typeof PRELU>)
  constructor(...args: UsualCall<typeof PRELU>)
  constructor(...args: unknown[]) {
    super()
    const given = PRELU.take(args)
    this.num_parameters = whole_number(given.num_parameters, 'num_parameters')
    this.init = given.init
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

  static {
    methods(PReLU, { reset_parameters: '', forward: 'input', extra_repr: '' })
  }
}

const RRELU = signature(
  'RReLU',
  { lower: optional(1 / 8, float) },
  { upper: optional(1 / 3, float) },
  { inplace: optional(false, bool) },
)

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

  constructor(...args: Call<typeof RRELU>)
  constructor(...args: UsualCall<typeof RRELU>)
  constructor(...args: unknown[]) {
    super()
    const given = RRELU.take(args)
    this.lower = given.lower
    this.upper = given.upper
    this.inplace = given.inplace
  }

  override forward(input: Tensor): Tensor {
    return F.rrelu(input, this.lower, this.upper, this.training, this.inplace)
  }

  override extra_repr(): string {
    const inplace = this.inplace ? ', inplace=True' : ''
    return `lower=${py_float(this.lower)}, upper=${py_float(this.upper)}${inplace}`
  }

  static {
    methods(RReLU, { forward: 'input', extra_repr: '' })
  }
}
