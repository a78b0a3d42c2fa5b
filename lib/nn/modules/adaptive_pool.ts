import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
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

  constructor(output_size: unknown) {
    super()
    this.output_size = target(output_size)
  }

  override extra_repr(): string {
    return `output_size=${py_repr(this.output_size)}`
  }

  static {
    methods(AdaptivePool, { extra_repr: '' })
  }
}

/** Base class of adaptive average pooling. */
export class _AdaptiveAvgPoolNd extends AdaptivePool {}

const RETURN_INDICES = { return_indices: optional(false, bool) }

/** What the adaptive maximum poolings share. */
export class _AdaptiveMaxPoolNd<R> extends AdaptivePool {
  declare return_indices: boolean

  constructor(given: { output_size: unknown; return_indices: boolean }) {
    super(given.output_size)
    this.return_indices = given.return_indices
  }

  /** The function of `nn.functional`. */
  _pool(): typeof F.adaptive_max_pool2d {
    return F.adaptive_max_pool1d
  }

  override forward(input: Tensor): R {
    return this._pool()(input, this.output_size as number, this.return_indices as true) as R
  }

  static {
    methods(_AdaptiveMaxPoolNd, { forward: 'input' })
  }
}

const MAX1D = signature('AdaptiveMaxPool1d', { output_size: required<Size<[1]>>() }, RETURN_INDICES)

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
export class AdaptiveMaxPool1d<R = Tensor> extends _AdaptiveMaxPoolNd<R> {
  constructor(...args: Call<typeof MAX1D>)
  constructor(...args: UsualCall<typeof MAX1D>)
  constructor(...args: unknown[]) {
    super(MAX1D.take(args))
  }
}

const MAX2D = signature('AdaptiveMaxPool2d', { output_size: required<Size<[1, 1]>>() }, RETURN_INDICES)

/**
 * {@link AdaptiveMaxPool1d} of images.
 *
 * @param output_size - the output's size, one number or (height, width); null keeps the input's
 * @param return_indices - whether the places of the maxima are returned too. Default: false
 *
 * @example
 * ```ts
 * const m = new nn.AdaptiveMaxPool2d([null, 7])
 * const output = m(torch.randn(1, 64, 10, 9))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AdaptiveMaxPool2d<R = Tensor> extends _AdaptiveMaxPoolNd<R> {
  constructor(...args: Call<typeof MAX2D>)
  constructor(...args: UsualCall<typeof MAX2D>)
  constructor(...args: unknown[]) {
    super(MAX2D.take(args))
  }

  override _pool(): typeof F.adaptive_max_pool2d {
    return F.adaptive_max_pool2d
  }
}

const MAX3D = signature('AdaptiveMaxPool3d', { output_size: required<Size<[1, 1, 1]>>() }, RETURN_INDICES)

/**
 * {@link AdaptiveMaxPool1d} of volumes.
 *
 * @param output_size - the output's size, one number or (depth, height, width); null keeps the input's
 * @param return_indices - whether the places of the maxima are returned too. Default: false
 *
 * @example
 * ```ts
 * const m = new nn.AdaptiveMaxPool3d([5, 7, 9])
 * const output = m(torch.randn(1, 4, 8, 9, 10))
 * ```
 *
 * @see torch/nn/modules/pooling.py
 */
export class AdaptiveMaxPool3d<R = Tensor> extends _AdaptiveMaxPoolNd<R> {
  constructor(...args: Call<typeof MAX3D>)
  constructor(...args: UsualCall<typeof MAX3D>)
  constructor(...args: unknown[]) {
    super(MAX3D.take(args))
  }

  override _pool(): typeof F.adaptive_max_pool2d {
    return F.adaptive_max_pool3d
  }
}

const AVG1D = signature('AdaptiveAvgPool1d', { output_size: required<Size<[1]>>() })

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
export class AdaptiveAvgPool1d extends _AdaptiveAvgPoolNd {
  constructor(...args: Call<typeof AVG1D>)
  constructor(...args: UsualCall<typeof AVG1D>)
  constructor(...args: unknown[]) {
    super(AVG1D.take(args).output_size)
  }

  override forward(input: Tensor): Tensor {
    return F.adaptive_avg_pool1d(input, this.output_size as number)
  }

  static {
    methods(AdaptiveAvgPool1d, { forward: 'input' })
  }
}

const AVG2D = signature('AdaptiveAvgPool2d', { output_size: required<Size<[1, 1]>>() })

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
export class AdaptiveAvgPool2d extends _AdaptiveAvgPoolNd {
  constructor(...args: Call<typeof AVG2D>)
  constructor(...args: UsualCall<typeof AVG2D>)
  constructor(...args: unknown[]) {
    super(AVG2D.take(args).output_size)
  }

  override forward(input: Tensor): Tensor {
    return F.adaptive_avg_pool2d(input, this.output_size as number)
  }

  static {
    methods(AdaptiveAvgPool2d, { forward: 'input' })
  }
}

const AVG3D = signature('AdaptiveAvgPool3d', { output_size: required<Size<[1, 1, 1]>>() })

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
export class AdaptiveAvgPool3d extends _AdaptiveAvgPoolNd {
  constructor(...args: Call<typeof AVG3D>)
  constructor(...args: UsualCall<typeof AVG3D>)
  constructor(...args: unknown[]) {
    super(AVG3D.take(args).output_size)
  }

  override forward(input: Tensor): Tensor {
    return F.adaptive_avg_pool3d(input, this.output_size as number)
  }

  static {
    methods(AdaptiveAvgPool3d, { forward: 'input' })
  }
}
