import * as dtypes from '../dtype.js'
import { type Handle, type NativeOperator, native } from '../native.js'
import { handle_of, Tensor } from '../tensor.js'
import { type IndexArray, index_tensor } from './index_arrays.js'
import { invalid_index, select_error, too_many_indices } from './index_errors.js'
import type { IndexItem } from './indexing.js'
import { is_everything, type ParsedSlice, parse_slice } from './slices.js'

// Works on handles: what comes up on the way gets no object. And each place of a call calls one of the addon's functions
// only, which V8 then calls several times as fast.

let bound_select: NativeOperator | undefined
let bound_slice: NativeOperator | undefined
let bound_unsqueeze: NativeOperator | undefined
let bound_size: NativeOperator | undefined

/** An element of the first dimension. */
export function select_first(self: Tensor, index: number | bigint): Handle {
  const own = handle_of(self)
  try {
    return select(own, 0, index)
  } catch (error) {
    throw select_error(error, index, 0, native.shape(own)[0])
  }
}

function select(view: Handle, dim: number, index: number | bigint): Handle {
  if (typeof index === 'number' && !Number.isInteger(index)) throw invalid_index(index)
  bound_select ??= native.bind('aten::select', 'int')
  return bound_select(view, dim, index) as Handle
}

/** A slice of one dimension, also one that takes all of it. */
export function slice(view: Handle, dim: number, { start, stop, step }: ParsedSlice): Handle {
  bound_slice ??= native.bind('aten::slice', 'Tensor')
  // An argument less to convert.
  if (step === 1) return bound_slice(view, dim, start, stop) as Handle
  return bound_slice(view, dim, start, stop, step) as Handle
}

export function unsqueeze(view: Handle, dim: number): Handle {
  bound_unsqueeze ??= native.bind('aten::unsqueeze', '')
  return bound_unsqueeze(view, dim) as Handle
}

export function slice_of(text: string): ParsedSlice {
  const parsed = parse_slice(text)
  if (parsed === null) throw invalid_index(text)
  return parsed
}

// PyTorch leaves out a slice that takes all of a dimension, which shows in `grad_fn` and in what shares a version.
function is_whole(view: Handle, dim: number, { start, stop, step }: ParsedSlice): boolean {
  if (step !== 1 || (start !== null && start !== 0) || stop === null || stop < 0) return false
  bound_size ??= native.bind('aten::size', 'int')
  return (bound_size(view, dim) as number) <= stop
}

export interface Resolved {
  /** What numbers, slices and null look at: a new handle, or the tensor's own where they take all of it. */
  readonly view: Handle
  /** The index tensors by dimension of `view`; null where there are none. */
  readonly tensors: (Tensor | null)[] | null
}

/**
 * Goes through the items of an index.
 *
 * @param tuple whether they are what Python has as a tuple, of which even one can be too many
 */
export function resolve(self: Tensor, index: readonly IndexItem[], tuple: boolean): Resolved {
  const own = handle_of(self)
  const { length } = index
  let view = own
  let tensors: (Tensor | null)[] | null = null
  let dim = 0
  let position = 0
  // The number that select was last asked for.
  let asked: number | bigint | null = null
  // No operator refuses a dimension that is not there where none is asked.
  let unseen = false
  try {
    for (; position < length; position++) {
      const item = index[position]!
      let next = view
      let found: Tensor | null = null
      let dimensions = 1
      asked = null
      if (typeof item === 'number' || typeof item === 'bigint') {
        next = select(view, dim, (asked = item))
        dimensions = 0
      } else if (item === '...') {
        dimensions = position === length - 1 ? 0 : native.ndim(own) - dimensions_of(index)
        if (dimensions < 0) throw too_many_indices(native.ndim(own))
      } else if (typeof item === 'string') {
        const parsed = slice_of(item)
        if (is_everything(parsed)) unseen = true
        else if (!is_whole(view, dim, parsed)) next = slice(view, dim, parsed)
      } else if (item === null) {
        next = unsqueeze(view, dim)
      } else {
        found = index_of(item)
        if (found === null) {
          next = select(view, dim, (asked = (item as Tensor).item() as number))
          dimensions = 0
        } else if (
          typeof item === 'boolean' ||
          (item instanceof Tensor && item.ndim === 0 && is_mask(item))
        ) {
          next = unsqueeze(view, dim)
        } else {
          unseen = true
          if (item instanceof Tensor && is_mask(item)) dimensions = item.ndim
        }
      }
      if (next !== view && view !== own) native.dispose(view)
      view = next
      if (found !== null) {
        if (tensors === null) tensors = new Array(dim).fill(null)
        tensors.push(found)
      } else if (tensors !== null) {
        for (let i = 0; i < dimensions; i++) tensors.push(null)
      }
      dim += dimensions
    }
    if (unseen && dimensions_of(index) > native.ndim(own)) throw too_many_indices(native.ndim(own))
  } catch (error) {
    throw explain(error, own, view, index, dim, position, asked, tuple)
  }
  while (tensors !== null && tensors[tensors.length - 1] === null) tensors.pop()
  return { view, tensors }
}

// What an item says to the operator index; null for a whole number in a tensor, which selects.
function index_of(item: Exclude<IndexItem, number | bigint | string | null>): Tensor | null {
  if (typeof item === 'boolean') return index_tensor(item ? [0] : [])
  if (Array.isArray(item)) return index_tensor(item as IndexArray)
  if (!(item instanceof Tensor)) throw invalid_index(item)
  if (item.ndim > 0 || item.dtype.is_floating_point || item.dtype.is_complex) return item
  return is_mask(item) ? index_tensor(item.item() ? [0] : []) : null
}

function is_mask({ dtype }: Tensor): boolean {
  return dtype === dtypes.bool || dtype === dtypes.uint8
}

/** How many dimensions an index takes up. */
function dimensions_of(index: readonly IndexItem[]): number {
  let count = 0
  for (const item of index) {
    if (item instanceof Tensor) count += is_mask(item) ? item.ndim : 1
    else if (item !== null && item !== '...' && typeof item !== 'boolean') count++
  }
  return count
}

// The bounds are looked at only after a call failed, so that one that succeeds costs one crossing.
function explain(
  error: unknown,
  own: Handle,
  view: Handle,
  index: readonly IndexItem[],
  dim: number,
  position: number,
  asked: number | bigint | null,
  tuple: boolean,
): unknown {
  const ndim = native.ndim(own)
  const size = native.shape(view)[dim]
  if (view !== own) native.dispose(view)
  if ((tuple || asked === null) && dimensions_of(index) > ndim) return too_many_indices(ndim)
  return asked === null ? error : select_error(error, asked, position, size)
}
