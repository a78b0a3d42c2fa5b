import * as dtypes from '../dtype.js'
import { runtime_error, type_error, type_name, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { is_options, take_options } from '../ops/keywords.js'
import { py_ints } from '../repr.js'
import { make_tensor } from '../tensor/create.js'
import type { Several } from '../tensor/several.js'
import { expect_tensor, Tensor } from '../tensor.js'

/** Tensors given one by one or in one list. */
export function tensor_list(name: string, args: readonly unknown[]): Tensor[] {
  const list = args.length === 1 && Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  return list.map((item) => expect_tensor(item, name, 'tensors'))
}

type Size = number | bigint
type Many = (tensors: readonly Tensor[]) => Tensor[]

function at_least(name: string, one: (input: Tensor) => Tensor, many: Many) {
  return (...args: unknown[]): Tensor | Tensor[] =>
    args.length === 1 && args[0] instanceof Tensor ? one(args[0]) : many(tensor_list(name, args))
}

/** One tensor to one, several to a list. */
export interface AtLeast {
  (input: Tensor): Tensor
  (tensors: readonly Tensor[]): Several<Tensor>
  (...tensors: Tensor[]): Several<Tensor>
}

/** 0-d tensors get a dimension, others stay as they are. */
export const atleast_1d: AtLeast = at_least('atleast_1d', ops.atleast_1d, ops.atleast_1d) as AtLeast
/** Tensors get two dimensions at least. */
export const atleast_2d: AtLeast = at_least('atleast_2d', ops.atleast_2d, ops.atleast_2d) as AtLeast
/** Tensors get three dimensions at least. */
export const atleast_3d: AtLeast = at_least('atleast_3d', ops.atleast_3d, ops.atleast_3d) as AtLeast

/**
 * Tensors broadcast to one shape; nothing is copied.
 *
 * @see torch/functional.py
 */
export function broadcast_tensors(...tensors: readonly Tensor[]): Several<Tensor>
export function broadcast_tensors(tensors: readonly Tensor[]): Several<Tensor>
export function broadcast_tensors(...args: unknown[]): Tensor[] {
  return ops.broadcast_tensors(tensor_list('broadcast_tensors', args))
}

/**
 * The shape that shapes broadcast to.
 *
 * @param shapes lists of sizes, or whole numbers for one dimension
 * @throws RuntimeError where they do not broadcast
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.broadcast_shapes([2], [3, 1], [1, 1, 1]) // [1, 3, 2]
 * ```
 */
export function broadcast_shapes(...shapes: readonly (number | readonly number[])[]): number[] {
  const lists = shapes.map((shape) => {
    const list = typeof shape === 'number' ? [shape] : shape
    if (Array.isArray(list) && list.every((size) => Number.isSafeInteger(size))) return list
    throw runtime_error(
      'Input shapes should be of type ints, a tuple of ints, or a list of ints, got ' + type_name(shape),
    )
  })
  const result = new Array<number>(Math.max(0, ...lists.map((shape) => shape.length))).fill(1)
  for (const shape of lists) {
    for (let d = 1; d <= shape.length; d++) {
      const size = shape[shape.length - d]!
      const place = result.length - d
      if (size < 0)
        throw runtime_error(`Trying to create tensor with negative dimension (${size}): (${size})`)
      if (size === 1 || size === result[place]) continue
      if (result[place] !== 1) {
        throw runtime_error(
          `Shape mismatch: objects cannot be broadcast to a single shape: [${lists.map((s) => py_ints(s)).join(', ')}]`,
        )
      }
      result[place] = size
    }
  }
  return result
}

/**
 * Matrices side by side down the diagonal of one, zeros elsewhere.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.block_diag(torch.ones(1, 1), torch.ones(1, 2)).tolist() // [[1, 0, 0], [0, 1, 1]]
 * ```
 */
export function block_diag(...tensors: readonly Tensor[]): Tensor
export function block_diag(...args: unknown[]): Tensor {
  return ops.block_diag(tensor_list('block_diag', args))
}

/** All combinations of the elements of 1-d tensors, as rows; of one tensor the tensor itself. */
export function cartesian_prod(...tensors: readonly Tensor[]): Tensor
export function cartesian_prod(...args: unknown[]): Tensor {
  return ops.cartesian_prod(tensor_list('cartesian_prod', args))
}

/**
 * Grids of coordinates: each 1-d tensor spread over the product of all.
 *
 * @param indexing `'ij'` for rows first, `'xy'` for columns first; `'ij'` with a warning where it is left out
 */
export function meshgrid(
  tensors: readonly Tensor[],
  options?: { indexing?: 'ij' | 'xy' | null },
): Several<Tensor>
export function meshgrid(
  ...tensors_and_options: readonly (Tensor | { indexing?: 'ij' | 'xy' | null })[]
): Several<Tensor>
export function meshgrid(...args: unknown[]): Tensor[] {
  const last = args.at(-1)
  const keywords = is_options(last) ? last : undefined
  const { indexing } = take_options<{ indexing: string | null }>(
    'meshgrid',
    keywords ? [keywords] : [],
    ['indexing'],
    {
      indexing: null,
    },
  )
  const tensors = tensor_list('meshgrid', keywords ? args.slice(0, -1) : args)
  return indexing === null ? ops.meshgrid(tensors) : ops.meshgrid(tensors, { indexing })
}

/**
 * Flat indices as one index for each dimension of a shape.
 *
 * @param indices integers
 * @param shape the shape that they point into
 * @throws TypeError for indices that are no integers, or a shape that has none
 * @throws ValueError for a negative size
 */
export function unravel_index(indices: Tensor, shape: Size | readonly Size[]): Several<Tensor>
export function unravel_index(...args: unknown[]): Tensor[] {
  const given = take_options<{ indices: Tensor; shape: unknown }>(
    'unravel_index',
    args,
    ['indices', 'shape'],
    {},
  )
  const { dtype, device } = expect_tensor(given.indices, 'unravel_index', 'indices')
  if (dtype.is_complex || dtype.is_floating_point || dtype === dtypes.bool) {
    throw type_error(`expected 'indices' to be integer dtype, but got ${dtype}`)
  }
  const shape: unknown[] = Array.isArray(given.shape) ? given.shape : [given.shape]
  for (const size of shape) {
    if (Number.isInteger(size) || typeof size === 'bigint') continue
    throw Array.isArray(given.shape)
      ? type_error(`expected 'shape' sequence to only contain ints, but got ${type_name(size)}`)
      : type_error(`expected 'shape' to be int or sequence of ints, but got ${type_name(size)}`)
  }
  const sizes = (shape as (number | bigint)[]).map(BigInt)
  if (sizes.some((size) => size < 0n)) {
    throw value_error(`'shape' cannot have negative values, but got ${py_ints(sizes)}`)
  }
  const steps = sizes.map((_, d) => sizes.slice(d + 1).reduce((product, size) => product * size, 1n))
  const options = { device, dtype: dtypes.int64 }
  const places = given.indices.unsqueeze(-1).floor_divide(make_tensor(steps, options))
  return places.remainder(make_tensor(sizes, options)).unbind(-1)
}
