import { context, enter_context } from '../autograd/context.js'
import { link_hooks } from '../autograd/hooks.js'
import { bool, uint8 } from '../dtype.js'
import { IndexError, type_error, type_name } from '../errors.js'
import { sparse_coo } from '../layout.js'
import { type Handle, type NativeOperator, native } from '../native.js'
import { LOWERED } from '../ops/lowered.js'
import { is_scalar, type Scalar } from '../scalar.js'
import { handle_of, raw_handle, Tensor, wrap } from '../tensor.js'
import { values_for, write } from './assign.js'
import { type IndexArray, index_tensor } from './index_arrays.js'
import { explain_gather, too_many_indices } from './index_errors.js'
import { check_long } from './numbers.js'
import { type Resolved, resolve, select_first, slice, slice_of } from './views.js'

/**
 * One index: a whole number, `'start:stop:step'` (each part may be empty), `'...'`, `null` for a new dimension, a boolean,
 * a (nested) array of numbers or booleans, or a Tensor (int64, int32, bool or uint8).
 */
export type IndexItem = number | bigint | boolean | string | null | Tensor | readonly IndexItem[]

/** What may be assigned. */
export type IndexValue = Tensor | Scalar

const SPARSE = sparse_coo[LOWERED]

let bound_index: NativeOperator | undefined
let bound_index_put: NativeOperator | undefined
let bound_alias: NativeOperator | undefined

/** `self[index]` as Python has it; `index` is what stands between the brackets. */
export function at(self: Tensor, index: readonly IndexItem[]): Tensor {
  if (context.attention !== 0) enter_context()
  const result = wrap(index.length === 1 ? at_one(self, index[0]!, index) : at_many(self, index))
  if (context.carriers !== 0) link_hooks(result, [self, index])
  return result
}

function at_one(self: Tensor, only: IndexItem, index: readonly IndexItem[]): Handle {
  if (typeof only === 'number' || typeof only === 'bigint') return select_first(self, only)
  if (typeof only === 'string')
    return only === '...' ? alias(raw_handle(self)) : slice(raw_handle(self), 0, slice_of(only))
  if (only instanceof Tensor)
    return only.ndim > 0 ? gather(self, raw_handle(self), [only]) : at_many(self, index)
  if (!Array.isArray(only)) return at_many(self, index)
  if (!is_tuple(only)) return gather(self, raw_handle(self), [index_tensor(only as IndexArray)])
  warn_about_sequence()
  return at_many(self, only)
}

function at_many(self: Tensor, index: readonly IndexItem[]): Handle {
  const own = raw_handle(self)
  const { view, tensors } = resolve(self, index, true)
  if (tensors === null) return view === own ? alias(view) : view
  try {
    return gather(self, view, tensors)
  } finally {
    if (view !== own) native.dispose(view)
  }
}

/** `self[index] = value` as Python has it; an array as `index` is what stands between the brackets. */
export function set_at(self: Tensor, index: IndexItem | readonly IndexItem[], value: IndexValue): void {
  if (native.layout(handle_of(self)) === SPARSE) throw type_error('Cannot assign to a sparse tensor')
  if (!(value instanceof Tensor) && !is_scalar(value)) {
    throw type_error(`can't assign a ${type_name(value)} to a tensor of dtype ${self.dtype}`)
  }
  check_long(value)
  if (context.attention !== 0) enter_context()
  const tuple = Array.isArray(index)
  const indices: readonly IndexItem[] = tuple ? index : [index as IndexItem]
  if (indices.length === 1 && typeof indices[0] === 'boolean') {
    if (!indices[0]) return
    // `x[True]` has no index tensor to look up.
    assign(self, resolve(self, [null], tuple), value)
  } else {
    assign(self, resolve(self, indices, tuple), value)
  }
  if (context.carriers !== 0) link_hooks(self, [self, value])
}

function assign(self: Tensor, { view, tensors }: Resolved, value: IndexValue): void {
  try {
    if (tensors === null) {
      write(view, value)
      return
    }
    bound_index_put ??= native.bind('aten::index_put_', '')
    bound_index_put(view, handles_of(tensors), raw_handle(values_for(self, value)))
  } catch (error) {
    throw tensors === null ? error : explain_gather(error, tensors)
  } finally {
    if (view !== raw_handle(self)) native.dispose(view)
  }
}

const SEQUENCE_WARNING =
  'Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use ' +
  'x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], ' +
  'which will result either in an error or a different result'

let warned_about_sequence = false

function warn_about_sequence(): void {
  if (warned_about_sequence) return
  warned_about_sequence = true
  process.emitWarning(SEQUENCE_WARNING, 'UserWarning')
}

// A short list that holds more than numbers is taken for the indices themselves, as Python takes it.
function is_tuple(list: readonly IndexItem[]): boolean {
  return (
    list.length < 32 &&
    list.some((item) => item === null || typeof item === 'string' || typeof item === 'object')
  )
}

function alias(handle: Handle): Handle {
  bound_alias ??= native.bind('aten::alias', '')
  return bound_alias(handle) as Handle
}

function handles_of(tensors: readonly (Tensor | null)[]): (Handle | null)[] {
  return tensors.map((tensor) => (tensor === null ? null : raw_handle(tensor)))
}

/** How many dimensions indices take: a mask as many as it has. */
function dimensions_of(tensors: readonly (Tensor | null)[]): number {
  const is_mask = ({ dtype }: Tensor) => dtype === bool || dtype === uint8
  return tensors.reduce((sum, tensor) => sum + (tensor !== null && is_mask(tensor) ? tensor.ndim : 1), 0)
}

function gather(self: Tensor, view: Handle, tensors: readonly (Tensor | null)[]): Handle {
  bound_index ??= native.bind('aten::index', 'Tensor')
  try {
    return bound_index(view, handles_of(tensors)) as Handle
  } catch (error) {
    if (error instanceof IndexError && dimensions_of(tensors) > native.ndim(view))
      throw too_many_indices(self.ndim)
    throw explain_gather(error, tensors)
  }
}
