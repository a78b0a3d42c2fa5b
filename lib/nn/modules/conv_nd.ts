import { without_grad } from '../../autograd/grad_mode.js'
import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { own_value } from '../../own.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_ints, py_string } from '../repr.js'
import { bias_bound, FACTORY, factory_options } from './linear.js'
import { Module } from './module.js'
import { type AnySize, type Int, ntuple, whole_number } from './utils.js'

/** What stands outside the image where a kernel reaches over its edge. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular'

/** The parameters of a convolution after its channels; `S` is a size for its number of dimensions. */
export const convolution = <S extends AnySize>() =>
  [
    { out_channels: required<Int>() },
    { kernel_size: required<S>() },
    { stride: optional<S>(1 as S) },
    { padding: optional<S | 'valid' | 'same'>(0 as S) },
    { dilation: optional<S>(1 as S) },
    { groups: optional<Int>(1) },
    { bias: optional(true, bool) },
    { padding_mode: optional<PaddingMode>('zeros') },
    ...FACTORY,
  ] as const

export interface ConvArguments {
  in_channels: Int
  out_channels: Int
  kernel_size: AnySize
  stride: AnySize
  padding: AnySize | string
  dilation: AnySize
  output_padding?: AnySize
  groups: Int
  bias: boolean
  padding_mode: PaddingMode
  device: DeviceLike | null
  dtype: DType | null
}

const PADDING_MODES = new Set<string>(['zeros', 'reflect', 'replicate', 'circular'])

function check_padding(padding: readonly number[] | string, stride: readonly number[], mode: string): void {
  if (typeof padding === 'string') {
    if (padding !== 'same' && padding !== 'valid')
      throw value_error(`Invalid padding string ${py_string(padding)}, should be one of {'same', 'valid'}`)
    if (padding === 'same' && stride.some((step) => step !== 1))
      throw value_error("padding='same' is not supported for strided convolutions")
  }
  if (!PADDING_MODES.has(mode))
    throw value_error(
      "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, " +
        `but got padding_mode='${mode}'`,
    )
}

function all(values: readonly number[] | string, value: number): boolean {
  return typeof values !== 'string' && values.every((item) => item === value)
}

/** What the convolutions share. */
export class _ConvNd extends Module {
  declare in_channels: number
  declare out_channels: number
  declare kernel_size: readonly number[]
  declare stride: readonly number[]
  declare padding: readonly number[] | 'valid' | 'same'
  declare dilation: readonly number[]
  declare transposed: boolean
  declare output_padding: readonly number[]
  declare groups: number
  declare padding_mode: PaddingMode
  /** (out_channels, in_channels / groups, …kernel_size); where it is transposed (in_channels, out_channels / groups, …) */
  declare weight: Parameter
  /** (out_channels), or null */
  declare bias: Parameter | null

  constructor(given: ConvArguments, dims: 1 | 2 | 3, transposed = false) {
    super()
    const { padding } = given
    this.in_channels = whole_number(given.in_channels, 'in_channels')
    this.out_channels = whole_number(given.out_channels, 'out_channels')
    this.kernel_size = ntuple(given.kernel_size, dims, 'kernel_size')
    this.stride = ntuple(given.stride, dims, 'stride')
    this.padding = typeof padding === 'string' ? (padding as 'same') : ntuple(padding, dims, 'padding')
    this.dilation = ntuple(given.dilation, dims, 'dilation')
    this.transposed = transposed
    this.output_padding = ntuple(own_value(given, 'output_padding') ?? 0, dims, 'output_padding')
    this.groups = whole_number(given.groups, 'groups')
    this.padding_mode = given.padding_mode
    if (this.groups <= 0) throw value_error('groups must be a positive integer')
    if (this.in_channels % this.groups !== 0) throw value_error('in_channels must be divisible by groups')
    if (this.out_channels % this.groups !== 0) throw value_error('out_channels must be divisible by groups')
    check_padding(this.padding, this.stride, this.padding_mode)
    const factory = factory_options(given.device, given.dtype)
    this.weight = new Parameter(ops.empty(this._weight_shape(), factory))
    this.register_parameter(
      'bias',
      given.bias ? new Parameter(ops.empty([this.out_channels], factory)) : null,
    )
    this.reset_parameters()
  }

  /** The weight's shape. */
  _weight_shape(): number[] {
    const { in_channels, out_channels, groups, kernel_size } = this
    return this.transposed
      ? [in_channels, out_channels / groups, ...kernel_size]
      : [out_channels, in_channels / groups, ...kernel_size]
  }

  /** Draws the weight and the bias anew: U(-√k, √k), where k = groups / (in_channels · ∏ kernel_size). */
  reset_parameters(): void {
    without_grad(() => {
      if (this.weight.is_contiguous()) {
        init.kaiming_uniform_(this.weight, { a: Math.sqrt(5) })
      } else {
        // The order in which numbers are drawn must not depend on the memory format.
        const values = ops.empty(this.weight.shape, { dtype: this.weight.dtype, device: this.weight.device })
        this.weight.copy_(init.kaiming_uniform_(values, { a: Math.sqrt(5) }))
      }
      if (this.bias === null) return
      const bound = bias_bound(this.weight)
      init.uniform_(this.bias, -bound, bound)
    })
  }

  override extra_repr(): string {
    const { padding, dilation } = this
    const parts = [
      `${this.in_channels}, ${this.out_channels}, kernel_size=${py_ints(this.kernel_size)}`,
      `stride=${py_ints(this.stride)}`,
    ]
    if (!all(padding, 0)) parts.push(`padding=${typeof padding === 'string' ? padding : py_ints(padding)}`)
    if (!all(dilation, 1)) parts.push(`dilation=${py_ints(dilation)}`)
    if (!all(this.output_padding, 0)) parts.push(`output_padding=${py_ints(this.output_padding)}`)
    if (this.groups !== 1) parts.push(`groups=${this.groups}`)
    if (this.bias === null) parts.push('bias=False')
    if (this.padding_mode !== 'zeros') parts.push(`padding_mode=${this.padding_mode}`)
    return parts.join(', ')
  }

  static {
    methods(_ConvNd, { reset_parameters: '', extra_repr: '' })
  }
}
