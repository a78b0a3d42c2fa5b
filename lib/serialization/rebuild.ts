import { DType, uint8 } from '../dtype.js'
import { runtime_error, type_name } from '../errors.js'
import { Layout, layout_of_code } from '../layout.js'
import { native } from '../native.js'
import { Buffer as ModuleBuffer, Parameter } from '../nn/parameter.js'
import { LOWERED } from '../ops/lowered.js'
import { operator } from '../ops/operator.js'
import { has_member, own_value, set_own } from '../own.js'
import { handle_of, Tensor, wrap } from '../tensor.js'
import { spend } from './budget.js'
import { Dict } from './dict.js'
import { Found, Storage, StorageType } from './found.js'
import { MOST_DIMENSIONS } from './limits.js'
import { put_on } from './location.js'
import { keep_mapping } from './mapped.js'
import { PACKED, quantized_over } from './quantized.js'
import { shown } from './shown.js'

const aten_empty_strided = operator('aten::empty_strided')
const aten_sparse_coo_tensor = operator('aten::sparse_coo_tensor.indices_size')
const aten_validate_coo = operator('aten::_validate_sparse_coo_tensor_args')
const aten_sparse_compressed_tensor = operator('aten::sparse_compressed_tensor.comp_plain_value_size')
const aten_validate_compressed = operator('aten::_validate_sparse_compressed_tensor_args')
const aten_nested_view = operator('aten::_nested_view_from_buffer')
const aten_conj = operator('aten::_conj')
const aten_neg_view = operator('aten::_neg_view')

/** The argument at a place, where it is of the class that it must be. */
function argument<T>(args: readonly unknown[], place: number, kind: abstract new (...args: never[]) => T): T {
  const value = args[place]
  if (value instanceof kind) return value
  throw runtime_error(`argument ${place} must be ${kind.name}, not ${type_name(value)}`)
}

function integers(args: readonly unknown[], place: number): number[] {
  const value = args[place]
  if (Array.isArray(value) && value.length > MOST_DIMENSIONS)
    throw runtime_error(`a tensor of ${value.length} dimensions, and at most ${MOST_DIMENSIONS} are read`)
  if (Array.isArray(value) && value.every((item) => Number.isSafeInteger(item))) return value as number[]
  throw runtime_error(`argument ${place} must be a tuple of ints, not ${type_name(value)}`)
}

function integer(args: readonly unknown[], place: number): number {
  const value = args[place]
  if (Number.isSafeInteger(value)) return value as number
  throw runtime_error(`argument ${place} must be int, not ${type_name(value)}`)
}

/** Counts memory that is taken for elements, before it is; LibTorch refuses numbers of elements that no memory has. */
function spend_elements(size: readonly number[], itemsize: number): void {
  spend(
    'bytes',
    size.reduce((product, n) => product * n, itemsize),
  )
}

function view({ bytes }: Storage, dtype: DType, args: readonly unknown[]): Tensor {
  spend('tensors')
  const [offset, size, stride] = [integer(args, 1), integers(args, 2), integers(args, 3)]
  check_fits(Math.floor(bytes.numel() / dtype.itemsize), offset, size, stride)
  const start = native.storage_offset(handle_of(bytes)) / dtype.itemsize
  if (!Number.isInteger(start)) throw runtime_error(`a storage of ${dtype} begins between two elements`)
  const result = wrap(native.view_storage(handle_of(bytes), dtype[LOWERED], start + offset, size, stride))
  keep_mapping(bytes, result)
  return result
}

function check_fits(
  available: number,
  offset: number,
  size: readonly number[],
  stride: readonly number[],
): void {
  if (size.length !== stride.length)
    throw runtime_error(`a tensor of ${size.length} dimensions has ${stride.length} strides`)
  if (size.some((n) => n < 0) || stride.some((n) => n < 0))
    throw runtime_error(
      `sizes and strides must not be negative, got [${size.slice(0, 20)}] and [${stride.slice(0, 20)}]`,
    )
  let last = offset
  let elements = 1
  for (const [i, n] of size.entries()) {
    last += (n - 1) * stride[i]!
    elements *= n
  }
  // Each as a product of its own: a zero among the sizes must not hide that the others are too large.
  const most = size.reduce((product, n) => product * Math.max(1, n), 1)
  if (offset < 0 || most > Number.MAX_SAFE_INTEGER || (elements > 0 && last >= available)) {
    throw runtime_error(
      `a tensor of size [${size.slice(0, 20).join(', ')}], stride [${stride.slice(0, 20).join(', ')}] and offset ${offset} does not fit into its storage of ${available} elements`,
    )
  }
}

function finish(tensor: Tensor, requires_grad: unknown, metadata: unknown): Tensor {
  let result = tensor
  if (metadata instanceof Dict) {
    if (metadata.get('conj') === true) result = aten_conj(result)
    if (metadata.get('neg') === true) result = aten_neg_view(result)
  }
  if (requires_grad === true) result.requires_grad = true
  return result
}

/** (storage, offset, size, stride) */
export function rebuild_tensor(args: readonly unknown[]): Tensor {
  const storage = argument(args, 0, Storage)
  return view(storage, storage.dtype, args)
}

/** (storage, offset, size, stride, requires_grad, hooks, metadata) */
export function rebuild_tensor_v2(args: readonly unknown[]): Tensor {
  const storage = argument(args, 0, Storage)
  return finish(view(storage, storage.dtype, args), args[4], args[6])
}

/** (storage, offset, size, stride, requires_grad, hooks, dtype, metadata) */
export function rebuild_tensor_v3(args: readonly unknown[]): Tensor {
  return finish(view(argument(args, 0, Storage), argument(args, 6, DType), args), args[4], args[7])
}

/** (data, requires_grad, hooks) */
export function rebuild_parameter(args: readonly unknown[]): Parameter {
  return new Parameter(argument(args, 0, Tensor), args[1] !== false)
}

/** (data, requires_grad, hooks, state) */
export function rebuild_parameter_with_state(args: readonly unknown[]): Parameter {
  const result = rebuild_parameter(args)
  set_attributes(result, args[3])
  return result
}

/** (function, type, its arguments, state): a tensor that had attributes of its own */
export function rebuild_from_type(args: readonly unknown[]): Tensor {
  const make = argument(args, 0, Found)
  const type = argument(args, 1, Found)
  if (type.path !== 'torch.Tensor' && type.path !== 'torch.nn.parameter.Parameter')
    throw runtime_error(`tensors of the class ${type.path} are not supported`)
  const given = args[2]
  if (!Array.isArray(given)) throw runtime_error(`argument 2 must be a tuple, not ${type_name(given)}`)
  const result = own_value(make.constructor_, 'call')?.(given)
  if (!(result instanceof Tensor)) throw runtime_error(`${make.path} makes no tensor`)
  return with_state(result, args[3])
}

// A buffer of a module is a tensor with two attributes in Python.
function with_state(result: Tensor, state: unknown): Tensor {
  const attributes = Array.isArray(state) ? (state as unknown[])[0] : state
  if (!(attributes instanceof Dict) || attributes.get('_is_buffer') !== true) {
    set_attributes(result, state)
    return result
  }
  const buffer = new ModuleBuffer(result, { persistent: attributes.get('persistent') !== false })
  attributes.delete('_is_buffer')
  attributes.delete('persistent')
  set_attributes(buffer, state)
  return buffer
}

/** Gives an object the attributes that a pickle has for it; one that its class has stays what it is. */
export function set_attributes(target: object, state: unknown): void {
  // (attributes, slots) where the class has slots.
  const parts = Array.isArray(state) ? (state as unknown[]) : [state]
  for (const part of parts) {
    if (!(part instanceof Dict)) continue
    for (const [name, value] of part) {
      if (typeof name !== 'string' || has_member(target, name)) continue
      set_own(target, name, value)
    }
  }
}

/** (storage, offset, size, stride, (scheme, …), requires_grad, hooks) */
export function rebuild_quantized(args: readonly unknown[]): Tensor {
  const storage = argument(args, 0, Storage)
  const { dtype } = storage
  const [offset, size, stride] = [integer(args, 1), integers(args, 2), integers(args, 3)]
  const in_a_byte = PACKED.get(dtype) ?? 1
  spend('tensors')
  spend_elements(size, dtype.itemsize / in_a_byte)
  const available = Math.floor(storage.bytes.numel() / dtype.itemsize)
  check_fits(available * in_a_byte, offset, size, stride)
  const start = native.storage_offset(handle_of(storage.bytes)) / dtype.itemsize
  const row = wrap(native.view_storage(handle_of(storage.bytes), dtype[LOWERED], start, [available], [1]))
  const result = quantized_over(row, { dtype, size, params: args[4] }, start * in_a_byte + offset, stride)
  keep_mapping(storage.bytes, result)
  return finish(result, args[5], null)
}

/** (buffer, sizes, strides, offsets) of the parts */
export function rebuild_nested(args: readonly unknown[]): Tensor {
  const [buffer, sizes, strides, offsets] = [0, 1, 2, 3].map((place) => argument(args, place, Tensor)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]
  spend('tensors')
  for (const place of [1, 2, 3]) held(args, place)
  check_parts(held(args, 0), sizes, strides, offsets)
  return aten_nested_view(buffer, sizes, strides, offsets)
}

const BYTES_OF_NUMBER = 64

// LibTorch believes what it is told of the parts.
function check_parts(buffer: Tensor, sizes: Tensor, strides: Tensor, offsets: Tensor): void {
  if (
    sizes.ndim !== 2 ||
    strides.ndim !== 2 ||
    offsets.ndim !== 1 ||
    buffer.ndim !== 1 ||
    !buffer.is_contiguous()
  )
    throw runtime_error(
      'the parts of a nested tensor must be told by two matrices and a row, over one row of numbers',
    )
  const numbers = sizes.numel() + strides.numel() + offsets.numel()
  spend('objects', numbers)
  spend('bytes', numbers * BYTES_OF_NUMBER)
  const [size_rows, stride_rows] = [rows_of(sizes), rows_of(strides)]
  const starts = offsets.tolist() as (number | bigint)[]
  if (size_rows.length !== stride_rows.length || size_rows.length !== starts.length)
    throw runtime_error(
      `a nested tensor has ${size_rows.length} sizes, ${stride_rows.length} strides and ${starts.length} offsets`,
    )
  for (const [i, size] of size_rows.entries())
    check_fits(buffer.numel(), Number(starts[i]), size, stride_rows[i]!)
}

const rows_of = (matrix: Tensor): number[][] =>
  (matrix.tolist() as (number | bigint)[][]).map((row) => row.map(Number))

/** (data, dtype, device, requires_grad): a tensor of a device that no storage has */
export function rebuild_on_device(args: readonly unknown[]): Tensor {
  const data = argument(args, 0, Tensor)
  const dtype = argument(args, 1, DType)
  if (typeof args[2] !== 'string') throw runtime_error(`argument 2 must be str, not ${type_name(args[2])}`)
  spend_elements(data.shape, dtype.itemsize)
  return finish(put_on(data.to(dtype), args[2]), args[3], null)
}

/** Refuses what Python allows and makes no sense here. */
export function refuse(what: string): (args: readonly unknown[]) => never {
  return () => {
    throw runtime_error(`${what} are not supported`)
  }
}

/** Sets a tensor of the first versions of PyTorch: (storage, offset, size, stride). */
export function set_legacy_tensor(target: Tensor, state: unknown): void {
  if (!Array.isArray(state) || state.length !== 4)
    throw runtime_error('the state of a tensor must be (storage, offset, size, stride)')
  const { dtype } = argument(state as unknown[], 0, Storage)
  if (dtype !== target.dtype) throw runtime_error(`a tensor of ${target.dtype} is over a storage of ${dtype}`)
  target.data = rebuild_tensor(state as unknown[])
}

/** Sets a parameter of the first versions of PyTorch. */
export function set_parameter(target: Parameter, state: unknown): void {
  if (!Array.isArray(state) || state.length < 3 || state.length > 5)
    throw runtime_error(`the state of a parameter must be a tuple of 3 to 5 items, not ${type_name(state)}`)
  const items = state as unknown[]
  if (items.length === 4) set_legacy_tensor(target, items)
  else if (items.length === 5) {
    target.data = argument(items, 0, Tensor)
    target.requires_grad = items[3] === true
  } else target.requires_grad = items[0] === true
}

/** (dtype, size, stride, requires_grad) */
export function rebuild_meta(args: readonly unknown[]): Tensor {
  spend('tensors')
  const result = aten_empty_strided(integers(args, 1), integers(args, 2), { dtype: args[0], device: 'meta' })
  return finish(result, args[3], null)
}

/** (layout, (indices, values, size, is_coalesced)) or (layout, (compressed indices, plain indices, values, size)) */
export function rebuild_sparse(args: readonly unknown[]): Tensor {
  const layout = args[0] instanceof Layout ? args[0] : undefined
  spend('tensors')
  const parts = args[1]
  if (!Array.isArray(parts)) throw runtime_error(`argument 1 must be a tuple, not ${type_name(parts)}`)
  // What a file says is not believed: an index out of bounds would be read, or written, beyond the memory.
  if (layout?.name === 'sparse_coo') {
    const [indices, values] = [held(parts, 0), held(parts, 1)]
    const size = integers(parts, 2)
    // Files of PyTorch before 2.0 do not say it.
    const is_coalesced = parts[3] === true
    aten_validate_coo(indices, values, size, is_coalesced)
    const { dtype, device } = values
    return aten_sparse_coo_tensor(indices, values, size, { dtype, layout, device, is_coalesced })
  }
  if (layout?.name.startsWith('sparse_')) {
    const [compressed, plain, values] = [held(parts, 0), held(parts, 1), held(parts, 2)]
    const size = integers(parts, 3)
    aten_validate_compressed(compressed, plain, values, size, layout)
    const { dtype, device } = values
    return aten_sparse_compressed_tensor(compressed, plain, values, size, { dtype, layout, device })
  }
  throw runtime_error(`rebuilding sparse tensor for layout ${layout ?? shown(args[0])}`)
}

// A tensor whose elements are all in memory: one that repeats a few without end would never be checked.
function held(args: readonly unknown[], place: number): Tensor {
  const tensor = argument(args, place, Tensor)
  if (
    tensor.device.type === 'meta' ||
    tensor.numel() * tensor.itemsize <= native.storage(handle_of(tensor))[1]
  )
    return tensor
  throw runtime_error(`argument ${place} has more elements than its storage`)
}

const LAYOUTS = 8

/** A layout by its text, `torch.sparse_coo`. */
export function get_layout(args: readonly unknown[]): Layout {
  for (let code = 0; code < LAYOUTS; code++) {
    const layout = layout_of_code(code)
    if (String(layout) === args[0]) return layout
  }
  throw runtime_error(`no layout is called ${shown(args[0])}`)
}

/** A storage whose elements have no dtype of their own. */
export const UNTYPED_STORAGE = new StorageType(uint8, true)
