import { native } from '../../native.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import {
  _ConvNd,
  type AnyConvArguments,
  CONV_DEFAULTS,
  CONV_NAMES,
  type ConvArguments,
  type ConvRest,
} from './conv_nd.js'
import { call_layer, type NativeForward } from './native_forward.js'
import { type Int, reverse_repeat, type Size1, type Size2, type Size3 } from './utils.js'

export { _ConvNd, type ConvOptions, type PaddingMode } from './conv_nd.js'
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './conv_transpose.js'

// Padding that `pad` takes: the last dimension first, both sides; a 'same' that is odd has more at the end.
function pad_widths(conv: _ConvNd): number[] {
  if (typeof conv.padding !== 'string') return reverse_repeat(conv.padding, 2)
  const widths = conv.kernel_size.map((size, i) =>
    conv.padding === 'same' ? conv.dilation[i]! * (size - 1) : 0,
  )
  return widths.reverse().flatMap((total) => [Math.floor(total / 2), total - Math.floor(total / 2)])
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

function take_conv(name: string, args: readonly unknown[]): AnyConvArguments {
  return take_options<AnyConvArguments>(name, args, CONV_NAMES, CONV_DEFAULTS)
}

/** A convolution whose options are bound once in the addon. */
class Convolution extends _ConvNd {
  /** @internal */
  declare [BOUND]: Bound | null

  override forward(input: Tensor): Tensor {
    const { weight, bias } = this
    return call_layer(OPERATORS[this.kernel_size.length]!, this._binding().call, input, weight, bias)
  }

  // The options are bound once, and again where somebody has set another one.
  private _binding(): Bound {
    const bound = this[BOUND] ?? null
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
    Object.defineProperty(this, BOUND, { value: { call, ...options }, configurable: true })
    return this[BOUND]!
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
export class Conv1d extends Convolution {
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size1, ...rest: ConvRest<Size1>)
  constructor(options: ConvArguments<Size1>)
  constructor(...args: unknown[]) {
    super(take_conv('Conv1d', args), 1)
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
export class Conv2d extends Convolution {
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size2, ...rest: ConvRest<Size2>)
  constructor(options: ConvArguments<Size2>)
  constructor(...args: unknown[]) {
    super(take_conv('Conv2d', args), 2)
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
export class Conv3d extends Convolution {
  constructor(in_channels: Int, out_channels: Int, kernel_size: Size3, ...rest: ConvRest<Size3>)
  constructor(options: ConvArguments<Size3>)
  constructor(...args: unknown[]) {
    super(take_conv('Conv3d', args), 3)
  }
}
