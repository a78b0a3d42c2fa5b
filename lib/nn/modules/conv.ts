import { native } from '../../native.js'
import { methods } from '../../python/methods.js'
import { required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { _ConvNd, convolution } from './conv_nd.js'
import { call_layer, type NativeForward } from './native_forward.js'
import { type Int, reverse_repeat, type Size1, type Size2, type Size3 } from './utils.js'

export { _ConvNd, type PaddingMode } from './conv_nd.js'
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

  static {
    methods(Convolution, { forward: 'input' })
  }
}

const CONV1D = signature('Conv1d', { in_channels: required<Int>() }, ...convolution<Size1>())

/**
 * A convolution over a signal of several channels.
 *
 * out(n, o) = bias(o) + Σᵢ weight(o, i) ⋆ input(n, i), where ⋆ is the cross-correlation.
 *
 * @param in_channels - the input's channels
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the kernel. Default: 1
 * @param padding - how much is added on all sides, or `'valid'` for nothing, or `'same'` for an output of the input's size. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param padding_mode - how padding is filled: `'zeros'`, `'reflect'`, `'replicate'` or `'circular'`. Default: `'zeros'`
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof CONV1D>)
  constructor(...args: UsualCall<typeof CONV1D>)
  constructor(...args: unknown[]) {
    super(CONV1D.take(args), 1)
  }
}

const CONV2D = signature('Conv2d', { in_channels: required<Int>() }, ...convolution<Size2>())

/**
 * A convolution over an image of several planes.
 *
 * out(n, o) = bias(o) + Σᵢ weight(o, i) ⋆ input(n, i), where ⋆ is the cross-correlation.
 *
 * @param in_channels - the input's planes
 * @param out_channels - the output's planes
 * @param kernel_size - the kernel's size, one number or (height, width)
 * @param stride - the steps of the kernel. Default: 1
 * @param padding - how much is added on all sides, or `'valid'` for nothing, or `'same'` for an output of the input's size. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param padding_mode - how padding is filled: `'zeros'`, `'reflect'`, `'replicate'` or `'circular'`. Default: `'zeros'`
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof CONV2D>)
  constructor(...args: UsualCall<typeof CONV2D>)
  constructor(...args: unknown[]) {
    super(CONV2D.take(args), 2)
  }
}

const CONV3D = signature('Conv3d', { in_channels: required<Int>() }, ...convolution<Size3>())

/**
 * A convolution over a volume of several channels.
 *
 * out(n, o) = bias(o) + Σᵢ weight(o, i) ⋆ input(n, i), where ⋆ is the cross-correlation.
 *
 * @param in_channels - the input's channels
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size, one number or (depth, height, width)
 * @param stride - the steps of the kernel. Default: 1
 * @param padding - how much is added on all sides, or `'valid'` for nothing, or `'same'` for an output of the input's size. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param padding_mode - how padding is filled: `'zeros'`, `'reflect'`, `'replicate'` or `'circular'`. Default: `'zeros'`
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof CONV3D>)
  constructor(...args: UsualCall<typeof CONV3D>)
  constructor(...args: unknown[]) {
    super(CONV3D.take(args), 3)
  }
}
