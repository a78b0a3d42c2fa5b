import { value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_bool } from '../repr.js'
import { FACTORY, factory_options } from './linear.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

const BILINEAR = signature(
  'Bilinear',
  { in1_features: required<Int>() },
  { in2_features: required<Int>() },
  { out_features: required<Int>() },
  { bias: optional(true, bool) },
  ...FACTORY,
)

/**
 * A bilinear transformation of two inputs: y = x₁ᵀ A x₂ + b.
 *
 * @param in1_features - the size of the first input's last dimension
 * @param in2_features - the size of the second input's last dimension
 * @param out_features - the size of the output's last dimension
 * @param bias - whether an additive bias is learnt. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 * @throws ValueError for a first size that is not positive
 *
 * Shape: (*, in1_features) and (*, in2_features) to (*, out_features).
 *
 * @example
 * ```ts
 * const m = new nn.Bilinear(20, 30, 40)
 * const output = m(torch.randn(128, 20), torch.randn(128, 30))
 * console.log(output.shape) // [128, 40]
 * ```
 *
 * @see torch/nn/modules/linear.py
 */
export class Bilinear extends Module {
  declare in1_features: number
  declare in2_features: number
  declare out_features: number
  /** (out_features, in1_features, in2_features) */
  declare weight: Parameter
  /** (out_features), or null */
  declare bias: Parameter | null

  constructor(...args: Call<typeof BILINEAR>)
  constructor(...args: UsualCall<typeof BILINEAR>)
  constructor(...args: unknown[]) {
    super()
    const given = BILINEAR.take(args)
    this.in1_features = whole_number(given.in1_features, 'in1_features')
    this.in2_features = whole_number(given.in2_features, 'in2_features')
    this.out_features = whole_number(given.out_features, 'out_features')
    const factory = factory_options(given.device, given.dtype)
    const shape = [this.out_features, this.in1_features, this.in2_features]
    this.weight = new Parameter(ops.empty(shape, factory))
    const bias = given.bias ? new Parameter(ops.empty([this.out_features], factory)) : null
    this.register_parameter('bias', bias)
    this.reset_parameters()
  }

  /** Draws the weight and the bias anew: U(-√k, √k), where k = 1 / in1_features. */
  reset_parameters(): void {
    if (this.in1_features <= 0)
      throw value_error(`in1_features must be > 0, but got (in1_features=${this.in1_features})`)
    const bound = 1 / Math.sqrt(this.weight.shape[1]!)
    init.uniform_(this.weight, -bound, bound)
    if (this.bias !== null) init.uniform_(this.bias, -bound, bound)
  }

  override forward(input1: Tensor, input2: Tensor): Tensor {
    return F.bilinear(input1, input2, this.weight, this.bias)
  }

  override extra_repr(): string {
    return (
      `in1_features=${this.in1_features}, in2_features=${this.in2_features}, out_features=${this.out_features}, ` +
      `bias=${py_bool(this.bias !== null)}`
    )
  }

  static {
    methods(Bilinear, { reset_parameters: '', forward: 'input1, input2', extra_repr: '' })
  }
}
