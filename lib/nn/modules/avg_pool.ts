import { expect_number } from '../../expect.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
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
  type Size1,
  type Size2,
  type Size3,
  whole_number,
} from './utils.js'

const windows = <S extends AnySize>() =>
  [
    { kernel_size: required<S>() },
    { stride: optional<S | null>(null) },
    { padding: optional<S>(0 as S) },
    { ceil_mode: optional(false, bool) },
    { count_include_pad: optional(true, bool) },
  ] as const

const DIVISOR = { divisor_override: optional<Int | null>(null) }

type AvgPoolArguments = {
  kernel_size: AnySize
  stride: AnySize | null
  padding: AnySize
  ceil_mode: boolean
  count_include_pad: boolean
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

  static {
    methods(_AvgPoolNd, { extra_repr: '' })
  }
}

const AVG_POOL1D = signature('AvgPool1d', ...windows<Size1>())

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

  constructor(...args: Call<typeof AVG_POOL1D>)
  constructor(...args: UsualCall<typeof AVG_POOL1D>)
  constructor(...args: unknown[]) {
    super(AVG_POOL1D.take(args), (value, name) => ntuple(value, 1, name))
  }

  override forward(input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad } = this
    return F.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad)
  }

  static {
    methods(AvgPool1d, { forward: 'input' })
  }
}

class DividedAvgPool extends _AvgPoolNd {
  declare divisor_override: number | null

  constructor(given: AvgPoolArguments & { divisor_override: Int | null }) {
    super(given, any_size)
    const { divisor_override } = given
    this.divisor_override =
      divisor_override === null ? null : whole_number(divisor_override, 'divisor_override')
  }
}

const AVG_POOL2D = signature('AvgPool2d', ...windows<Size2>(), DIVISOR)

/**
 * {@link AvgPool1d} of images.
 *
 * @param divisor_override - what the sum is divided by, instead of the window's size
 * @param stride - the steps of the window. Default: its size
 * @param padding - how many zeros are added at the edges. Default: 0
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 * @param count_include_pad - whether the added zeros count in the mean. Default: true
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
export class AvgPool2d extends DividedAvgPool {
  constructor(...args: Call<typeof AVG_POOL2D>)
  constructor(...args: UsualCall<typeof AVG_POOL2D>)
  constructor(...args: unknown[]) {
    super(AVG_POOL2D.take(args))
  }

  override forward(input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override } = this
    return F.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
  }

  static {
    methods(AvgPool2d, { forward: 'input' })
  }
}

const AVG_POOL3D = signature('AvgPool3d', ...windows<Size3>(), DIVISOR)

/**
 * {@link AvgPool1d} of volumes.
 *
 * @param divisor_override - what the sum is divided by, instead of the window's size
 * @param stride - the steps of the window. Default: its size
 * @param padding - how many zeros are added at the edges. Default: 0
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 * @param count_include_pad - whether the added zeros count in the mean. Default: true
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
export class AvgPool3d extends DividedAvgPool {
  constructor(...args: Call<typeof AVG_POOL3D>)
  constructor(...args: UsualCall<typeof AVG_POOL3D>)
  constructor(...args: unknown[]) {
    super(AVG_POOL3D.take(args))
  }

  override forward(input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override } = this
    return F.avg_pool3d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
  }

  static {
    methods(AvgPool3d, { forward: 'input' })
  }
}

type LPPool = typeof F.lp_pool2d

const lp_windows = <S extends AnySize>() =>
  [
    { norm_type: required<number | FloatScalar>(expect_number) },
    { kernel_size: required<S>() },
    { stride: optional<S | null>(null) },
    { ceil_mode: optional(false, bool) },
  ] as const

type LPPoolArguments = {
  norm_type: number | FloatScalar
  kernel_size: AnySize
  stride: AnySize | null
  ceil_mode: boolean
}

/** What the power poolings share. */
export class _LPPoolNd extends Module {
  declare norm_type: number | FloatScalar
  declare kernel_size: number | readonly number[]
  declare stride: number | readonly number[] | null
  declare ceil_mode: boolean

  constructor(given: LPPoolArguments) {
    super()
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

  static {
    methods(_LPPoolNd, { forward: 'input', extra_repr: '' })
  }
}

const LP_POOL1D = signature('LPPool1d', ...lp_windows<Size1>())

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
export class LPPool1d extends _LPPoolNd {
  constructor(...args: Call<typeof LP_POOL1D>)
  constructor(...args: UsualCall<typeof LP_POOL1D>)
  constructor(...args: unknown[]) {
    super(LP_POOL1D.take(args))
  }
}

const LP_POOL2D = signature('LPPool2d', ...lp_windows<Size2>())

/**
 * {@link LPPool1d} of images.
 *
 * @param norm_type - the norm's degree
 * @param kernel_size - the window's size
 * @param stride - the steps of the window. Default: its size
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 */
export class LPPool2d extends _LPPoolNd {
  constructor(...args: Call<typeof LP_POOL2D>)
  constructor(...args: UsualCall<typeof LP_POOL2D>)
  constructor(...args: unknown[]) {
    super(LP_POOL2D.take(args))
  }

  override _pool(): LPPool {
    return F.lp_pool2d
  }
}

const LP_POOL3D = signature('LPPool3d', ...lp_windows<Size3>())

/**
 * {@link LPPool1d} of volumes.
 *
 * @param norm_type - the norm's degree
 * @param kernel_size - the window's size
 * @param stride - the steps of the window. Default: its size
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 */
export class LPPool3d extends _LPPoolNd {
  constructor(...args: Call<typeof LP_POOL3D>)
  constructor(...args: UsualCall<typeof LP_POOL3D>)
  constructor(...args: unknown[]) {
    super(LP_POOL3D.take(args))
  }

  override _pool(): LPPool {
    return F.lp_pool3d
  }
}
