import { take_options } from '../../ops/keywords.js'
import type { FloatScalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_bool, py_int, py_repr } from '../repr.js'
import { Module } from './module.js'
import {
  type AnySize,
  any_size,
  type Int,
  ntuple,
  type Rest,
  type Size1,
  type Size2,
  type Size3,
  whole_number,
} from './utils.js'

/** Keywords of {@link AvgPool1d}. */
export interface AvgPool1dOptions<S = Size1> {
  /** The steps of the window. Default: its size. */
  stride?: S | null
  /** How many zeros are added at the edges. Default: 0. */
  padding?: S
  /** Whether a last, incomplete window counts. Default: false. */
  ceil_mode?: boolean
  /** Whether the added zeros count in the mean. Default: true. */
  count_include_pad?: boolean
}

/** Keywords of {@link AvgPool2d} and {@link AvgPool3d}. */
export interface AvgPoolOptions<S> extends AvgPool1dOptions<S> {
  /** What the sum is divided by, instead of the window's size. */
  divisor_override?: Int | null
}

type AvgPoolArguments = {
  kernel_size: AnySize
  stride: AnySize | null
  padding: AnySize
  ceil_mode: boolean
  count_include_pad: boolean
  divisor_override: Int | null
}

const NAMES = ['kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad'] as const
const DEFAULTS = {
  stride: null,
  padding: 0,
  ceil_mode: false,
  count_include_pad: true,
  divisor_override: null,
}

/** What the mean poolings share. */
export class _AvgPoolNd extends Module {
  declare kernel_size: number | readonly number[]
  declare stride: number | readonly number[]
  declare padding: number | readonly number[]
  declare ceil_mode: boolean
  declare count_include_pad: boolean

  constructor(given: AvgPoolArguments, size: (value: AnySize, name: string) => number | readonly number[]) {
    super()
    this.kernel_size = size(given.kernel_size, 'kernel_size')
    this.stride = size(given.stride ?? given.kernel_size, 'stride')
    this.padding = size(given.padding, 'padding')
    this.ceil_mode = given.ceil_mode
    this.count_include_pad = given.count_include_pad
  }

  override extra_repr(): string {
    return (
      `kernel_size=${py_repr(this.kernel_size)}, stride=${py_repr(this.stride)}, ` +
      `padding=${py_repr(this.padding)}`
    )
  }
}

/**
 * The mean of each window of a signal.
 *
 * @param kernel_size - the window's size
 * @param stride - the steps of the window. Default: its size
 * @param padding - how many zeros are added at the edges. Default: 0
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 * @param count_include_pad - whether the added zeros count in the mean. Default: true
 *
 * Shape: (N, C, L) or (C, L), to (…, ⌊(L + 2·padding − kernel_size) / stride⌋ + 1).
 *
 * @example
 * ```ts
 * const m = new nn.AvgPool1d(3, { stride: 2 })
 * m(torch.tensor([[[1, 2, 3, 4, 5, 6, 7]]])).tolist() // [[[2, 4, 6]]]
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AvgPool1d extends _AvgPoolNd {
  declare kernel_size: readonly number[]
  declare stride: readonly number[]
  declare padding: readonly number[]

  constructor(
    kernel_size: Size1,
    ...rest: Rest<
      [stride: Size1 | null, padding: Size1, ceil_mode: boolean, count_include_pad: boolean],
      AvgPool1dOptions
    >
  )
  constructor(options: { kernel_size: Size1 } & AvgPool1dOptions)
  constructor(...args: unknown[]) {
    super(take_options<AvgPoolArguments>('AvgPool1d', args, NAMES, DEFAULTS), (value, name) =>
      ntuple(value, 1, name),
    )
  }

  override forward(input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad } = this
    return F.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad)
  }
}

type AvgPoolRest<S> = Rest<
  [
    stride: S | null,
    padding: S,
    ceil_mode: boolean,
    count_include_pad: boolean,
    divisor_override: Int | null,
  ],
  AvgPoolOptions<S>
>

class DividedAvgPool<S> extends _AvgPoolNd {
  declare divisor_override: number | null

  constructor(kernel_size: S, ...rest: AvgPoolRest<S>)
  constructor(options: { kernel_size: S } & AvgPoolOptions<S>)
  constructor(...args: unknown[]) {
    const given = take_options<AvgPoolArguments>(
      new.target.name,
      args,
      [...NAMES, 'divisor_override'],
      DEFAULTS,
    )
    super(given, any_size)
    this.divisor_override =
      given.divisor_override === null ? null : whole_number(given.divisor_override, 'divisor_override')
  }
}

/**
 * {@link AvgPool1d} of images.
 *
 * @param divisor_override - what the sum is divided by, instead of the window's size
 *
 * Shape: (N, C, H, W) or (C, H, W), to (…, H_out, W_out).
 *
 * @example
 * ```ts
 * const m = new nn.AvgPool2d([3, 2], { stride: [2, 1] })
 * const output = m(torch.randn(20, 16, 50, 32))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AvgPool2d extends DividedAvgPool<Size2> {
  override forward(input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override } = this
    return F.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
  }
}

/**
 * {@link AvgPool1d} of volumes.
 *
 * @param divisor_override - what the sum is divided by, instead of the window's size
 *
 * Shape: (N, C, D, H, W) or (C, D, H, W), to (…, D_out, H_out, W_out).
 *
 * @example
 * ```ts
 * const m = new nn.AvgPool3d([3, 2, 2], { stride: [2, 1, 2] })
 * const output = m(torch.randn(2, 3, 8, 9, 10))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AvgPool3d extends DividedAvgPool<Size3> {
  override forward(input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override } = this
    return F.avg_pool3d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
  }
}

/** Keywords of the power poolings. */
export interface LPPoolModuleOptions<S> {
  /** The steps of the window. Default: its size. */
  stride?: S | null
  /** Whether a last, incomplete window counts. Default: false. */
  ceil_mode?: boolean
}

type LPPoolArguments = {
  norm_type: number | FloatScalar
  kernel_size: AnySize
  stride: AnySize | null
  ceil_mode: boolean
}

type LPPool = typeof F.lp_pool2d

/** What the power poolings share. */
export class _LPPoolNd<S> extends Module {
  declare norm_type: number | FloatScalar
  declare kernel_size: number | readonly number[]
  declare stride: number | readonly number[] | null
  declare ceil_mode: boolean

  constructor(
    norm_type: number | FloatScalar,
    kernel_size: S,
    ...rest: Rest<[stride: S | null, ceil_mode: boolean], LPPoolModuleOptions<S>>
  )
  constructor(options: { norm_type: number | FloatScalar; kernel_size: S } & LPPoolModuleOptions<S>)
  constructor(...args: unknown[]) {
    super()
    const given = take_options<LPPoolArguments>(
      new.target.name,
      args,
      ['norm_type', 'kernel_size', 'stride', 'ceil_mode'],
      { stride: null, ceil_mode: false },
    )
    this.norm_type = given.norm_type
    this.kernel_size = any_size(given.kernel_size, 'kernel_size')
    this.stride = given.stride === null ? null : any_size(given.stride, 'stride')
    this.ceil_mode = given.ceil_mode
  }

  /** The function of `nn.functional`. */
  _pool(): LPPool {
    return F.lp_pool1d
  }

  override forward(input: Tensor): Tensor {
    return this._pool()(input, Number(this.norm_type), this.kernel_size, this.stride, this.ceil_mode)
  }

  override extra_repr(): string {
    return (
      `norm_type=${py_int(this.norm_type)}, kernel_size=${py_repr(this.kernel_size)}, ` +
      `stride=${py_repr(this.stride)}, ceil_mode=${py_bool(this.ceil_mode)}`
    )
  }
}

/**
 * The p-th root of the sum of xᵖ in each window of a signal; the maximum for p = ∞.
 *
 * @param norm_type - p
 * @param kernel_size - the window's size
 * @param stride - the steps of the window. Default: its size
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 *
 * Shape: (N, C, L) or (C, L), to (…, ⌊(L − kernel_size) / stride⌋ + 1).
 *
 * @example
 * ```ts
 * const m = new nn.LPPool1d(2, 3, { stride: 2 })
 * const output = m(torch.randn(20, 16, 50))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class LPPool1d extends _LPPoolNd<Size1> {}

/** {@link LPPool1d} of images. */
export class LPPool2d extends _LPPoolNd<Size2> {
  override _pool(): LPPool {
    return F.lp_pool2d
  }
}

/** {@link LPPool1d} of volumes. */
export class LPPool3d extends _LPPoolNd<Size3> {
  override _pool(): LPPool {
    return F.lp_pool3d
  }
}
