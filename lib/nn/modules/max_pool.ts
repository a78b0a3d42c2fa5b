import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import type { MaxPool } from '../functional/pooling.js'
import * as F from '../functional.js'
import { py_bool, py_repr } from '../repr.js'
import { Module } from './module.js'
import { type AnySize, any_size, ntuple, type Size1, type Size2, type Size3 } from './utils.js'

const windows = <S extends AnySize>() =>
  [
    { kernel_size: required<S>() },
    { stride: optional<S | null>(null) },
    { padding: optional<S>(0 as S) },
    { dilation: optional<S>(1 as S) },
    { return_indices: optional(false, bool) },
    { ceil_mode: optional(false, bool) },
  ] as const

const unpool_windows = <S extends AnySize>() =>
  [
    { kernel_size: required<S>() },
    { stride: optional<S | null>(null) },
    { padding: optional<S>(0 as S) },
  ] as const

type MaxPoolArguments = {
  kernel_size: AnySize
  stride: AnySize | null
  padding: AnySize
  dilation: AnySize
  return_indices: boolean
  ceil_mode: boolean
}

/**
 * A pooling is called for the maxima; with `return_indices` it gives `[maxima, places]`, and the call is typed so by the
 * type argument: `new nn.MaxPool2d<[Tensor, Tensor]>(2, { return_indices: true })`.
 */
export class _MaxPoolNd<R> extends Module {
  declare kernel_size: number | readonly number[]
  declare stride: number | readonly number[]
  declare padding: number | readonly number[]
  declare dilation: number | readonly number[]
  declare return_indices: boolean
  declare ceil_mode: boolean

  constructor(given: MaxPoolArguments) {
    super()
    this.kernel_size = any_size(given.kernel_size, 'kernel_size')
    this.stride = given.stride === null ? this.kernel_size : any_size(given.stride, 'stride')
    this.padding = any_size(given.padding, 'padding')
    this.dilation = any_size(given.dilation, 'dilation')
    this.return_indices = given.return_indices
    this.ceil_mode = given.ceil_mode
  }

  /** The function of `nn.functional`. */
  _pool(): MaxPool {
    return F.max_pool1d
  }

  override forward(input: Tensor): R {
    const { kernel_size, stride, padding, dilation, ceil_mode, return_indices } = this
    const pool = this._pool()
    return pool(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices as true) as R
  }

  override extra_repr(): string {
    return (
      `kernel_size=${py_repr(this.kernel_size)}, stride=${py_repr(this.stride)}, padding=${py_repr(this.padding)}, ` +
      `dilation=${py_repr(this.dilation)}, ceil_mode=${py_bool(this.ceil_mode)}`
    )
  }

  static {
    methods(_MaxPoolNd, { forward: 'input', extra_repr: '' })
  }
}

const MAX_POOL1D = signature('MaxPool1d', ...windows<Size1>())

/**
 * The greatest number in each window of a signal.
 *
 * @param kernel_size - the window's size
 * @param stride - the steps of the window. Default: its size
 * @param padding - how far the window reaches over the edges. Default: 0
 * @param dilation - the distance of the window's points. Default: 1
 * @param return_indices - whether the places of the maxima are returned too. Default: false
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 *
 * Shape: (N, C, L) or (C, L), to (…, ⌊(L + 2·padding − dilation·(kernel_size − 1) − 1) / stride⌋ + 1).
 *
 * @example
 * ```ts
 * const m = new nn.MaxPool1d(3, { stride: 2 })
 * const output = m(torch.randn(20, 16, 50))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class MaxPool1d<R = Tensor> extends _MaxPoolNd<R> {
  constructor(...args: Call<typeof MAX_POOL1D>)
  constructor(...args: UsualCall<typeof MAX_POOL1D>)
  constructor(...args: unknown[]) {
    super(MAX_POOL1D.take(args))
  }
}

const MAX_POOL2D = signature('MaxPool2d', ...windows<Size2>())

/**
 * {@link MaxPool1d} of images.
 *
 * @param kernel_size - the window's size
 * @param stride - the steps of the window. Default: its size
 * @param padding - how far the window reaches over the edges, where −∞ stands. Default: 0
 * @param dilation - the distance of the window's points. Default: 1
 * @param return_indices - whether the places of the maxima are returned too, for {@link MaxUnpool2d}. Default: false
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 *
 * Shape: (N, C, H, W) or (C, H, W), to (…, H_out, W_out).
 *
 * @example
 * ```ts
 * const m = new nn.MaxPool2d([3, 2], { stride: [2, 1] })
 * const output = m(torch.randn(20, 16, 50, 32))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class MaxPool2d<R = Tensor> extends _MaxPoolNd<R> {
  constructor(...args: Call<typeof MAX_POOL2D>)
  constructor(...args: UsualCall<typeof MAX_POOL2D>)
  constructor(...args: unknown[]) {
    super(MAX_POOL2D.take(args))
  }

  override _pool(): MaxPool {
    return F.max_pool2d
  }
}

const MAX_POOL3D = signature('MaxPool3d', ...windows<Size3>())

/**
 * {@link MaxPool1d} of volumes.
 *
 * @param kernel_size - the window's size
 * @param stride - the steps of the window. Default: its size
 * @param padding - how far the window reaches over the edges, where −∞ stands. Default: 0
 * @param dilation - the distance of the window's points. Default: 1
 * @param return_indices - whether the places of the maxima are returned too, for {@link MaxUnpool2d}. Default: false
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 *
 * Shape: (N, C, D, H, W) or (C, D, H, W), to (…, D_out, H_out, W_out).
 *
 * @example
 * ```ts
 * const m = new nn.MaxPool3d([3, 2, 2], { stride: [2, 1, 2] })
 * const output = m(torch.randn(2, 3, 8, 9, 10))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class MaxPool3d<R = Tensor> extends _MaxPoolNd<R> {
  constructor(...args: Call<typeof MAX_POOL3D>)
  constructor(...args: UsualCall<typeof MAX_POOL3D>)
  constructor(...args: unknown[]) {
    super(MAX_POOL3D.take(args))
  }

  override _pool(): MaxPool {
    return F.max_pool3d
  }
}

type MaxUnpoolArguments = { kernel_size: AnySize; stride: AnySize | null; padding: AnySize }
type Unpool = typeof F.max_unpool2d

/** What the unpoolings share. */
export class _MaxUnpoolNd extends Module {
  declare kernel_size: readonly number[]
  declare stride: readonly number[]
  declare padding: readonly number[]

  constructor(dims: number, given: MaxUnpoolArguments) {
    super()
    this.kernel_size = ntuple(given.kernel_size, dims, 'kernel_size')
    this.stride = ntuple(given.stride ?? given.kernel_size, dims, 'stride')
    this.padding = ntuple(given.padding, dims, 'padding')
  }

  /** The function of `nn.functional`. */
  _unpool(): Unpool {
    return F.max_unpool1d
  }

  /**
   * @param input - the maxima
   * @param indices - their places
   * @param output_size - the size that the pooling started from, where it cannot be told
   */
  override forward(
    input: Tensor,
    indices: Tensor,
    output_size: readonly number[] | null | { output_size?: readonly number[] | null } = null,
  ): Tensor {
    const size = output_size as readonly number[] | null
    return this._unpool()(input, indices, this.kernel_size, this.stride, this.padding, size)
  }

  override extra_repr(): string {
    return (
      `kernel_size=${py_repr(this.kernel_size)}, stride=${py_repr(this.stride)}, ` +
      `padding=${py_repr(this.padding)}`
    )
  }

  static {
    methods(_MaxUnpoolNd, { forward: 'input, indices, output_size?', extra_repr: '' })
  }
}

const MAX_UNPOOL1D = signature('MaxUnpool1d', ...unpool_windows<Size1>())

/**
 * Undoes {@link MaxPool1d} as far as it can be: the maxima in their places, zeros elsewhere.
 *
 * @param kernel_size - the window's size
 * @param stride - the steps that the pooling took. Default: the window's size
 * @param padding - what the pooling added at the edges. Default: 0
 *
 * Shape: (N, C, L) or (C, L), to (…, (L − 1)·stride − 2·padding + kernel_size).
 *
 * @example
 * ```ts
 * const pool = new nn.MaxPool1d<[Tensor, Tensor]>(2, { stride: 2, return_indices: true })
 * const unpool = new nn.MaxUnpool1d(2, { stride: 2 })
 * const [output, indices] = pool(torch.tensor([[[1, 2, 3, 4, 5, 6, 7, 8]]]))
 * unpool(output, indices).tolist() // [[[0, 2, 0, 4, 0, 6, 0, 8]]]
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class MaxUnpool1d extends _MaxUnpoolNd {
  constructor(...args: Call<typeof MAX_UNPOOL1D>)
  constructor(...args: UsualCall<typeof MAX_UNPOOL1D>)
  constructor(...args: unknown[]) {
    super(1, MAX_UNPOOL1D.take(args))
  }
}

const MAX_UNPOOL2D = signature('MaxUnpool2d', ...unpool_windows<Size2>())

/**
 * Undoes {@link MaxPool2d}, see {@link MaxUnpool1d}.
 *
 * @param kernel_size - the window's size
 * @param stride - the steps that the pooling took. Default: its window's size
 * @param padding - what the pooling added at the edges. Default: 0
 */
export class MaxUnpool2d extends _MaxUnpoolNd {
  constructor(...args: Call<typeof MAX_UNPOOL2D>)
  constructor(...args: UsualCall<typeof MAX_UNPOOL2D>)
  constructor(...args: unknown[]) {
    super(2, MAX_UNPOOL2D.take(args))
  }

  override _unpool(): Unpool {
    return F.max_unpool2d
  }
}

const MAX_UNPOOL3D = signature('MaxUnpool3d', ...unpool_windows<Size3>())

/**
 * Undoes {@link MaxPool3d}, see {@link MaxUnpool1d}.
 *
 * @param kernel_size - the window's size
 * @param stride - the steps that the pooling took. Default: its window's size
 * @param padding - what the pooling added at the edges. Default: 0
 */
export class MaxUnpool3d extends _MaxUnpoolNd {
  constructor(...args: Call<typeof MAX_UNPOOL3D>)
  constructor(...args: UsualCall<typeof MAX_UNPOOL3D>)
  constructor(...args: unknown[]) {
    super(3, MAX_UNPOOL3D.take(args))
  }

  override _unpool(): Unpool {
    return F.max_unpool3d
  }
}
