import { without_grad } from '../../autograd/grad_mode.js'
import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import * as ops from '../../ops/generated/torch.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_ints, py_string } from '../repr.js'
import { bias_bound, type FactoryOptions, factory_options } from './linear.js'
import { Module } from './module.js'
import { call_layer, type NativeForward } from './native_forward.js'
import {
  type Int,
  ntuple,
  reverse_repeat,
  type Size1,
  type Size2,
  type Size3,
  whole_number,
} from './utils.js'

/** What stands outside the image where a kernel reaches over its edge. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular'

/** Keywords of a convolution; `S` is a size for its number of dimensions. */
export interface ConvOptions<S> extends FactoryOptions {
  /** The steps of the kernel. Default: 1. */
  stride?: S
  /** How much is added on all sides, or `'valid'` for nothing, or `'same'` for an output of the input's size. Default: 0. */
  padding?: S | 'valid' | 'same'
  /** The distance of the kernel's points. Default: 1. */
  dilation?: S
  /** How many groups of channels are kept apart. Default: 1. */
  groups?: Int
  /** Whether a bias is learnt. Default: true. */
  bias?: boolean
  /** What is added by `padding`. Default: `'zeros'`. */
  padding_mode?: PaddingMode
}

/** All arguments of a convolution by keyword. */
export interface ConvArguments<S> extends ConvOptions<S> {
  in_channels: Int
  out_channels: Int
  kernel_size: S
}

const NAMES = [
  'in_channels',
  'out_channels',
  'kernel_size',
  'stride',
  'padding',
  'dilation',
  'groups',
  'bias',
  'padding_mode',
  'device',
  'dtype',
] as const

type AnySize = Int | readonly Int[]

type AnyConvArguments = {
  in_channels: Int
  out_channels: Int
  kernel_size: AnySize
  stride: AnySize
  padding: AnySize | string
  dilation: AnySize
  groups: Int
  bias: boolean
  padding_mode: PaddingMode
  device: DeviceLike | null
  dtype: DType | null
}

const DEFAULTS: Partial<AnyConvArguments> = {
  stride: 1,
  padding: 0,
  dilation: 1,
  groups: 1,
  bias: true,
  padding_mode: 'zeros',
  device: null,
  dtype: null,
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

// Padding that `pad` takes: the last dimension first, both sides; a 'same' that is odd has more at the end.
function pad_widths(conv: _ConvNd): number[] {
  if (typeof conv.padding !== 'string') return reverse_repeat(conv.padding, 2)
  const widths = conv.kernel_size.map((size, i) =>
    conv.padding === 'same' ? conv.dilation[i]! * (size - 1) : 0,
  )
  return widths.reverse().flatMap((total) => [Math.floor(total / 2), total - Math.floor(total / 2)])
}

function all(values: readonly number[] | string, value: number): boolean {
  return typeof values !== 'string' && values.every((item) => item === value)
}

const BOUND: unique symbol = Symbol('bound')
const OPERATORS = ['', 'conv1d', 'conv2d', 'conv3d'] as const

/** What the options were when the convolution was bound. */
interface Bound {
  readonly call: NativeForward
  readonly stride: readonly number[]
  readonly padding: readonly number[] | string
  readonly dilation: readonly number[]
  readonly groups: number
  readonly padding_mode: string
}

/** What the convolutions share. */
export class _ConvNd extends Module {
  declare in_channels: number
  declare out_channels: number
  declare kernel_size: readonly number[]
  declare stride: readonly number[]
  declare padding: readonly number[] | 'valid' | 'same'
  declare dilation: readonly number[]
  declare groups: number
  declare padding_mode: PaddingMode
  /** (out_channels, in_channels / groups, …kernel_size) */
  declare weight: Parameter
  /** (out_channels), or null */
  declare bias: Parameter | null

  /** @internal */
  declare [BOUND]: Bound | null

  constructor(name: string, dims: 1 | 2 | 3, args: unknown[]) {
    super()
    const given = take_options<AnyConvArguments>(name, args, NAMES, DEFAULTS)
    const { padding } = given
    Object.defineProperty(this, BOUND, { value: null, writable: true })
    this.in_channels = whole_number(given.in_channels, 'in_channels')
    this.out_channels = whole_number(given.out_channels, 'out_channels')
    this.kernel_size = ntuple(given.kernel_size, dims, 'kernel_size')
    this.stride = ntuple(given.stride, dims, 'stride')
    this.padding = typeof padding === 'string' ? (padding as 'same') : ntuple(padding, dims, 'padding')
    this.dilation = ntuple(given.dilation, dims, 'dilation')
    this.groups = whole_number(given.groups, 'groups')
    this.padding_mode = given.padding_mode
    if (this.groups <= 0) throw value_error('groups must be a positive integer')
    if (this.in_channels % this.groups !== 0) throw value_error('in_channels must be divisible by groups')
    if (this.out_channels % this.groups !== 0) throw value_error('out_channels must be divisible by groups')
    check_padding(this.padding, this.stride, this.padding_mode)
    const factory = factory_options(given.device, given.dtype)
    const shape = [this.out_channels, this.in_channels / this.groups, ...this.kernel_size]
    this.weight = new Parameter(ops.empty(shape, factory))
    this.register_parameter(
      'bias',
      given.bias ? new Parameter(ops.empty([this.out_channels], factory)) : null,
    )
    this.reset_parameters()
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

  override forward(input: Tensor): Tensor {
    const { weight, bias } = this
    return call_layer(OPERATORS[this.kernel_size.length]!, this._binding().call, input, weight, bias)
  }

  // The options are bound once, and again where somebody has set another one.
  private _binding(): Bound {
    const bound = this[BOUND]
    if (
      bound !== null &&
      bound.stride === this.stride &&
      bound.padding === this.padding &&
      bound.dilation === this.dilation &&
      bound.groups === this.groups &&
      bound.padding_mode === this.padding_mode
    )
      return bound
    const { stride, padding, dilation, groups, padding_mode } = this
    const options = { stride, padding, dilation, groups, padding_mode }
    const call = native.make_conv({
      dims: this.kernel_size.length as 1 | 2 | 3,
      stride: [...stride],
      padding: typeof padding === 'string' ? padding : [...padding],
      dilation: [...dilation],
      groups,
      padding_mode,
      reversed_padding: pad_widths(this),
    })
    return (this[BOUND] = { call, ...options })
  }

  override extra_repr(): string {
    const { padding, dilation } = this
    const parts = [
      `${this.in_channels}, ${this.out_channels}, kernel_size=${py_ints(this.kernel_size)}`,
      `stride=${py_ints(this.stride)}`,
    ]
    if (!all(padding, 0)) parts.push(`padding=${typeof padding === 'string' ? padding : py_ints(padding)}`)
    if (!all(dilation, 1)) parts.push(`dilation=${py_ints(dilation)}`)
    if (this.groups !== 1) parts.push(`groups=${this.groups}`)
    if (this.bias === null) parts.push('bias=False')
    if (this.padding_mode !== 'zeros') parts.push(`padding_mode=${this.padding_mode}`)
    return parts.join(', ')
  }
}

/**
 * A convolution over a signal of several channels.
 *
 * out(n, o) = bias(o) + Σᵢ weight(o, i) ⋆ input(n, i), where ⋆ is the cross-correlation.
 *
 * @param in_channels - the input's channels
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 *
 * Shape: (N, C_in, L) or (C_in, L) to (N, C_out, L_out) or (C_out, L_out), where
 * L_out = ⌊(L + 2·padding − dilation·(kernel_size − 1) − 1) / stride⌋ + 1.
 *
 * @example
 * ```ts
 * const m = new nn.Conv1d(16, 33, 3, { stride: 2 })
 * const output = m(torch.randn(20, 16, 50))
 * console.log(output.shape) // [20, 33, 24]
 * ```
 *
 * @see torch/nn/modules/conv.py
 */
export class Conv1d extends _ConvNd {
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size1, options?: ConvOptions<Size1>)
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size1, ...rest: ConvRest<Size1>)
  constructor(options: ConvArguments<Size1>)
  constructor(...args: unknown[]) {
    super('Conv1d', 1, args)
  }
}

/**
 * A convolution over an image of several planes.
 *
 * out(n, o) = bias(o) + Σᵢ weight(o, i) ⋆ input(n, i), where ⋆ is the cross-correlation.
 *
 * @param in_channels - the input's planes
 * @param out_channels - the output's planes
 * @param kernel_size - the kernel's size, one number or (height, width)
 *
 * Shape: (N, C_in, H, W) or (C_in, H, W) to (N, C_out, H_out, W_out) or (C_out, H_out, W_out), where
 * H_out = ⌊(H + 2·padding[0] − dilation[0]·(kernel_size[0] − 1) − 1) / stride[0]⌋ + 1, and W_out likewise.
 *
 * @example
 * ```ts
 * const m = new nn.Conv2d(16, 33, [3, 5], { stride: [2, 1], padding: [4, 2] })
 * const output = m(torch.randn(20, 16, 50, 100))
 * console.log(output.shape) // [20, 33, 28, 100]
 * ```
 *
 * @see torch/nn/modules/conv.py
 */
export class Conv2d extends _ConvNd {
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size2, options?: ConvOptions<Size2>)
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size2, ...rest: ConvRest<Size2>)
  constructor(options: ConvArguments<Size2>)
  constructor(...args: unknown[]) {
    super('Conv2d', 2, args)
  }
}

/**
 * A convolution over a volume of several channels.
 *
 * out(n, o) = bias(o) + Σᵢ weight(o, i) ⋆ input(n, i), where ⋆ is the cross-correlation.
 *
 * @param in_channels - the input's channels
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size, one number or (depth, height, width)
 *
 * Shape: (N, C_in, D, H, W) or (C_in, D, H, W) to (N, C_out, D_out, H_out, W_out) or (C_out, D_out, H_out, W_out),
 * where D_out = ⌊(D + 2·padding[0] − dilation[0]·(kernel_size[0] − 1) − 1) / stride[0]⌋ + 1, and so on.
 *
 * @example
 * ```ts
 * const m = new nn.Conv3d(16, 33, 3, { stride: 2 })
 * const output = m(torch.randn(20, 16, 10, 50, 100))
 * console.log(output.shape) // [20, 33, 4, 24, 49]
 * ```
 *
 * @see torch/nn/modules/conv.py
 */
export class Conv3d extends _ConvNd {
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size3, options?: ConvOptions<Size3>)
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size3, ...rest: ConvRest<Size3>)
  constructor(options: ConvArguments<Size3>)
  constructor(...args: unknown[]) {
    super('Conv3d', 3, args)
  }
}

/** The arguments after `kernel_size` by position; keywords may follow any of them. */
type ConvRest<S> = [
  stride: S,
  padding?: S | 'valid' | 'same' | ConvOptions<S>,
  dilation?: S | ConvOptions<S>,
  groups?: Int | ConvOptions<S>,
  bias?: boolean | ConvOptions<S>,
  padding_mode?: PaddingMode | ConvOptions<S>,
  device?: DeviceLike | null | FactoryOptions,
  dtype?: DType | null | FactoryOptions,
]
