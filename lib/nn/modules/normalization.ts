import { value_error } from '../../errors.js'
import { bool, float, nullable_float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { keyword, optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import type { Parameter } from '../parameter.js'
import { py_bool, py_float, py_float_or_none, py_int, py_ints } from '../repr.js'
import { normalized_shape, register_affine, reset_affine } from './affine.js'
import { cross_map_lrn2d } from './cross_map_lrn.js'
import { FACTORY, factory_options } from './linear.js'
import { Module } from './module.js'
import { type AnySize, type Int, whole_number } from './utils.js'

const RESPONSE = signature(
  'ResponseNorm',
  { size: required<Int>() },
  { alpha: optional(1e-4, float) },
  { beta: optional(0.75, float) },
  { k: optional(1, float) },
)

/** What the two response normalisations share. */
class ResponseNorm extends Module {
  declare size: number
  declare alpha: number
  declare beta: number
  declare k: number

  constructor(...args: Call<typeof RESPONSE>)
  constructor(...args: UsualCall<typeof RESPONSE>)
  constructor(...args: unknown[]) {
    super()
    const given = RESPONSE.take(args, new.target.name)
    this.size = whole_number(given.size, 'size')
    this.alpha = given.alpha
    this.beta = given.beta
    this.k = given.k
  }

  override extra_repr(): string {
    return `${this.size}, alpha=${py_float(this.alpha)}, beta=${py_float(this.beta)}, k=${py_float(this.k)}`
  }

  static {
    methods(ResponseNorm, { extra_repr: '' })
  }
}

/**
 * b = a / (k + α/n · Σ a²)^β, with the sum over n neighbouring channels.
 *
 * @param size - n, how many channels are summed
 * @param alpha - the factor of the sum. Default: 1e-4
 * @param beta - the exponent. Default: 0.75
 * @param k - what is added. Default: 1
 *
 * Shape: (N, C, *), to the same.
 *
 * @example
 * ```ts
 * const lrn = new nn.LocalResponseNorm(2)
 * const output = lrn(torch.randn(32, 5, 24, 24))
 * ```
 *
 * @see torch/nn/modules/normalization.py
 */
export class LocalResponseNorm extends ResponseNorm {
  override forward(input: Tensor): Tensor {
    return F.local_response_norm(input, this.size, this.alpha, this.beta, this.k)
  }

  static {
    methods(LocalResponseNorm, { forward: 'input' })
  }
}

/**
 * {@link LocalResponseNorm} as old models computed it, for images.
 *
 * @param size - how many channels are summed
 * @param alpha - the factor of the sum. Default: 1e-4
 * @param beta - the exponent. Default: 0.75
 * @param k - what is added. Default: 1
 *
 * Shape: (N, C, H, W), to the same.
 *
 * @throws ValueError for another number of dimensions
 *
 * @example
 * ```ts
 * const m = new nn.CrossMapLRN2d(2)
 * const output = m(torch.randn(2, 5, 4, 4))
 * ```
 *
 * @see torch/nn/modules/normalization.py
 */
export class CrossMapLRN2d extends ResponseNorm {
  override forward(input: Tensor): Tensor {
    return cross_map_lrn2d(input, this.size, this.alpha, this.beta, this.k)
  }

  // The default of `k` is an int here.
  override extra_repr(): string {
    return `${this.size}, alpha=${py_float(this.alpha)}, beta=${py_float(this.beta)}, k=${py_int(this.k)}`
  }

  static {
    methods(CrossMapLRN2d, { forward: 'input', extra_repr: '' })
  }
}

const LAYER_NORM = signature(
  'LayerNorm',
  { normalized_shape: required<AnySize>() },
  { eps: optional(1e-5, float) },
  { elementwise_affine: optional(true, bool) },
  { bias: optional(true, bool) },
  ...FACTORY,
)

/**
 * y = (x − E[x]) / √(Var[x] + ε) · γ + β, with the mean and the variance over the last dimensions.
 *
 * @param normalized_shape - the sizes of the dimensions that are normalised together; a number is the last one's
 * @param eps - what is added to the variance. Default: 1e-5
 * @param elementwise_affine - whether γ and β are learnt. Default: true
 * @param bias - whether β is learnt. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (*, …normalized_shape), to the same.
 *
 * @example
 * ```ts
 * const layer_norm = new nn.LayerNorm([5, 10, 10])
 * const output = layer_norm(torch.randn(20, 5, 10, 10))
 * ```
 *
 * @see torch/nn/modules/normalization.py
 */
export class LayerNorm extends Module {
  declare normalized_shape: readonly number[]
  declare eps: number
  declare elementwise_affine: boolean
  /** normalized_shape, or null */
  declare weight: Parameter | null
  /** normalized_shape, or null */
  declare bias: Parameter | null

  constructor(...args: Call<typeof LAYER_NORM>)
  constructor(...args: UsualCall<typeof LAYER_NORM>)
  constructor(...args: unknown[]) {
    super()
    const given = LAYER_NORM.take(args)
    this.normalized_shape = normalized_shape(given.normalized_shape)
    this.eps = given.eps
    this.elementwise_affine = given.elementwise_affine
    register_affine(
      this,
      this.normalized_shape,
      { weight: given.elementwise_affine, bias: given.elementwise_affine && given.bias },
      factory_options(given.device, given.dtype),
    )
    this.reset_parameters()
  }

  /** Sets the weight to 1 and the bias to 0. */
  reset_parameters(): void {
    if (this.elementwise_affine) reset_affine(this)
  }

  override forward(input: Tensor): Tensor {
    return F.layer_norm(input, this.normalized_shape, this.weight, this.bias, this.eps)
  }

  override extra_repr(): string {
    return (
      `${py_ints(this.normalized_shape)}, eps=${py_float(this.eps)}, ` +
      `elementwise_affine=${py_bool(this.elementwise_affine)}, bias=${py_bool(this.bias !== null)}`
    )
  }

  static {
    methods(LayerNorm, { reset_parameters: '', forward: 'input', extra_repr: '' })
  }
}

const GROUP_NORM = signature(
  'GroupNorm',
  { num_groups: required<Int>() },
  { num_channels: required<Int>() },
  { eps: optional(1e-5, float) },
  { affine: optional(true, bool) },
  ...FACTORY,
  { bias: keyword(true, bool) },
)

/**
 * y = (x − E[x]) / √(Var[x] + ε) · γ + β, with the mean and the variance of each sample over groups of channels.
 *
 * @param num_groups - how many groups the channels make
 * @param num_channels - C, the number of channels
 * @param eps - what is added to the variance. Default: 1e-5
 * @param affine - whether γ and β are learnt, one for each channel. Default: true
 * @param bias - whether β is learnt, by keyword only. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 * @throws ValueError where the groups do not divide the channels
 *
 * Shape: (N, C, *), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.GroupNorm(3, 6)
 * const output = m(torch.randn(20, 6, 10, 10))
 * ```
 *
 * @see torch/nn/modules/normalization.py
 */
export class GroupNorm extends Module {
  declare num_groups: number
  declare num_channels: number
  declare eps: number
  declare affine: boolean
  /** (num_channels), or null */
  declare weight: Parameter | null
  /** (num_channels), or null */
  declare bias: Parameter | null

  constructor(...args: Call<typeof GROUP_NORM>)
  constructor(...args: UsualCall<typeof GROUP_NORM>)
  constructor(...args: unknown[]) {
    super()
    const given = GROUP_NORM.take(args)
    this.num_groups = whole_number(given.num_groups, 'num_groups')
    this.num_channels = whole_number(given.num_channels, 'num_channels')
    if (this.num_channels % this.num_groups !== 0)
      throw value_error(
        `num_channels (${this.num_channels}) must be divisible by num_groups (${this.num_groups})`,
      )
    this.eps = given.eps
    this.affine = given.affine
    register_affine(
      this,
      [this.num_channels],
      { weight: given.affine, bias: given.affine && given.bias },
      factory_options(given.device, given.dtype),
    )
    this.reset_parameters()
  }

  /** Sets the weight to 1 and the bias to 0. */
  reset_parameters(): void {
    if (this.affine) reset_affine(this)
  }

  override forward(input: Tensor): Tensor {
    return F.group_norm(input, this.num_groups, this.weight, this.bias, this.eps)
  }

  override extra_repr(): string {
    return (
      `${this.num_groups}, ${this.num_channels}, eps=${py_float(this.eps)}, affine=${py_bool(this.affine)}, ` +
      `bias=${py_bool(this.bias !== null)}`
    )
  }

  static {
    methods(GroupNorm, { reset_parameters: '', forward: 'input', extra_repr: '' })
  }
}

const RMS_NORM = signature(
  'RMSNorm',
  { normalized_shape: required<AnySize>() },
  { eps: optional<number | null>(null, nullable_float) },
  { elementwise_affine: optional(true, bool) },
  ...FACTORY,
)

/**
 * y = x / √(mean of x² + ε) · γ, with the mean over the last dimensions.
 *
 * @param normalized_shape - the sizes of the dimensions that are normalised together; a number is the last one's
 * @param eps - what is added to the mean square; null for the dtype's epsilon. Default: null
 * @param elementwise_affine - whether γ is learnt. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (*, …normalized_shape), to the same.
 *
 * @example
 * ```ts
 * const rms_norm = new nn.RMSNorm([2, 3])
 * const output = rms_norm(torch.randn(2, 2, 3))
 * ```
 *
 * @see torch/nn/modules/normalization.py
 */
export class RMSNorm extends Module {
  declare normalized_shape: readonly number[]
  declare eps: number | null
  declare elementwise_affine: boolean
  /** normalized_shape, or null */
  declare weight: Parameter | null

  constructor(...args: Call<typeof RMS_NORM>)
  constructor(...args: UsualCall<typeof RMS_NORM>)
  constructor(...args: unknown[]) {
    super()
    const given = RMS_NORM.take(args)
    this.normalized_shape = normalized_shape(given.normalized_shape)
    this.eps = given.eps
    this.elementwise_affine = given.elementwise_affine
    const factory = factory_options(given.device, given.dtype)
    register_affine(this, this.normalized_shape, { weight: given.elementwise_affine }, factory)
    this.reset_parameters()
  }

  /** Sets the weight to 1. */
  reset_parameters(): void {
    if (this.elementwise_affine) reset_affine(this)
  }

  override forward(x: Tensor): Tensor {
    return F.rms_norm(x, this.normalized_shape, this.weight, this.eps)
  }

  override extra_repr(): string {
    return (
      `${py_ints(this.normalized_shape)}, eps=${py_float_or_none(this.eps)}, ` +
      `elementwise_affine=${py_bool(this.elementwise_affine)}`
    )
  }

  static {
    methods(RMSNorm, { reset_parameters: '', forward: 'x', extra_repr: '' })
  }
}
