import { value_error } from '../../errors.js'
import { has_own } from '../../own.js'
import { bool, float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_repr } from '../repr.js'
import { Module } from './module.js'
import { type AnySize, ntuple, type Size2, type Size3 } from './utils.js'

type Ratio = number | readonly number[]

const windows = <S extends AnySize>() =>
  [
    { kernel_size: required<S>() },
    { output_size: optional<S | null>(null) },
    { output_ratio: optional<Ratio | null>(null) },
    { return_indices: optional(false, bool) },
    { _random_samples: optional<Tensor | null>(null) },
  ] as const

type FractionalArguments = {
  kernel_size: AnySize
  output_size: AnySize | null
  output_ratio: Ratio | null
  return_indices: boolean
  _random_samples: Tensor | null
}

function ratios(name: string, value: Ratio, dims: number): readonly number[] {
  const all =
    typeof value === 'object' && has_own(value, 'length') ? value : new Array<number>(dims).fill(value)
  return Object.freeze(all.map((ratio) => float(ratio, name, 'output_ratio')))
}

/** What the fractional poolings share. */
export class _FractionalMaxPoolNd<R> extends Module {
  declare kernel_size: readonly number[]
  declare return_indices: boolean
  declare _random_samples: Tensor | null
  declare output_size: readonly number[] | null
  declare output_ratio: readonly number[] | null

  constructor(name: string, given: FractionalArguments) {
    super()
    const dims = this._dims()
    this.kernel_size = ntuple(given.kernel_size, dims, 'kernel_size')
    if (dims === 3 && this.kernel_size.some((size) => size <= 0))
      throw value_error(`kernel_size must be greater than 0, but got ${py_repr(given.kernel_size)}`)
    this.return_indices = given.return_indices
    this.register_buffer('_random_samples', given._random_samples)
    this.output_size = given.output_size === null ? null : ntuple(given.output_size, dims, 'output_size')
    this.output_ratio = given.output_ratio === null ? null : ratios(name, given.output_ratio, dims)
    if (this.output_size === null && this.output_ratio === null)
      throw value_error(`${name} requires specifying either an output size, or a pooling ratio`)
    if (this.output_size !== null && this.output_ratio !== null)
      throw value_error('only one of output_size and output_ratio may be specified')
    if (this.output_ratio?.some((ratio) => !(ratio > 0 && ratio < 1)))
      throw value_error(`output_ratio must be between 0 and 1 (got ${py_repr(given.output_ratio, true)})`)
  }

  /** The number of dimensions of a window. */
  _dims(): 2 | 3 {
    return 2
  }

  override forward(input: Tensor): R {
    const pool = this._dims() === 2 ? F.fractional_max_pool2d : F.fractional_max_pool3d
    const { kernel_size, output_size, output_ratio, _random_samples } = this
    return pool(input, kernel_size, {
      output_size,
      output_ratio,
      return_indices: this.return_indices as true,
      _random_samples,
    }) as R
  }

  static {
    methods(_FractionalMaxPoolNd, { forward: 'input' })
  }
}

const FRACTIONAL2D = signature('FractionalMaxPool2d', ...windows<Size2>())

/**
 * The greatest number in each of randomly placed windows of an image.
 *
 * @param kernel_size - the window's size
 * @param output_size - the output's size, or
 * @param output_ratio - its part of the input's, between 0 and 1
 * @param return_indices - whether the places of the maxima are returned too. Default: false
 * @param _random_samples - what the windows are drawn from, (N, C, dimensions), uniform in [0, 1). Default: new numbers at each call
 * @throws ValueError where neither or both are given, or the ratio is not between 0 and 1
 *
 * Shape: (N, C, H, W) or (C, H, W), to (…, …output_size).
 *
 * @example
 * ```ts
 * const m = new nn.FractionalMaxPool2d(3, { output_ratio: [0.5, 0.5] })
 * const output = m(torch.randn(20, 16, 50, 32))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class FractionalMaxPool2d<R = Tensor> extends _FractionalMaxPoolNd<R> {
  constructor(...args: Call<typeof FRACTIONAL2D>)
  constructor(...args: UsualCall<typeof FRACTIONAL2D>)
  constructor(...args: unknown[]) {
    super('FractionalMaxPool2d', FRACTIONAL2D.take(args))
  }
}

const FRACTIONAL3D = signature('FractionalMaxPool3d', ...windows<Size3>())

/**
 * {@link FractionalMaxPool2d} of volumes.
 *
 * @param kernel_size - the window's size
 * @param output_size - the output's size; this or `output_ratio` must be given
 * @param output_ratio - the output's size as a part of the input's, between 0 and 1
 * @param return_indices - whether the places of the maxima are returned too. Default: false
 * @param _random_samples - what the windows are drawn from, (N, C, dimensions), uniform in [0, 1). Default: new numbers at each call
 */
export class FractionalMaxPool3d<R = Tensor> extends _FractionalMaxPoolNd<R> {
  constructor(...args: Call<typeof FRACTIONAL3D>)
  constructor(...args: UsualCall<typeof FRACTIONAL3D>)
  constructor(...args: unknown[]) {
    super('FractionalMaxPool3d', FRACTIONAL3D.take(args))
  }

  override _dims(): 2 | 3 {
    return 3
  }
}
