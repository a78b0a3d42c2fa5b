import { value_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'

type Sizes = number | readonly number[]

/** Keywords of {@link max_pool2d} and its like. */
export interface MaxPoolOptions {
  /** The steps of the window. Default: its size. */
  stride?: Sizes | null
  /** How far the window reaches over the edges. Default: 0. */
  padding?: Sizes
  /** The distance of the window's points. Default: 1. */
  dilation?: Sizes
  /** Whether a last, incomplete window counts. Default: false. */
  ceil_mode?: boolean
  /** Whether the places of the maxima come too. Default: false. */
  return_indices?: boolean
}

type Given = Required<MaxPoolOptions> & { input: Tensor; kernel_size: Sizes }
type Pool<T> = (
  input: Tensor,
  kernel: Sizes,
  stride: Sizes,
  padding: Sizes,
  dilation: Sizes,
  ceil_mode: boolean,
) => T

const NAMES = [
  'input',
  'kernel_size',
  'stride',
  'padding',
  'dilation',
  'ceil_mode',
  'return_indices',
] as const
const DEFAULTS: Partial<Given> = {
  stride: null,
  padding: 0,
  dilation: 1,
  ceil_mode: false,
  return_indices: false,
}

/** The function with and without places, which `return_indices` chooses. */
function max_pool(name: string, pool: Pool<Tensor>, with_indices: Pool<[Tensor, Tensor]>) {
  return (args: readonly unknown[], indices = false): Tensor | [Tensor, Tensor] => {
    const given = take_arguments<Given>(name, args, NAMES, DEFAULTS)
    const { input, kernel_size, stride, padding, dilation, ceil_mode } = given
    const steps = stride ?? []
    if (indices || given.return_indices)
      return with_indices(input, kernel_size, steps, padding, dilation, ceil_mode)
    return pool(input, kernel_size, steps, padding, dilation, ceil_mode)
  }
}

const pool1d = max_pool(
  'max_pool1d',
  ops.max_pool1d as Pool<Tensor>,
  ops.max_pool1d_with_indices as Pool<[Tensor, Tensor]>,
)
const pool2d = max_pool(
  'max_pool2d',
  ops.max_pool2d as Pool<Tensor>,
  nn.max_pool2d_with_indices as Pool<[Tensor, Tensor]>,
)
const pool3d = max_pool(
  'max_pool3d',
  ops.max_pool3d as Pool<Tensor>,
  nn.max_pool3d_with_indices as Pool<[Tensor, Tensor]>,
)

/** The calls of a pooling: with `return_indices` it gives the places too. */
export interface MaxPool {
  (input: Tensor, kernel_size: Sizes, options: MaxPoolOptions & { return_indices: true }): [Tensor, Tensor]
  (
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | null,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: boolean,
    return_indices: true,
  ): [Tensor, Tensor]
  (
    input: Tensor,
    kernel_size: Sizes,
    stride?: Sizes | null | MaxPoolOptions,
    padding?: Sizes | MaxPoolOptions,
    dilation?: Sizes | MaxPoolOptions,
    ceil_mode?: boolean | MaxPoolOptions,
    return_indices?: false | MaxPoolOptions,
  ): Tensor
}

/**
 * The greatest number in each window of a (C, L) or (N, C, L) input.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nn.functional.max_pool1d(torch.tensor([[[1, 3, 2, 4]]]), 2).tolist() // [[[3, 4]]]
 * ```
 * @see torch/nn/functional.py
 */
export const max_pool1d: MaxPool = ((...args: unknown[]) => pool1d(args)) as MaxPool
/** The greatest number in each window of a (C, H, W) or (N, C, H, W) input. */
export const max_pool2d: MaxPool = ((...args: unknown[]) => pool2d(args)) as MaxPool
/** The greatest number in each window of a (C, D, H, W) or (N, C, D, H, W) input. */
export const max_pool3d: MaxPool = ((...args: unknown[]) => pool3d(args)) as MaxPool

/** A pooling that always gives the places too. */
export type MaxPoolWithIndices = (
  input: Tensor,
  kernel_size: Sizes,
  stride?: Sizes | null | MaxPoolOptions,
  padding?: Sizes | MaxPoolOptions,
  dilation?: Sizes | MaxPoolOptions,
  ceil_mode?: boolean | MaxPoolOptions,
  return_indices?: boolean | MaxPoolOptions,
) => [Tensor, Tensor]

/** {@link max_pool1d} and the places of the maxima. */
export const max_pool1d_with_indices: MaxPoolWithIndices = (...args) => pool1d(args, true) as [Tensor, Tensor]
/** {@link max_pool2d} and the places of the maxima. */
export const max_pool2d_with_indices: MaxPoolWithIndices = (...args) => pool2d(args, true) as [Tensor, Tensor]
/** {@link max_pool3d} and the places of the maxima. */
export const max_pool3d_with_indices: MaxPoolWithIndices = (...args) => pool3d(args, true) as [Tensor, Tensor]

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

/** Keywords of {@link adaptive_max_pool2d} and its like. */
export interface AdaptivePoolOptions {
  output_size?: Target
  /** Whether the places of the maxima come too. Default: false. */
  return_indices?: boolean
}

type GivenAdaptive = { input: Tensor; output_size: Target; return_indices: boolean }

const take_adaptive = (name: string, args: readonly unknown[]): GivenAdaptive =>
  take_arguments<GivenAdaptive>(name, args, ['input', 'output_size', 'return_indices'], {
    return_indices: false,
  })

/** The calls of an adaptive pooling. */
export interface AdaptiveMaxPool {
  (input: Tensor, output_size: Target, options: { return_indices: true }): [Tensor, Tensor]
  (input: Tensor, output_size: Target, return_indices: true): [Tensor, Tensor]
  (
    input: Tensor,
    output_size: Target | AdaptivePoolOptions,
    return_indices?: false | AdaptivePoolOptions,
  ): Tensor
}

type AdaptiveWithIndices = (input: Tensor, output_size: Target, return_indices?: boolean) => [Tensor, Tensor]

function adaptive(name: string, pool: (input: Tensor, size: Sizes) => [Tensor, Tensor]) {
  const with_indices = (args: readonly unknown[]): [GivenAdaptive, [Tensor, Tensor]] => {
    const given = take_adaptive(name, args)
    return [given, pool(given.input, whole_size(given.output_size, given.input))]
  }
  const plain = ((...args: unknown[]) => {
    const [given, results] = with_indices(args)
    return given.return_indices ? results : results[0]
  }) as AdaptiveMaxPool
  const both: AdaptiveWithIndices = (...args) => with_indices(args)[1]
  return [plain, both] as const
}

const adaptive1d = adaptive('adaptive_max_pool1d', ops.adaptive_max_pool1d)
const adaptive2d = adaptive('adaptive_max_pool2d', nn.adaptive_max_pool2d)
const adaptive3d = adaptive('adaptive_max_pool3d', nn.adaptive_max_pool3d)

/** Maxima over as many windows of a (…, L) input as the output has places. */
export const adaptive_max_pool1d: AdaptiveMaxPool = adaptive1d[0]
/** Maxima over as many windows of a (…, H, W) input as the output has places; null keeps a size. */
export const adaptive_max_pool2d: AdaptiveMaxPool = adaptive2d[0]
/** Maxima over as many windows of a (…, D, H, W) input as the output has places; null keeps a size. */
export const adaptive_max_pool3d: AdaptiveMaxPool = adaptive3d[0]
/** {@link adaptive_max_pool1d} and the places of the maxima. */
export const adaptive_max_pool1d_with_indices: AdaptiveWithIndices = adaptive1d[1]
/** {@link adaptive_max_pool2d} and the places of the maxima. */
export const adaptive_max_pool2d_with_indices: AdaptiveWithIndices = adaptive2d[1]
/** {@link adaptive_max_pool3d} and the places of the maxima. */
export const adaptive_max_pool3d_with_indices: AdaptiveWithIndices = adaptive3d[1]

/** Means over as many windows of a (…, H, W) input as the output has places; null keeps a size. */
export function adaptive_avg_pool2d(input: Tensor, output_size: Target | { output_size: Target }): Tensor
export function adaptive_avg_pool2d(...args: unknown[]): Tensor {
  const given = take_adaptive('adaptive_avg_pool2d', args)
  return nn.adaptive_avg_pool2d(given.input, whole_size(given.output_size, given.input))
}

/** Means over as many windows of a (…, D, H, W) input as the output has places; null keeps a size. */
export function adaptive_avg_pool3d(input: Tensor, output_size: Target | { output_size: Target }): Tensor
export function adaptive_avg_pool3d(...args: unknown[]): Tensor {
  const given = take_adaptive('adaptive_avg_pool3d', args)
  return nn.adaptive_avg_pool3d(given.input, whole_size(given.output_size, given.input))
}
