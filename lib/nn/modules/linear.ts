import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { native } from '../../native.js'
import * as ops from '../../ops/generated/torch.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_bool } from '../repr.js'
import { Module } from './module.js'
import { call_layer } from './native_forward.js'
import { type Int, whole_number } from './utils.js'

/** The device and the dtype of a module's parameters: the last entries of most signatures. */
export const FACTORY = [
  { device: optional<DeviceLike | null>(null) },
  { dtype: optional<DType | null>(null) },
] as const

/** What the functions that make tensors are told. */
export function factory_options(
  device: DeviceLike | null,
  dtype: DType | null,
): { device?: DeviceLike; dtype?: DType } {
  return { ...(device === null ? {} : { device }), ...(dtype === null ? {} : { dtype }) }
}

/** The bound of a bias's first values: 1 / √fan_in. */
export function bias_bound(weight: Tensor): number {
  const [fan_in] = init._calculate_fan_in_and_fan_out(weight)
  return fan_in > 0 ? 1 / Math.sqrt(fan_in) : 0
}

/**
 * Returns its input. Takes any arguments when it is made, so that it can stand in for another layer.
 *
 * @example
 * ```ts
 * model.head = new nn.Identity()
 * ```
 *
 * @see torch/nn/modules/linear.py
 */
export class Identity extends Module {
  constructor(..._args: unknown[]) {
    super()
  }

  override forward(input: Tensor): Tensor {
    return input
  }

  static {
    methods(Identity, { forward: 'input' })
  }
}

let linear: ReturnType<typeof native.make_linear> | undefined

const LINEAR = signature(
  'Linear',
  { in_features: required<Int>() },
  { out_features: required<Int>() },
  { bias: optional(true, bool) },
  ...FACTORY,
)

/**
 * The affine transformation y = x Aᵀ + b.
 *
 * The weight and bias are drawn from U(-√k, √k), where k = 1 / in_features.
 *
 * @param in_features - the size of the input's last dimension
 * @param out_features - the size of the output's last dimension
 * @param bias - whether an additive bias is learnt. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (*, in_features) to (*, out_features).
 *
 * @example
 * ```ts
 * const m = new nn.Linear(20, 30)
 * const output = m(torch.randn(128, 20))
 * console.log(output.shape) // [128, 30]
 * ```
 *
 * @see torch/nn/modules/linear.py
 */
export class Linear extends Module {
  declare in_features: number
  declare out_features: number
  /** (out_features, in_features) */
  declare weight: Parameter
  /** (out_features), or null */
  declare bias: Parameter | null

  constructor(...args: Call<typeof LINEAR>)
  constructor(...args: UsualCall<typeof LINEAR>)
  constructor(...args: unknown[]) {
    super()
    const given = LINEAR.take(args)
    this.in_features = whole_number(given.in_features, 'in_features')
    this.out_features = whole_number(given.out_features, 'out_features')
    const factory = factory_options(given.device, given.dtype)
    this.weight = new Parameter(ops.empty([this.out_features, this.in_features], factory))
    this.register_parameter(
      'bias',
      given.bias ? new Parameter(ops.empty([this.out_features], factory)) : null,
    )
    this.reset_parameters()
  }

  /** Draws the weight and the bias anew. */
  reset_parameters(): void {
    // With a = √5 this is U(-1/√in_features, 1/√in_features), through PyTorch's own steps.
    init.kaiming_uniform_(this.weight, { a: Math.sqrt(5) })
    if (this.bias === null) return
    const bound = bias_bound(this.weight)
    init.uniform_(this.bias, -bound, bound)
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias } = this
    linear ??= native.make_linear()
    return call_layer('linear', linear, input, weight, bias)
  }

  override extra_repr(): string {
    return `in_features=${this.in_features}, out_features=${this.out_features}, bias=${py_bool(this.bias !== null)}`
  }

  static {
    methods(Linear, { reset_parameters: '', forward: 'input', extra_repr: '' })
  }
}
