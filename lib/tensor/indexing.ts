import * as dtypes from '../dtype.js'
import { index_error, type_error, type_name, value_error } from '../errors.js'
import { sparse_coo } from '../layout.js'
import { operator } from '../ops/operator.js'
import { is_scalar, type Scalar } from '../scalar.js'
import { Tensor } from '../tensor.js'
import { type IndexArray, index_tensor } from './index_arrays.js'
import { type ParsedSlice, parse_slice } from './slices.js'

/**
 * One index: a whole number, `'start:stop:step'` (each part may be empty), `'...'`, `null` for a new dimension, a boolean,
 * a (nested) array of numbers or booleans, or a Tensor (int64, int32, bool or uint8).
 */
export type IndexItem = number | bigint | boolean | string | null | Tensor | readonly IndexItem[]

/** What may be assigned. */
export type IndexValue = Tensor | Scalar

const aten_select = operator('aten::select.int')
const aten_slice = operator('aten::slice.Tensor')
const aten_unsqueeze = operator('aten::unsqueeze')
const aten_alias = operator('aten::alias')
const aten_index = operator('aten::index.Tensor')
const aten_index_put_ = operator('aten::index_put_')
const aten_copy_ = operator('aten::copy_')
const aten_fill_ = operator('aten::fill_.Tensor')
const aten_fill_scalar = operator('aten::fill_.Scalar')
const aten_view = operator('aten::view')
const aten_expand = operator('aten::expand')
const aten_scalar_tensor = operator('aten::scalar_tensor')

const INT64_END = 2n ** 63n

/** `self[index]` as Python has it; `index` is what stands between the brackets. */
export function at(self: Tensor, index: readonly IndexItem[]): Tensor {
  if (index.length !== 1) return at_many(self, index)
  const only = index[0] as IndexItem
  if (typeof only === 'number' || typeof only === 'bigint') return select(self, 0, only, 0)
  if (typeof only === 'string') {
    return only === '...' ? alias(self) : slice(self, 0, slice_of(only))
  }
  if (only instanceof Tensor) return only.ndim > 0 ? gather(self, [only], self) : at_many(self, index)
  if (!Array.isArray(only)) return at_many(self, index)
  if (is_tuple(only)) {
    warn_about_sequence()
    return at_many(self, only)
  }
  return gather(self, [index_tensor(only as IndexArray)], self)
}

/** `self[index] = value` as Python has it; an array as `index` is what stands between the brackets. */
export function set_at(self: Tensor, index: IndexItem | readonly IndexItem[], value: IndexValue): void {
  if (self.layout === sparse_coo) throw type_error('Cannot assign to a sparse tensor')
  if (!(value instanceof Tensor) && !is_scalar(value)) {
    throw type_error(`can't assign a ${type_name(value)} to a tensor of dtype ${self.dtype}`)
  }
  if (!Array.isArray(index)) {
    if (index === false) return
    // The common cases, without the lists that the others need.
    const view = simple_view(self, index as Exclude<IndexItem, readonly IndexItem[]>)
    if (view !== null) {
      write(view, value)
      return
    }
  }
  const indices = Array.isArray(index) ? (index as readonly IndexItem[]) : [index as IndexItem]
  if (indices.length === 1 && indices[0] === false) return
  const { view, tensors } = resolve(self, indices)
  if (tensors.length === 0 || (indices.length === 1 && indices[0] === true)) {
    write(view, value)
    return
  }
  const source = value instanceof Tensor ? value : scalar_value(self, value)
  const shape = without_leading_ones(source.shape)
  const values = shape.length === source.ndim ? source : aten_view(source, shape)
  try {
    aten_index_put_(view, tensors, values)
  } catch (error) {
    throw explain_gather(error, tensors)
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

/** What one index that needs no index tensor looks at; null for the others. */
function simple_view(self: Tensor, index: Exclude<IndexItem, readonly IndexItem[]>): Tensor | null {
  if (typeof index === 'number' || typeof index === 'bigint') return select(self, 0, index, 0)
  if (index === '...') return self
  if (index === null || index === true) return aten_unsqueeze(self, 0)
  if (typeof index !== 'string' || self.ndim === 0) return null
  const parsed = slice_of(index)
  return is_whole(self, 0, parsed) ? self : slice(self, 0, parsed)
}

function write(view: Tensor, value: IndexValue): void {
  if (value instanceof Tensor) copy_to(view, value)
  else aten_fill_scalar(view, value)
}

// A short list that holds more than numbers is taken for the indices themselves, as Python takes it.
function is_tuple(list: readonly IndexItem[]): boolean {
  return (
    list.length < 32 &&
    list.some((item) => item === null || typeof item === 'string' || typeof item === 'object')
  )
}

function at_many(self: Tensor, index: readonly IndexItem[]): Tensor {
  const { view, tensors } = resolve(self, index)
  if (tensors.length === 0) return view === self ? alias(self) : view
  return gather(view, tensors, self)
}

interface Resolved {
  /** The tensor after all that makes views: numbers, slices, null. */
  readonly view: Tensor
  /** The index tensors by dimension of `view`; empty where there are none. */
  readonly tensors: (Tensor | null)[]
}

function resolve(self: Tensor, index: readonly IndexItem[]): Resolved {
  const items = index.map((item) => (Array.isArray(item) ? index_tensor(item as IndexArray) : item))
  const specified = count_dimensions(index)
  const ndim = self.ndim
  if (specified > ndim) throw index_error(`too many indices for tensor of dimension ${ndim}`)
  const tensors: (Tensor | null)[] = []
  let view = self
  let dim = 0
  const skip = (dimensions: number) => {
    dim += dimensions
    if (tensors.length > 0) for (let i = 0; i < dimensions; i++) tensors.push(null)
  }
  const record = (tensor: Tensor, dimensions: number) => {
    if (tensors.length === 0) for (let i = 0; i < dim; i++) tensors.push(null)
    tensors.push(tensor)
    dim += dimensions
  }
  for (let position = 0; position < items.length; position++) {
    const item = items[position] as Exclude<IndexItem, readonly IndexItem[]>
    if (typeof item === 'number' || typeof item === 'bigint') {
      view = select(view, dim, item, position)
    } else if (item === '...') {
      skip(ndim - specified)
    } else if (typeof item === 'string') {
      const parsed = slice_of(item)
      if (!is_whole(view, dim, parsed)) view = slice(view, dim, parsed)
      skip(1)
    } else if (item === null) {
      view = aten_unsqueeze(view, dim)
      skip(1)
    } else if (typeof item === 'boolean') {
      view = aten_unsqueeze(view, dim)
      record(index_tensor(item ? [0] : []), 1)
    } else if (item instanceof Tensor) {
      const is_mask = item.dtype === dtypes.bool || item.dtype === dtypes.uint8
      if (item.ndim > 0 || item.dtype.is_floating_point || item.dtype.is_complex) {
        record(item, is_mask ? item.ndim : 1)
      } else if (is_mask) {
        view = aten_unsqueeze(view, dim)
        record(index_tensor(item.item() ? [0] : []), 1)
      } else {
        view = select(view, dim, item.item() as number, position)
      }
    } else {
      throw invalid_index(item)
    }
  }
  while (tensors.length > 0 && tensors[tensors.length - 1] === null) tensors.pop()
  return { view, tensors }
}

function count_dimensions(index: readonly IndexItem[]): number {
  let count = 0
  for (const item of index) {
    if (item instanceof Tensor) {
      count += item.dtype === dtypes.bool || item.dtype === dtypes.uint8 ? item.ndim : 1
    } else if (item !== null && item !== '...' && typeof item !== 'boolean') {
      count++
    }
  }
  return count
}

function select(self: Tensor, dim: number, index: number | bigint, position: number): Tensor {
  if (typeof index === 'number' && !Number.isInteger(index)) throw invalid_index(index)
  try {
    return aten_select(self, dim, index)
  } catch (error) {
    // The bounds are looked at only after the call failed, so that one that succeeds costs one crossing.
    const size = self.shape[dim]
    const whole = BigInt(index)
    if (whole < -INT64_END || whole >= INT64_END) throw value_error('Overflow when unpacking long long')
    if (size === undefined && whole === 0n) {
      throw index_error(
        'invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a ' +
          '0-dim tensor to a number',
      )
    }
    if (index < -(size ?? 0) || index >= (size ?? 0)) {
      throw index_error(`index ${index} is out of bounds for dimension ${position} with size ${size ?? 0}`)
    }
    throw error
  }
}

function slice(self: Tensor, dim: number, { start, stop, step }: ParsedSlice): Tensor {
  return aten_slice(self, dim, start, stop, step)
}

function slice_of(text: string): ParsedSlice {
  const parsed = parse_slice(text)
  if (parsed === null) throw invalid_index(text)
  return parsed
}

// PyTorch leaves out a slice that takes all of a dimension, which shows in `grad_fn` and in what shares a version.
function is_whole(view: Tensor, dim: number, { start, stop, step }: ParsedSlice): boolean {
  if (step !== 1 || (start !== null && start !== 0)) return false
  return stop === null || view.shape[dim]! <= stop
}

function alias(self: Tensor): Tensor {
  return aten_alias(self)
}

function gather(view: Tensor, tensors: readonly (Tensor | null)[], self: Tensor): Tensor {
  try {
    return aten_index(view, tensors)
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (message.startsWith('too many indices for tensor')) {
      throw index_error(`too many indices for tensor of dimension ${self.ndim}`)
    }
    throw explain_gather(error, tensors)
  }
}

function explain_gather(error: unknown, tensors: readonly (Tensor | null)[]): unknown {
  if (!(error instanceof Error) || !error.message.startsWith('tensors used as indices must be')) return error
  if (!tensors.some((tensor) => tensor?.dtype.is_floating_point)) return error
  return index_error(
    'tensors used as indices must be long, int, byte or bool tensors, make it with { dtype: torch.long } or bigints',
  )
}

function invalid_index(value: unknown): Error {
  const received =
    typeof value === 'number' ? 'float' : typeof value === 'string' ? `'${value}'` : type_name(value)
  return index_error(
    'only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices ' +
      `(got ${received})`,
  )
}

function scalar_value(self: Tensor, value: Scalar): Tensor {
  const quantized = self.is_quantized
  const dtype = quantized ? dtypes.float32 : self.dtype
  return aten_scalar_tensor(value, { dtype, device: quantized ? 'cpu' : self.device })
}

function copy_to(target: Tensor, source: Tensor): void {
  if (target.ndim === source.ndim && same_shape(target.shape, source.shape)) {
    aten_copy_(target, source)
  } else if (source.ndim === 0 && source.device.type === 'cpu') {
    aten_fill_(target, source)
  } else {
    const view = aten_view(source, without_leading_ones(source.shape))
    const expanded = same_shape(view.shape, target.shape)
      ? view
      : aten_expand(view, target.shape, { implicit: true })
    aten_copy_(target, expanded)
  }
}

function same_shape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i])
}

// NumPy's rule, which PyTorch keeps: dimensions of size 1 at the left of what is assigned do not count.
function without_leading_ones(shape: readonly number[]): number[] {
  const first = shape.findIndex((size) => size !== 1)
  return first < 0 ? [] : shape.slice(first)
}
