import { value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { bool } from '../../python/checks.js'
import { optional, required } from '../../python/parameters.js'
import { type AnyCall, type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { py_size } from '../repr.js'
import { _ConvNd, type ConvArguments, type PaddingMode } from './conv_nd.js'
import { FACTORY } from './linear.js'
import type { AnySize, Int, Size1, Size2, Size3 } from './utils.js'

/** The parameters of a transposed convolution after its channels; `S` is a size for its number of dimensions. */
export const transposed_convolution = <S extends AnySize>() =>
  [
    { out_channels: required<Int>() },
    { kernel_size: required<S>() },
    { stride: optional<S>(1 as S) },
    { padding: optional<S>(0 as S) },
    { output_padding: optional<S>(0 as S) },
    { groups: optional<Int>(1) },
    { bias: optional(true, bool) },
    { dilation: optional<S>(1 as S) },
    { padding_mode: optional<PaddingMode>('zeros') },
    ...FACTORY,
  ] as const

const FORWARD = signature(
  'forward',
  { input: required<Tensor>() },
  { output_size: optional<readonly number[] | null>(null) },
)

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

/** What the transposed convolutions share. */
export class _ConvTransposeNd extends _ConvNd {
  declare padding: readonly number[]

  constructor(name: string, dims: 1 | 2 | 3, given: ConvArguments) {
    if (given.padding_mode !== 'zeros')
      throw value_error(`Only "zeros" padding mode is supported for ${name}`)
    super(given, dims, true)
  }

  /**
   * @param input - (N, C_in, …) or (C_in, …)
   * @param output_size - the output's size, where several are possible
   * @throws ValueError for a size that is not possible
   */
  override forward(...args: AnyCall<typeof FORWARD>): Tensor {
    const [input, output_size] = FORWARD.bind(args)
    const dims = this.kernel_size.length
    if (this.padding_mode !== 'zeros')
      throw value_error(`Only \`zeros\` padding mode is supported for ConvTranspose${dims}d`)
    const operator = [ops.conv_transpose1d, ops.conv_transpose2d, ops.conv_transpose3d][dims - 1] as Operator
    const { weight, bias, stride, padding, groups, dilation } = this
    return operator(
      input,
      weight,
      bias,
      stride,
      padding,
      this._output_padding(input, output_size),
      groups,
      dilation,
    )
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

const TRANSPOSE1D = signature(
  'ConvTranspose1d',
  { in_channels: required<Int>() },
  ...transposed_convolution<Size1>(),
)

/**
 * The gradient of {@link Conv1d} with respect to its input, as a layer: it makes a signal longer.
 *
 * @param in_channels - the input's channels
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the convolution that it is the gradient of. Default: 1
 * @param padding - what that convolution adds on all sides, and this one takes away. Default: 0
 * @param output_padding - what is added to one side of the output's size. Default: 0
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param dilation - spacing between kernel elements. Default: 1
 * @param padding_mode - `'zeros'` only
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof TRANSPOSE1D>)
  constructor(...args: UsualCall<typeof TRANSPOSE1D>)
  constructor(...args: unknown[]) {
    super('ConvTranspose1d', 1, TRANSPOSE1D.take(args))
  }
}

const TRANSPOSE2D = signature(
  'ConvTranspose2d',
  { in_channels: required<Int>() },
  ...transposed_convolution<Size2>(),
)

/**
 * {@link ConvTranspose1d} of images.
 *
 * @param in_channels - the input's channels
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the convolution that it is the gradient of. Default: 1
 * @param padding - what that convolution adds on all sides, and this one takes away. Default: 0
 * @param output_padding - what is added to one side of the output's size. Default: 0
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param dilation - spacing between kernel elements. Default: 1
 * @param padding_mode - `'zeros'` only
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof TRANSPOSE2D>)
  constructor(...args: UsualCall<typeof TRANSPOSE2D>)
  constructor(...args: unknown[]) {
    super('ConvTranspose2d', 2, TRANSPOSE2D.take(args))
  }
}

const TRANSPOSE3D = signature(
  'ConvTranspose3d',
  { in_channels: required<Int>() },
  ...transposed_convolution<Size3>(),
)

/**
 * {@link ConvTranspose1d} of volumes.
 *
 * @param in_channels - the input's channels
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the convolution that it is the gradient of. Default: 1
 * @param padding - what that convolution adds on all sides, and this one takes away. Default: 0
 * @param output_padding - what is added to one side of the output's size. Default: 0
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param dilation - spacing between kernel elements. Default: 1
 * @param padding_mode - `'zeros'` only
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof TRANSPOSE3D>)
  constructor(...args: UsualCall<typeof TRANSPOSE3D>)
  constructor(...args: unknown[]) {
    super('ConvTranspose3d', 3, TRANSPOSE3D.take(args))
  }
}
