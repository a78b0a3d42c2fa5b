import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import type { MaxPool } from '../functional/pooling.js'
import * as F from '../functional.js'
import { py_bool, py_repr } from '../repr.js'
import { Module } from './module.js'
import { type AnySize, any_size, ntuple, type Rest, type Size1, type Size2, type Size3 } from './utils.js'

/** Keywords of the maximum poolings. */
export interface MaxPoolModuleOptions<S = AnySize> {
  /** The steps of the window. Default: its size. */
  stride?: S | null
  /** How far the window reaches over the edges, where −∞ stands. Default: 0. */
  padding?: S
  /** The distance of the window's points. Default: 1. */
  dilation?: S
  /** Whether the places of the maxima are returned too, for {@link MaxUnpool2d}. Default: false. */
  return_indices?: boolean
  /** Whether a last, incomplete window counts. Default: false. */
  ceil_mode?: boolean
}

type MaxPoolArguments = {
  kernel_size: AnySize
  stride: AnySize | null
  padding: AnySize
  dilation: AnySize
  return_indices: boolean
  ceil_mode: boolean
}

const NAMES = ['kernel_size', 'stride', 'padding', 'dilation', 'return_indices', 'ceil_mode'] as const
const DEFAULTS = { stride: null, padding: 0, dilation: 1, return_indices: false, ceil_mode: false }

type MaxPoolRest<S> = Rest<
  [stride: S | null, padding: S, dilation: S, return_indices: boolean, ceil_mode: boolean],
  MaxPoolModuleOptions<S>
>

/**
 * A pooling is called for the maxima; with `return_indices` it gives `[maxima, places]`, and the call is typed so by the
 * type argument: `new nn.MaxPool2d<[Tensor, Tensor]>(2, { return_indices: true })`.
 */
export class _MaxPoolNd<S, R> extends Module {
  declare kernel_size: number | readonly number[]
  declare stride: number | readonly number[]
  declare padding: number | readonly number[]
  declare dilation: number | readonly number[]
  declare return_indices: boolean
  declare ceil_mode: boolean

  constructor(kernel_size: S, ...rest: MaxPoolRest<S>)
  constructor(options: { kernel_size: S } & MaxPoolModuleOptions<S>)
  constructor(...args: unknown[]) {
    super()
    const given = take_options<MaxPoolArguments>(new.target.name, args, NAMES, DEFAULTS)
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
}

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
export class MaxPool1d<R = Tensor> extends _MaxPoolNd<Size1, R> {}

/**
 * {@link MaxPool1d} of images.
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
export class MaxPool2d<R = Tensor> extends _MaxPoolNd<Size2, R> {
  override _pool(): MaxPool {
    return F.max_pool2d
  }
}

/**
 * {@link MaxPool1d} of volumes.
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
export class MaxPool3d<R = Tensor> extends _MaxPoolNd<Size3, R> {
  override _pool(): MaxPool {
    return F.max_pool3d
  }
}

/** Keywords of the unpoolings. */
export interface MaxUnpoolModuleOptions<S> {
  /** The steps that the pooling took. Default: its window's size. */
  stride?: S | null
  /** What the pooling added at the edges. Default: 0. */
  padding?: S
}

type MaxUnpoolArguments = { kernel_size: AnySize; stride: AnySize | null; padding: AnySize }
type Unpool = typeof F.max_unpool2d

/** What the unpoolings share. */
export class _MaxUnpoolNd extends Module {
  declare kernel_size: readonly number[]
  declare stride: readonly number[]
  declare padding: readonly number[]

  constructor(dims: number, args: unknown[]) {
    super()
    const given = take_options<MaxUnpoolArguments>(
      new.target.name,
      args,
      ['kernel_size', 'stride', 'padding'],
      { stride: null, padding: 0 },
    )
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
    const size =
      output_size !== null && 'output_size' in output_size
        ? output_size.output_size
        : (output_size as readonly number[] | null)
    return this._unpool()(input, indices, this.kernel_size, this.stride, this.padding, size ?? null)
  }

  override extra_repr(): string {
    return (
      `kernel_size=${py_repr(this.kernel_size)}, stride=${py_repr(this.stride)}, ` +
      `padding=${py_repr(this.padding)}`
    )
  }
}

type MaxUnpoolRest<S> = Rest<[stride: S | null, padding: S], MaxUnpoolModuleOptions<S>>

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
  constructor(kernel_size: Size1, ...rest: MaxUnpoolRest<Size1>)
  constructor(options: { kernel_size: Size1 } & MaxUnpoolModuleOptions<Size1>)
  constructor(...args: unknown[]) {
    super(1, args)
  }
}

/** Undoes {@link MaxPool2d}, see {@link MaxUnpool1d}. */
export class MaxUnpool2d extends _MaxUnpoolNd {
  constructor(kernel_size: Size2, ...rest: MaxUnpoolRest<Size2>)
  constructor(options: { kernel_size: Size2 } & MaxUnpoolModuleOptions<Size2>)
  constructor(...args: unknown[]) {
    super(2, args)
  }

  override _unpool(): Unpool {
    return F.max_unpool2d
  }
}

/** Undoes {@link MaxPool3d}, see {@link MaxUnpool1d}. */
export class MaxUnpool3d extends _MaxUnpoolNd {
  constructor(kernel_size: Size3, ...rest: MaxUnpoolRest<Size3>)
  constructor(options: { kernel_size: Size3 } & MaxUnpoolModuleOptions<Size3>)
  constructor(...args: unknown[]) {
    super(3, args)
  }

  override _unpool(): Unpool {
    return F.max_unpool3d
  }
}
