import { link_to_transform } from '../autograd/reach.js'
import { runtime_error, type_name, value_error } from '../errors.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import type { Keywords } from '../python/call_types.js'
import { keyword, of_objects, optional, required } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { get_rng_state, set_rng_state } from '../random.js'
import { py_tuple } from '../repr.js'
import { handle_of, Tensor, wrap } from '../tensor.js'
import {
  broadcast_to_leaves,
  show_structure,
  type TreeSpec,
  tree_flatten,
  tree_unflatten,
} from '../utils/pytree.js'
import { add_batch_dim, within_level } from './levels.js'

/** One dimension for everything, or nested as the arguments are; null for what has no dimension to map over. */
export type Dims = number | null | readonly Dims[] | { readonly [key: string]: Dims }

const CHOICES = [
  { in_dims: optional<Dims>(0) },
  { out_dims: of_objects(optional<Dims>(0)) },
  { randomness: optional<'error' | 'different' | 'same'>('error') },
  { chunk_size: keyword<number | null>(null) },
] as const
const VMAP = signature('vmap', { func: required<Mapped>() }, ...CHOICES)

/** Keywords of {@link vmap}. */
export type VmapOptions = Keywords<typeof CHOICES>

type Mapped = (...args: unknown[]) => unknown

const name_of = (func: unknown): string => (typeof func === 'function' && func.name) || '<lambda>'

function show(dims: unknown): string {
  if (dims === null || dims === undefined) return 'None'
  if (Array.isArray(dims)) return py_tuple(dims.map(show))
  return typeof dims === 'object' ? JSON.stringify(dims) : String(dims)
}

interface Batched {
  size: number
  dims: (number | null)[]
  leaves: unknown[]
  spec: TreeSpec
}

function batch_size_of(dims: readonly (number | null)[], leaves: readonly unknown[]): number {
  const sizes = dims.flatMap((dim, i) => (dim === null ? [] : [(leaves[i] as Tensor).size(dim)]))
  if (sizes.length === 0) throw value_error('vmap: Expected at least one Tensor to vmap over')
  if (sizes.some((size) => size !== sizes[0]))
    throw value_error(
      `vmap: Expected all tensors to have the same size in the mapped dimension, got sizes [${sizes.join(', ')}] for the mapped dimension`,
    )
  return sizes[0]!
}

function process_inputs(func: Mapped, in_dims: Dims, args: readonly unknown[]): Batched {
  const name = name_of(func)
  const where = `vmap(${name}, in_dims=${show(in_dims)}, ...)(<inputs>): `
  if (args.length === 0)
    throw value_error(
      `vmap(${name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a function with no inputs. The latter is unsupported.`,
    )
  const [leaves, spec] = tree_flatten(args)
  const given = broadcast_to_leaves(in_dims, spec)
  if (given === null)
    throw value_error(
      `${where}in_dims is not compatible with the structure of \`inputs\`. in_dims has structure ${show_structure(tree_flatten(in_dims)[1])} but inputs has structure ${show_structure(spec)}.`,
    )
  const dims = given.map((dim, i): number | null => {
    const leaf = leaves[i]
    if (dim === null || dim === undefined) return null
    if (!Number.isInteger(dim))
      throw value_error(
        `${where}Got in_dim=${show(dim)} for an input but in_dim must be either an integer dimension or None.`,
      )
    if (!(leaf instanceof Tensor))
      throw value_error(
        `${where}Got in_dim=${show(dim)} for an input but the input is of type ${type_name(leaf)}. We cannot vmap over non-Tensor arguments, please use None as the respective in_dim`,
      )
    const rank = leaf.ndim
    const place = dim as number
    if (place < -rank || place >= rank)
      throw value_error(
        `${where}Got in_dim=${place} for some input, but that input is a Tensor of dimensionality ${rank} so expected in_dim to satisfy -${rank} <= in_dim < ${rank}.`,
      )
    return place < 0 ? place + rank : place
  })
  return { size: batch_size_of(dims, leaves), dims, leaves, spec }
}

/** The dimension that each of a function's results has the batch in. */
function out_dims_of(func: Mapped, out_dims: Dims, results: unknown, spec: TreeSpec): (number | null)[] {
  const incompatible = () =>
    value_error(
      `vmap(${name_of(func)}, ..., out_dims=${show(out_dims)})(<inputs>): out_dims is not compatible with the structure of \`outputs\`. out_dims has structure ${show_structure(tree_flatten(out_dims)[1])} but outputs has structure ${show_structure(spec)}.`,
    )
  if (results instanceof Tensor) {
    const only: unknown = Array.isArray(out_dims) && out_dims.length === 1 ? out_dims[0] : out_dims
    if (only !== null && typeof only !== 'number') throw incompatible()
    return [only]
  }
  const dims = broadcast_to_leaves(out_dims, spec)
  if (dims === null) throw incompatible()
  return dims as (number | null)[]
}

function run_batch(
  func: Mapped,
  { size, dims, leaves, spec }: Batched,
  out_dims: Dims,
  randomness: string,
): unknown {
  return within_level(
    'vmap',
    (level) => {
      const batched = leaves.map((leaf, i) => {
        const dim = dims[i]!
        return dim === null ? leaf : add_batch_dim(leaf as Tensor, dim, level)
      })
      const results = func(...(tree_unflatten(batched, spec) as unknown[]))
      const [found, found_spec] = tree_flatten(results)
      const places = out_dims_of(func, out_dims, results, found_spec)
      const name = name_of(func)
      const plain = found.map((result, i) => {
        const place = places[i] ?? null
        if (place === null) {
          if (result instanceof Tensor && native.is_batched(handle_of(result)))
            throw value_error(
              `vmap(${name}, ...): \`${name}\` can not return a BatchedTensor when out_dim is None`,
            )
          return result
        }
        if (!(result instanceof Tensor))
          throw value_error(
            `vmap(${name}, ...): \`${name}\` must only return Tensors, got type ${type_name(result)}. Did you mean to set out_dims= to None for output?`,
          )
        const whole = wrap(native.remove_batch_dim(handle_of(result), level, size, place))
        link_to_transform(whole)
        return whole
      })
      return tree_unflatten(plain, found_spec)
    },
    size,
    randomness,
  )
}

function run_chunks(
  func: Mapped,
  batch: Batched,
  out_dims: Dims,
  randomness: string,
  chunk_size: number,
): unknown {
  const state = randomness === 'same' ? get_rng_state() : null
  const chunks: unknown[][] = []
  let spec: TreeSpec = { kind: 'leaf' }
  for (let start = 0; start < batch.size; start += chunk_size) {
    const size = Math.min(chunk_size, batch.size - start)
    const leaves = batch.leaves.map((leaf, i) =>
      batch.dims[i] === null ? leaf : (leaf as Tensor).narrow(batch.dims[i]!, start, size),
    )
    if (state !== null) set_rng_state(state)
    const [found, found_spec] = tree_flatten(
      run_batch(func, { ...batch, size, leaves }, out_dims, randomness),
    )
    chunks.push(found)
    spec = found_spec
  }
  const places = broadcast_to_leaves(out_dims, spec) ?? []
  const joined = (chunks[0] ?? []).map((_, i) =>
    ops.cat(
      chunks.map((chunk) => chunk[i] as Tensor),
      places[i] as number,
    ),
  )
  return tree_unflatten(joined, spec)
}

/**
 * Maps a function over a dimension of its arguments: as if it were called for each slice, and the results stacked, but with
 * each operator called once for the whole batch. What the function sees has no such dimension.
 *
 * @param func takes tensors, or nested arrays and objects of them, and gives such
 * @returns a function of the same arguments
 * @throws ValueError where sizes differ, or the dims do not fit the arguments
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const batched_dot = torch.vmap(torch.dot)
 * batched_dot(torch.ones(2, 5), torch.ones(2, 5)) // tensor([5., 5.])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.vmap.html
 */
export function vmap<A extends readonly unknown[], R>(
  func: (...args: A) => R,
  options?: VmapOptions,
): (...args: A) => R
export function vmap<A extends readonly unknown[], R>(
  func: (...args: A) => R,
  in_dims?: Dims,
  out_dims?: Dims,
  randomness?: 'error' | 'different' | 'same',
  options?: VmapOptions,
): (...args: A) => R
export function vmap(...given: unknown[]): Mapped {
  const [func, in_dims, out_dims, randomness, chunk_size] = VMAP.bind(given)
  if (!['error', 'different', 'same'].includes(randomness))
    throw runtime_error(
      `Only allowed values for randomness are 'error', 'different', or 'same'. Got ${randomness}`,
    )
  if (chunk_size !== null && !(chunk_size > 0))
    throw value_error(`vmap: chunk_size should be None or greater than 0. (got ${chunk_size})`)
  for (const dim of tree_flatten(out_dims)[0])
    if (dim !== null && !Number.isInteger(dim))
      throw value_error(
        `vmap(${name_of(func)}, ..., out_dims=${show(out_dims)}): \`out_dims\` must be an int, None or a python collection of ints representing where in the outputs the vmapped dimension should appear.`,
      )
  return (...args) => {
    const batch = process_inputs(func, in_dims, args)
    return chunk_size === null
      ? run_batch(func, batch, out_dims, randomness)
      : run_chunks(func, batch, out_dims, randomness, chunk_size)
  }
}
