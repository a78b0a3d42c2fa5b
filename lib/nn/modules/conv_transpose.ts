import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { is_options, take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import { py_size } from '../repr.js'
import { _ConvNd, type AnyConvArguments, CONV_DEFAULTS, type PaddingMode } from './conv_nd.js'
import type { FactoryOptions } from './linear.js'
import type { Int, Rest, Size1, Size2, Size3 } from './utils.js'

/** Keywords of a transposed convolution; `S` is a size for its number of dimensions. */
export interface ConvTransposeOptions<S> extends FactoryOptions {
  /** The steps of the convolution that it is the gradient of. Default: 1. */
  stride?: S
  /** What that convolution adds on all sides, and this one takes away. Default: 0. */
  padding?: S
  /** What is added to one side of the output's size. Default: 0. */
  output_padding?: S
  /** How many groups of channels are kept apart. Default: 1. */
  groups?: Int
  /** Whether a bias is learnt. Default: true. */
  bias?: boolean
  /** The distance of the kernel's points. Default: 1. */
  dilation?: S
  /** `'zeros'` only. */
  padding_mode?: PaddingMode
}

/** The arguments after `kernel_size` by position; keywords may follow any of them. */
export type ConvTransposeRest<S> = Rest<
  [
    stride: S,
    padding: S,
    output_padding: S,
    groups: Int,
    bias: boolean,
    dilation: S,
    padding_mode: PaddingMode,
    device: DeviceLike | null,
    dtype: DType | null,
  ],
  ConvTransposeOptions<S>
>

type ConvTransposeArguments<S> = ConvTransposeOptions<S> & {
  in_channels: Int
  out_channels: Int
  kernel_size: S
}

export const CONV_TRANSPOSE_NAMES = [
  'in_channels',
  'out_channels',
  'kernel_size',
  'stride',
  'padding',
  'output_padding',
  'groups',
  'bias',
  'dilation',
  'padding_mode',
  'device',
  'dtype',
] as const

type Operator = (
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: readonly number[],
  padding: readonly number[],
  output_padding: readonly number[],
  groups: number,
  dilation: readonly number[],
) => Tensor

/** A size for the output, by position or by keyword. */
export type OutputSize = readonly number[] | null | { output_size?: readonly number[] | null }

/** What the transposed convolutions share. */
export class _ConvTransposeNd extends _ConvNd {
  declare padding: readonly number[]

  constructor(name: string, dims: 1 | 2 | 3, args: readonly unknown[]) {
    const given = take_options<AnyConvArguments>(name, args, CONV_TRANSPOSE_NAMES, CONV_DEFAULTS)
    if (given.padding_mode !== 'zeros')
      throw value_error(`Only "zeros" padding mode is supported for ${name}`)
    super(given, dims, true)
  }

  /**
   * @param input - (N, C_in, …) or (C_in, …)
   * @param output_size - the output's size, where several are possible
   * @throws ValueError for a size that is not possible
   */
  override forward(input: Tensor, output_size: OutputSize = null): Tensor {
    const dims = this.kernel_size.length
    if (this.padding_mode !== 'zeros')
      throw value_error(`Only \`zeros\` padding mode is supported for ConvTranspose${dims}d`)
    const size = is_options(output_size)
      ? ((output_size['output_size'] as readonly number[] | undefined) ?? null)
      : (output_size as readonly number[] | null)
    const operator = [ops.conv_transpose1d, ops.conv_transpose2d, ops.conv_transpose3d][dims - 1] as Operator
    const { weight, bias, stride, padding, groups, dilation } = this
    return operator(input, weight, bias, stride, padding, this._output_padding(input, size), groups, dilation)
  }

  /** What must be added to the output's size for the wanted one. */
  _output_padding(input: Tensor, wanted: readonly number[] | null): readonly number[] {
    if (wanted === null) return this.output_padding
    const dims = this.kernel_size.length
    const others = input.ndim === dims + 2 ? 2 : 1
    const size = wanted.length === others + dims ? wanted.slice(others) : wanted
    if (size.length !== dims)
      throw value_error(
        `ConvTranspose${dims}D: for ${input.ndim}D input, output_size must have ${dims} or ${others + dims} elements ` +
          `(got ${size.length})`,
      )
    const { stride, padding, dilation, kernel_size } = this
    const shape = input.shape
    const least = size.map(
      (_, d) =>
        (shape[d + others]! - 1) * stride[d]! - 2 * padding[d]! + dilation[d]! * (kernel_size[d]! - 1) + 1,
    )
    const most = least.map((smallest, d) => smallest + stride[d]! - 1)
    const list = (sizes: readonly number[]) => `[${sizes.join(', ')}]`
    if (size.some((n, d) => n < least[d]! || n > most[d]!))
      throw value_error(
        `requested an output size of ${list(size)}, but valid sizes range from ${list(least)} to ${list(most)} (for an ` +
          `input of ${py_size(shape.slice(2))})`,
      )
    return size.map((n, d) => n - least[d]!)
  }
}

/**
 * The gradient of {@link Conv1d} with respect to its input, as a layer: it makes a signal longer.
 *
 * @param in_channels - the input's channels
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @throws ValueError for groups that do not divide the channels, or another padding mode than `'zeros'`
 *
 * Shape: (N, C_in, L) or (C_in, L) to (N, C_out, L_out) or (C_out, L_out), where
 * L_out = (L − 1)·stride − 2·padding + dilation·(kernel_size − 1) + output_padding + 1.
 *
 * @example
 * ```ts
 * const downsample = new nn.Conv1d(16, 16, 3, { stride: 2, padding: 1 })
 * const upsample = new nn.ConvTranspose1d(16, 16, 3, { stride: 2, padding: 1 })
 * const input = torch.randn(1, 16, 12)
 * const output = upsample(downsample(input), { output_size: input.shape })
 * console.log(output.shape) // [1, 16, 12]
 * ```
 *
 * @see torch/nn/modules/conv.py
 */
export class ConvTranspose1d extends _ConvTransposeNd {
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size1, ...rest: ConvTransposeRest<Size1>)
  constructor(options: ConvTransposeArguments<Size1>)
  constructor(...args: unknown[]) {
    super('ConvTranspose1d', 1, args)
  }
}

/**
 * {@link ConvTranspose1d} of images.
 *
 * Shape: (N, C_in, H, W) or (C_in, H, W) to (N, C_out, H_out, W_out) or (C_out, H_out, W_out).
 *
 * @example
 * ```ts
 * const m = new nn.ConvTranspose2d(16, 33, [3, 5], { stride: [2, 1], padding: [4, 2] })
 * const output = m(torch.randn(20, 16, 50, 100))
 * ```
 *
 * @see torch/nn/modules/conv.py
 */
export class ConvTranspose2d extends _ConvTransposeNd {
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size2, ...rest: ConvTransposeRest<Size2>)
  constructor(options: ConvTransposeArguments<Size2>)
  constructor(...args: unknown[]) {
    super('ConvTranspose2d', 2, args)
  }
}

/**
 * {@link ConvTranspose1d} of volumes.
 *
 * Shape: (N, C_in, D, H, W) or (C_in, D, H, W) to (N, C_out, D_out, H_out, W_out) or (C_out, D_out, H_out, W_out).
 *
 * @example
 * ```ts
 * const m = new nn.ConvTranspose3d(4, 3, 3, { stride: 2 })
 * const output = m(torch.randn(2, 4, 5, 6, 7))
 * ```
 *
 * @see torch/nn/modules/conv.py
 */
export class ConvTranspose3d extends _ConvTransposeNd {
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size3, ...rest: ConvTransposeRest<Size3>)
  constructor(options: ConvTransposeArguments<Size3>)
  constructor(...args: unknown[]) {
    super('ConvTranspose3d', 3, args)
  }
}
