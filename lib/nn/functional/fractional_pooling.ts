import { value_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import * as nn from '../../ops/generated/nn.js'
import { rand } from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'

type Sizes = number | readonly number[]

/** Keywords of {@link fractional_max_pool2d} and its like. */
export interface FractionalMaxPoolOptions {
  /** The size of the result; either this or `output_ratio` is given. */
  output_size?: Sizes | null
  /** The size of the result as a part of the input's, between 0 and 1. */
  output_ratio?: Sizes | null
  /** Whether the places of the maxima come too. Default: false. */
  return_indices?: boolean
  /** The numbers that choose the windows, (N, C, dimensions) between 0 and 1. Default: drawn. */
  _random_samples?: Tensor | null
}

type Given = Required<FractionalMaxPoolOptions> & { input: Tensor; kernel_size: Sizes }
type Pool = (input: Tensor, kernel: Sizes, output: Sizes, samples: Tensor) => [Tensor, Tensor]

const NAMES = [
  'input',
  'kernel_size',
  'output_size',
  'output_ratio',
  'return_indices',
  '_random_samples',
] as const
const DEFAULTS = { output_size: null, output_ratio: null, return_indices: false, _random_samples: null }

/** A pooling over `dims` dimensions whose windows are drawn. */
function fractional(dims: 2 | 3, pool: Pool) {
  const name = `fractional_max_pool${dims}d`
  return (args: readonly unknown[]): Given & { results: [Tensor, Tensor] } => {
    const given = take_arguments<Given>(name, args, NAMES, DEFAULTS)
    const { input, kernel_size, output_ratio } = given
    if (given.output_size === null && output_ratio === null)
      throw value_error(`${name} requires specifying either an output_size or an output_ratio`)
    let size = given.output_size
    if (size === null) {
      const ratios = Array.isArray(output_ratio) ? (output_ratio as number[]) : Array(dims).fill(output_ratio)
      if (dims === 2 && ratios.length > 2)
        throw value_error(`${name} requires output_ratio to either be a single Int or tuple of Ints.`)
      size = Array.from({ length: dims }, (_, i) => Math.trunc(input.size(i - dims) * (ratios[i] as number)))
    }
    const batch = input.ndim === dims + 1 ? 1 : input.size(0)
    const samples =
      given._random_samples ??
      rand([batch, input.size(-dims - 1), dims], { dtype: input.dtype, device: input.device })
    return { ...given, results: pool(input, kernel_size, size, samples) }
  }
}

const pool2d = fractional(2, nn.fractional_max_pool2d as Pool)
const pool3d = fractional(3, nn.fractional_max_pool3d as Pool)

/** The calls of a fractional pooling: with `return_indices` it gives the places too. */
export interface FractionalMaxPool {
  (
    input: Tensor,
    kernel_size: Sizes,
    options: FractionalMaxPoolOptions & { return_indices: true },
  ): [Tensor, Tensor]
  (
    input: Tensor,
    kernel_size: Sizes,
    output_size?: Sizes | null | FractionalMaxPoolOptions,
    output_ratio?: Sizes | null | FractionalMaxPoolOptions,
    options?: FractionalMaxPoolOptions,
  ): Tensor
}

const with_choice = (pool: typeof pool2d): FractionalMaxPool =>
  ((...args: unknown[]) => {
    const { results, return_indices } = pool(args)
    return return_indices ? results : results[0]
  }) as FractionalMaxPool

/** As {@link FractionalMaxPool}, always with the places. */
export type FractionalMaxPoolWithIndices = (
  ...args: Parameters<FractionalMaxPool>
) => [output: Tensor, indices: Tensor]

/**
 * The greatest number in windows of drawn places (Graham 2014): (N, C, H, W) or (C, H, W).
 *
 * @param input the input
 * @param kernel_size the size of the windows
 * @param output_size the size of the result
 * @param output_ratio its size as a part of the input's
 * @throws ValueError where neither is given
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nn.functional.fractional_max_pool2d(torch.randn(1, 2, 9, 9), 3, { output_size: 4 }).shape // [1, 2, 4, 4]
 * ```
 * @see torch/nn/functional.py
 */
export const fractional_max_pool2d: FractionalMaxPool = with_choice(pool2d)
/** As {@link fractional_max_pool2d} over (N, C, D, H, W) or (C, D, H, W). */
export const fractional_max_pool3d: FractionalMaxPool = with_choice(pool3d)
/** As {@link fractional_max_pool2d}, with the places of the maxima. */
export const fractional_max_pool2d_with_indices: FractionalMaxPoolWithIndices = ((...args: unknown[]) =>
  pool2d(args).results) as FractionalMaxPoolWithIndices
/** As {@link fractional_max_pool3d}, with the places of the maxima. */
export const fractional_max_pool3d_with_indices: FractionalMaxPoolWithIndices = ((...args: unknown[]) =>
  pool3d(args).results) as FractionalMaxPoolWithIndices
