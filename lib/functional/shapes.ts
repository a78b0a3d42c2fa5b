import * as dtypes from '../dtype.js'
import { runtime_error, type_error, type_name, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { keyword, optional, required, tensor, variadic } from '../python/parameters.js'
import { callable, signature } from '../python/signature.js'
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

/** Tensors one by one, or one list of them. */
const TENSORS = { tensors: variadic<Tensor | readonly Tensor[]>() }

function at_least(name: string, one: (input: Tensor) => Tensor, many: Many): AtLeast {
  const run = callable(signature(name, TENSORS), (tensors): Tensor | Tensor[] =>
    tensors.length === 1 && tensors[0] instanceof Tensor ? one(tensors[0]) : many(tensor_list(name, tensors)),
  )
  return run as AtLeast
}

/** One tensor to one, several to a list. */
export interface AtLeast {
  (input: Tensor): Tensor
  (tensors: readonly Tensor[]): Several<Tensor>
  (...tensors: Tensor[]): Several<Tensor>
}

/** 0-d tensors get a dimension, others stay as they are. */
export const atleast_1d: AtLeast = at_least('atleast_1d', ops.atleast_1d, ops.atleast_1d)
/** Tensors get two dimensions at least. */
export const atleast_2d: AtLeast = at_least('atleast_2d', ops.atleast_2d, ops.atleast_2d)
/** Tensors get three dimensions at least. */
export const atleast_3d: AtLeast = at_least('atleast_3d', ops.atleast_3d, ops.atleast_3d)

/**
 * Tensors broadcast to one shape; nothing is copied.
 *
 * @see torch/functional.py
 */
export const broadcast_tensors = callable(
  signature('broadcast_tensors', TENSORS),
  (tensors): Several<Tensor> => ops.broadcast_tensors(tensor_list('broadcast_tensors', tensors)),
)

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
export const block_diag = callable(
  signature('block_diag', TENSORS),
  (tensors): Tensor => ops.block_diag(tensor_list('block_diag', tensors)),
)

/** All combinations of the elements of 1-d tensors, as rows; of one tensor the tensor itself. */
export const cartesian_prod = callable(
  signature('cartesian_prod', TENSORS),
  (tensors): Tensor => ops.cartesian_prod(tensor_list('cartesian_prod', tensors)),
)

/**
 * Grids of coordinates: each 1-d tensor spread over the product of all.
 *
 * @param indexing `'ij'` for rows first, `'xy'` for columns first; `'ij'` with a warning where it is left out
 */
export const meshgrid = callable(
  signature('meshgrid', TENSORS, { indexing: keyword<'ij' | 'xy' | null>(null) }),
  (given, indexing): Several<Tensor> => {
    const tensors = tensor_list('meshgrid', given)
    return indexing === null ? ops.meshgrid(tensors) : ops.meshgrid(tensors, { indexing })
  },
)

/**
 * Flat indices as one index for each dimension of a shape.
 *
 * @param indices integers
 * @param shape the shape that they point into
 * @throws TypeError for indices that are no integers, or a shape that has none
 * @throws ValueError for a negative size
 */
export const unravel_index = callable(
  signature('unravel_index', { indices: tensor }, { shape: required<Size | readonly Size[]>() }),
  (indices, given): Several<Tensor> => {
    const { dtype, device } = indices
    if (dtype.is_complex || dtype.is_floating_point || dtype === dtypes.bool) {
      throw type_error(`expected 'indices' to be integer dtype, but got ${dtype}`)
    }
    const shape: unknown[] = Array.isArray(given) ? given : [given]
    for (const size of shape) {
      if (Number.isInteger(size) || typeof size === 'bigint') continue
      throw Array.isArray(given)
        ? type_error(`expected 'shape' sequence to only contain ints, but got ${type_name(size)}`)
        : type_error(`expected 'shape' to be int or sequence of ints, but got ${type_name(size)}`)
    }
    const sizes = (shape as (number | bigint)[]).map(BigInt)
    if (sizes.some((size) => size < 0n)) {
      throw value_error(`'shape' cannot have negative values, but got ${py_ints(sizes)}`)
    }
    const steps = sizes.map((_, d) => sizes.slice(d + 1).reduce((product, size) => product * size, 1n))
    const options = { device, dtype: dtypes.int64 }
    const places = indices.unsqueeze(-1).floor_divide(make_tensor(steps, options))
    return places.remainder(make_tensor(sizes, options)).unbind(-1)
  },
)

/**
 * The parts of a tensor along a dimension.
 *
 * @param split_size_or_sections - the size of each part, the last one's being what remains; or a size for each
 * @param dim - Default: 0
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.split(torch.arange(5), 2).map((part) => part.numel()) // [2, 2, 1]
 * ```
 * @see torch/functional.py
 */
export const split = callable(
  signature(
    'split',
    { tensor },
    { split_size_or_sections: required<number | readonly number[]>() },
    { dim: optional(0) },
  ),
  (tensor, sizes, dim): Several<Tensor> =>
    Array.isArray(sizes) ? ops.split_with_sizes(tensor, sizes, dim) : ops.split(tensor, sizes as number, dim),
)
