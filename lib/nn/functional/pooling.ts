import { value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { Callable, Keywords } from '../../python/call_types.js'
import { optional, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'

type Sizes = number | readonly number[]
type WithIndices = [output: Tensor, indices: Tensor]

const CHOICES = [
  { stride: optional<Sizes | null>(null) },
  { padding: optional<Sizes>(0) },
  { dilation: optional<Sizes>(1) },
  { ceil_mode: optional(false) },
  { return_indices: optional(false) },
] as const
const MAX_POOL = [{ input: tensor }, { kernel_size: required<Sizes>() }, ...CHOICES] as const

type Pool<T> = (
  input: Tensor,
  kernel: Sizes,
  stride: Sizes,
  padding: Sizes,
  dilation: Sizes,
  ceil_mode: boolean,
) => T

/** The calls of a pooling: with `return_indices` it gives the places too. */
export type MaxPool = {
  (
    input: Tensor,
    kernel_size: Sizes,
    options: Keywords<typeof CHOICES> & { return_indices: true },
  ): WithIndices
  (
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | null,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: boolean,
    return_indices: true,
  ): WithIndices
} & Callable<typeof MAX_POOL, Tensor>

/** A pooling that always gives the places too. */
export type MaxPoolWithIndices = Callable<typeof MAX_POOL, WithIndices>

/** The function whose `return_indices` chooses, and the one that always gives the places. */
function max_pool(
  name: string,
  pool: Pool<Tensor>,
  with_indices: Pool<WithIndices>,
): [MaxPool, MaxPoolWithIndices] {
  const choosing = callable(
    signature(name, ...MAX_POOL),
    (input, kernel, stride, padding, dilation, ceil_mode, return_indices): Tensor | WithIndices =>
      return_indices
        ? with_indices(input, kernel, stride ?? [], padding, dilation, ceil_mode)
        : pool(input, kernel, stride ?? [], padding, dilation, ceil_mode),
  )
  const both = callable(
    signature(`${name}_with_indices`, ...MAX_POOL),
    (input, kernel, stride, padding, dilation, ceil_mode): WithIndices =>
      with_indices(input, kernel, stride ?? [], padding, dilation, ceil_mode),
  )
  return [choosing as MaxPool, both]
}

const pool1d = max_pool(
  'max_pool1d',
  ops.max_pool1d as Pool<Tensor>,
  ops.max_pool1d_with_indices as Pool<WithIndices>,
)
const pool2d = max_pool(
  'max_pool2d',
  ops.max_pool2d as Pool<Tensor>,
  nn.max_pool2d_with_indices as Pool<WithIndices>,
)
const pool3d = max_pool(
  'max_pool3d',
  ops.max_pool3d as Pool<Tensor>,
  nn.max_pool3d_with_indices as Pool<WithIndices>,
)

/**
 * The greatest number in each window of a (C, L) or (N, C, L) input.
 *
 * @param kernel_size - the size of the window
 * @param stride - the steps of the window. Default: its size
 * @param padding - how far the window reaches over the edges. Default: 0
 * @param dilation - the spacing between the window's elements. Default: 1
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 * @param return_indices - whether the places of the maxima come too. Default: false
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nn.functional.max_pool1d(torch.tensor([[[1, 3, 2, 4]]]), 2).tolist() // [[[3, 4]]]
 * ```
 * @see torch/nn/functional.py
 */
export const max_pool1d: MaxPool = pool1d[0]
/** The greatest number in each window of a (C, H, W) or (N, C, H, W) input; see {@link max_pool1d}. */
export const max_pool2d: MaxPool = pool2d[0]
/** The greatest number in each window of a (C, D, H, W) or (N, C, D, H, W) input; see {@link max_pool1d}. */
export const max_pool3d: MaxPool = pool3d[0]

/** {@link max_pool1d} and the places of the maxima. */
export const max_pool1d_with_indices: MaxPoolWithIndices = pool1d[1]
/** {@link max_pool2d} and the places of the maxima. */
export const max_pool2d_with_indices: MaxPoolWithIndices = pool2d[1]
/** {@link max_pool3d} and the places of the maxima. */
export const max_pool3d_with_indices: MaxPoolWithIndices = pool3d[1]

type Target = number | readonly (number | null)[]

/** null stands for the input's own size. */
function whole_size(size: Target, input: Tensor): Sizes {
  // What is no size is the operator's to refuse.
  if (!Array.isArray(size)) return size as number
  const shape = input.shape
  if (shape.length <= size.length) throw value_error(`Input dimension should be at least ${size.length + 1}`)
  const own = shape.slice(shape.length - size.length)
  return size.map((n, d) => n ?? own[d]!)
}

const AVERAGE_POOL = [{ input: tensor }, { output_size: required<Target>() }] as const
const ADAPTIVE_POOL = [...AVERAGE_POOL, { return_indices: optional(false) }] as const

/** The calls of an adaptive pooling: with `return_indices` it gives the places too. */
export type AdaptiveMaxPool = {
  (input: Tensor, output_size: Target, options: { return_indices: true }): WithIndices
  (input: Tensor, output_size: Target, return_indices: true): WithIndices
} & Callable<typeof ADAPTIVE_POOL, Tensor>

/** An adaptive pooling that always gives the places too. */
export type AdaptiveMaxPoolWithIndices = Callable<typeof ADAPTIVE_POOL, WithIndices>

function adaptive(
  name: string,
  pool: (input: Tensor, size: Sizes) => WithIndices,
): [AdaptiveMaxPool, AdaptiveMaxPoolWithIndices] {
  const choosing = callable(
    signature(name, ...ADAPTIVE_POOL),
    (input, output_size, return_indices): Tensor | WithIndices => {
      const results = pool(input, whole_size(output_size, input))
      return return_indices ? results : results[0]
    },
  )
  const both = callable(
    signature(`${name}_with_indices`, ...ADAPTIVE_POOL),
    (input, output_size): WithIndices => pool(input, whole_size(output_size, input)),
  )
  return [choosing as AdaptiveMaxPool, both]
}

const adaptive1d = adaptive('adaptive_max_pool1d', ops.adaptive_max_pool1d)
const adaptive2d = adaptive('adaptive_max_pool2d', nn.adaptive_max_pool2d)
const adaptive3d = adaptive('adaptive_max_pool3d', nn.adaptive_max_pool3d)

/**
 * Maxima over as many windows of a (…, L) input as the output has places.
 *
 * @param output_size - the sizes of the result
 * @param return_indices - whether the places of the maxima come too. Default: false
 */
export const adaptive_max_pool1d: AdaptiveMaxPool = adaptive1d[0]
/** Maxima over as many windows of a (…, H, W) input as the output has places; null keeps a size. */
export const adaptive_max_pool2d: AdaptiveMaxPool = adaptive2d[0]
/** Maxima over as many windows of a (…, D, H, W) input as the output has places; null keeps a size. */
export const adaptive_max_pool3d: AdaptiveMaxPool = adaptive3d[0]
/** {@link adaptive_max_pool1d} and the places of the maxima. */
export const adaptive_max_pool1d_with_indices: AdaptiveMaxPoolWithIndices = adaptive1d[1]
/** {@link adaptive_max_pool2d} and the places of the maxima. */
export const adaptive_max_pool2d_with_indices: AdaptiveMaxPoolWithIndices = adaptive2d[1]
/** {@link adaptive_max_pool3d} and the places of the maxima. */
export const adaptive_max_pool3d_with_indices: AdaptiveMaxPoolWithIndices = adaptive3d[1]

/** Means over as many windows of a (…, H, W) input as the output has places; null keeps a size. */
export const adaptive_avg_pool2d = callable(
  signature('adaptive_avg_pool2d', ...AVERAGE_POOL),
  (input, output_size): Tensor => nn.adaptive_avg_pool2d(input, whole_size(output_size, input)),
)

/** Means over as many windows of a (…, D, H, W) input as the output has places; null keeps a size. */
export const adaptive_avg_pool3d = callable(
  signature('adaptive_avg_pool3d', ...AVERAGE_POOL),
  (input, output_size): Tensor => nn.adaptive_avg_pool3d(input, whole_size(output_size, input)),
)
