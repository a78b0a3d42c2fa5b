import { value_error } from '../../errors.js'
import { take_options } from '../../ops/keywords.js'
import type { FloatScalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_repr } from '../repr.js'
import { Module } from './module.js'
import { type AnySize, float_number, ntuple, type Rest, type Size2, type Size3 } from './utils.js'

type Ratio = number | readonly number[]

/** Keywords of the fractional poolings. */
export interface FractionalPoolOptions<S> {
  /** The output's size; this or `output_ratio` must be given. */
  output_size?: S | null
  /** The output's size as a part of the input's, between 0 and 1. */
  output_ratio?: Ratio | null
  /** Whether the places of the maxima are returned too. Default: false. */
  return_indices?: boolean
  /** What the windows are drawn from, (N, C, dimensions), uniform in [0, 1). Default: new numbers at each call. */
  _random_samples?: Tensor | null
}

type FractionalArguments = {
  kernel_size: AnySize
  output_size: AnySize | null
  output_ratio: Ratio | null
  return_indices: boolean
  _random_samples: Tensor | null
}

const NAMES = ['kernel_size', 'output_size', 'output_ratio', 'return_indices', '_random_samples'] as const
const DEFAULTS = { output_size: null, output_ratio: null, return_indices: false, _random_samples: null }

function ratios(value: Ratio, dims: number): readonly number[] {
  const all = typeof value === 'object' && 'length' in value ? value : new Array<number>(dims).fill(value)
  return Object.freeze(all.map((ratio: number | FloatScalar) => float_number(ratio)))
}

/** What the fractional poolings share. */
export class _FractionalMaxPoolNd<S, R> extends Module {
  declare kernel_size: readonly number[]
  declare return_indices: boolean
  declare _random_samples: Tensor | null
  declare output_size: readonly number[] | null
  declare output_ratio: readonly number[] | null

  constructor(
    kernel_size: S,
    ...rest: Rest<
      [
        output_size: S | null,
        output_ratio: Ratio | null,
        return_indices: boolean,
        _random_samples: Tensor | null,
      ],
      FractionalPoolOptions<S>
    >
  )
  constructor(options: { kernel_size: S } & FractionalPoolOptions<S>)
  constructor(...args: unknown[]) {
    super()
    const name = new.target.name
    const given = take_options<FractionalArguments>(name, args, NAMES, DEFAULTS)
    const dims = this._dims()
    this.kernel_size = ntuple(given.kernel_size, dims, 'kernel_size')
    if (dims === 3 && this.kernel_size.some((size) => size <= 0))
      throw value_error(`kernel_size must be greater than 0, but got ${py_repr(given.kernel_size)}`)
    this.return_indices = given.return_indices
    this.register_buffer('_random_samples', given._random_samples)
    this.output_size = given.output_size === null ? null : ntuple(given.output_size, dims, 'output_size')
    this.output_ratio = given.output_ratio === null ? null : ratios(given.output_ratio, dims)
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
}

/**
 * The greatest number in each of randomly placed windows of an image.
 *
 * @param kernel_size - the window's size
 * @param output_size - the output's size, or
 * @param output_ratio - its part of the input's, between 0 and 1
 * @param return_indices - whether the places of the maxima are returned too. Default: false
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
export class FractionalMaxPool2d<R = Tensor> extends _FractionalMaxPoolNd<Size2, R> {}

/** {@link FractionalMaxPool2d} of volumes. */
export class FractionalMaxPool3d<R = Tensor> extends _FractionalMaxPoolNd<Size3, R> {
  override _dims(): 2 | 3 {
    return 3
  }
}
