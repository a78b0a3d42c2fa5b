import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_repr } from '../repr.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

/** A size of the output; null keeps the input's. */
type Size<T extends readonly unknown[]> = Int | null | { readonly [K in keyof T]: Int | null }
type Target = number | null | readonly (number | null)[]

function target(value: unknown): Target {
  const one = (size: unknown) => (size === null ? null : whole_number(size, 'output_size'))
  return Array.isArray(value) ? Object.freeze(value.map(one)) : one(value)
}

class AdaptivePool extends Module {
  declare output_size: Target

  override extra_repr(): string {
    return `output_size=${py_repr(this.output_size)}`
  }
}

/** What the adaptive maximum poolings share. */
export class _AdaptiveMaxPoolNd<S, R> extends AdaptivePool {
  declare return_indices: boolean

  constructor(output_size: S, return_indices?: boolean | { return_indices?: boolean })
  constructor(options: { output_size: S; return_indices?: boolean })
  constructor(...args: unknown[]) {
    super()
    const given = take_options<{ output_size: unknown; return_indices: boolean }>(
      new.target.name,
      args,
      ['output_size', 'return_indices'],
      { return_indices: false },
    )
    this.output_size = target(given.output_size)
    this.return_indices = given.return_indices
  }

  /** The function of `nn.functional`. */
  _pool(): typeof F.adaptive_max_pool2d {
    return F.adaptive_max_pool1d
  }

  override forward(input: Tensor): R {
    return this._pool()(input, this.output_size as number, this.return_indices as true) as R
  }
}

/**
 * Maxima over as many windows of a signal as the output has places.
 *
 * @param output_size - the output's size
 * @param return_indices - whether the places of the maxima are returned too; the call then gives `[maxima, places]`, which
 * the type argument says: `new nn.AdaptiveMaxPool1d<[Tensor, Tensor]>(5, true)`. Default: false
 *
 * Shape: (N, C, L) or (C, L), to (…, output_size).
 *
 * @example
 * ```ts
 * const m = new nn.AdaptiveMaxPool1d(5)
 * const output = m(torch.randn(1, 64, 8))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AdaptiveMaxPool1d<R = Tensor> extends _AdaptiveMaxPoolNd<Size<[1]>, R> {}

/**
 * {@link AdaptiveMaxPool1d} of images.
 *
 * @param output_size - the output's size, one number or (height, width); null keeps the input's
 *
 * @example
 * ```ts
 * const m = new nn.AdaptiveMaxPool2d([null, 7])
 * const output = m(torch.randn(1, 64, 10, 9))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AdaptiveMaxPool2d<R = Tensor> extends _AdaptiveMaxPoolNd<Size<[1, 1]>, R> {
  override _pool(): typeof F.adaptive_max_pool2d {
    return F.adaptive_max_pool2d
  }
}

/**
 * {@link AdaptiveMaxPool1d} of volumes.
 *
 * @param output_size - the output's size, one number or (depth, height, width); null keeps the input's
 *
 * @example
 * ```ts
 * const m = new nn.AdaptiveMaxPool3d([5, 7, 9])
 * const output = m(torch.randn(1, 4, 8, 9, 10))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AdaptiveMaxPool3d<R = Tensor> extends _AdaptiveMaxPoolNd<Size<[1, 1, 1]>, R> {
  override _pool(): typeof F.adaptive_max_pool2d {
    return F.adaptive_max_pool3d
  }
}

/** What the adaptive mean poolings share. */
export class _AdaptiveAvgPoolNd<S> extends AdaptivePool {
  constructor(output_size: S | { output_size: S })
  constructor(...args: unknown[]) {
    super()
    const given = take_options<{ output_size: unknown }>(new.target.name, args, ['output_size'], {})
    this.output_size = target(given.output_size)
  }
}

/**
 * Means over as many windows of a signal as the output has places.
 *
 * @param output_size - the output's size
 *
 * Shape: (N, C, L) or (C, L), to (…, output_size).
 *
 * @example
 * ```ts
 * const m = new nn.AdaptiveAvgPool1d(5)
 * const output = m(torch.randn(1, 64, 8))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AdaptiveAvgPool1d extends _AdaptiveAvgPoolNd<Size<[1]>> {
  override forward(input: Tensor): Tensor {
    return F.adaptive_avg_pool1d(input, this.output_size as number)
  }
}

/**
 * {@link AdaptiveAvgPool1d} of images.
 *
 * @param output_size - the output's size, one number or (height, width); null keeps the input's
 *
 * @example
 * ```ts
 * const m = new nn.AdaptiveAvgPool2d([5, 7])
 * const output = m(torch.randn(1, 64, 8, 9))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AdaptiveAvgPool2d extends _AdaptiveAvgPoolNd<Size<[1, 1]>> {
  override forward(input: Tensor): Tensor {
    return F.adaptive_avg_pool2d(input, this.output_size as number)
  }
}

/**
 * {@link AdaptiveAvgPool1d} of volumes.
 *
 * @param output_size - the output's size, one number or (depth, height, width); null keeps the input's
 *
 * @example
 * ```ts
 * const m = new nn.AdaptiveAvgPool3d([7, null, null])
 * const output = m(torch.randn(1, 4, 10, 9, 8))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AdaptiveAvgPool3d extends _AdaptiveAvgPoolNd<Size<[1, 1, 1]>> {
  override forward(input: Tensor): Tensor {
    return F.adaptive_avg_pool3d(input, this.output_size as number)
  }
}
