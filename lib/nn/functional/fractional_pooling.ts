import { value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import { rand } from '../../ops/generated/torch.js'
import type { Callable, Keywords } from '../../python/call_types.js'
import { optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'

type Sizes = number | readonly number[]
type WithIndices = [output: Tensor, indices: Tensor]
type Pool = (input: Tensor, kernel: Sizes, output: Sizes, samples: Tensor) => WithIndices

const CHOICES = [
  { output_size: optional<Sizes | null>(null) },
  { output_ratio: optional<Sizes | null>(null) },
  { return_indices: optional(false) },
  { _random_samples: optional_tensor },
] as const
const FRACTIONAL_POOL = [{ input: tensor }, { kernel_size: required<Sizes>() }, ...CHOICES] as const

/** The calls of a fractional pooling: with `return_indices` it gives the places too. */
export type FractionalMaxPool = ((
  input: Tensor,
  kernel_size: Sizes,
  options: Keywords<typeof CHOICES> & { return_indices: true },
) => WithIndices) &
  Callable<typeof FRACTIONAL_POOL, Tensor>

/** As {@link FractionalMaxPool}, always with the places. */
export type FractionalMaxPoolWithIndices = Callable<typeof FRACTIONAL_POOL, WithIndices>

/** A pooling over `dims` dimensions whose windows are drawn, and the same always with the places. */
function fractional(dims: 2 | 3, pool: Pool): [FractionalMaxPool, FractionalMaxPoolWithIndices] {
  const name = `fractional_max_pool${dims}d`
  const run = (
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | null,
    output_ratio: Sizes | null,
    given_samples: Tensor | null,
  ): WithIndices => {
    if (output_size === null && output_ratio === null)
      throw value_error(`${name} requires specifying either an output_size or an output_ratio`)
    let size = output_size
    if (size === null) {
      const ratios = Array.isArray(output_ratio) ? (output_ratio as number[]) : Array(dims).fill(output_ratio)
      if (dims === 2 && ratios.length > 2)
        throw value_error(`${name} requires output_ratio to either be a single Int or tuple of Ints.`)
      size = Array.from({ length: dims }, (_, i) => Math.trunc(input.size(i - dims) * (ratios[i] as number)))
    }
    const batch = input.ndim === dims + 1 ? 1 : input.size(0)
    const samples =
      given_samples ??
      rand([batch, input.size(-dims - 1), dims], { dtype: input.dtype, device: input.device })
    return pool(input, kernel_size, size, samples)
  }
  const choosing = callable(
    signature(name, ...FRACTIONAL_POOL),
    (input, kernel_size, output_size, output_ratio, return_indices, samples): Tensor | WithIndices => {
      const results = run(input, kernel_size, output_size, output_ratio, samples)
      return return_indices ? results : results[0]
    },
  )
  const both = callable(
    signature(`${name}_with_indices`, ...FRACTIONAL_POOL),
    (input, kernel_size, output_size, output_ratio, _return_indices, samples): WithIndices =>
      run(input, kernel_size, output_size, output_ratio, samples),
  )
  return [choosing as FractionalMaxPool, both]
}

const pool2d = fractional(2, nn.fractional_max_pool2d as Pool)
const pool3d = fractional(3, nn.fractional_max_pool3d as Pool)

/**
 * The greatest number in windows of drawn places (Graham 2014): (N, C, H, W) or (C, H, W).
 *
 * @param kernel_size - the size of the windows
 * @param output_size - the size of the result; either this or `output_ratio` is given
 * @param output_ratio - its size as a part of the input's, between 0 and 1
 * @param return_indices - whether the places of the maxima come too. Default: false
 * @param _random_samples - the numbers that choose the windows, (N, C, dimensions) between 0 and 1. Default: drawn
 * @throws ValueError where neither size nor ratio is given
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nn.functional.fractional_max_pool2d(torch.randn(1, 2, 9, 9), 3, { output_size: 4 }).shape // [1, 2, 4, 4]
 * ```
 * @see torch/nn/functional.py
 */
export const fractional_max_pool2d: FractionalMaxPool = pool2d[0]
/** As {@link fractional_max_pool2d} over (N, C, D, H, W) or (C, D, H, W). */
export const fractional_max_pool3d: FractionalMaxPool = pool3d[0]
/** As {@link fractional_max_pool2d}, with the places of the maxima. */
export const fractional_max_pool2d_with_indices: FractionalMaxPoolWithIndices = pool2d[1]
/** As {@link fractional_max_pool3d}, with the places of the maxima. */
export const fractional_max_pool3d_with_indices: FractionalMaxPoolWithIndices = pool3d[1]
