import { type DType, uint8 } from '../dtype.js'
import { runtime_error, type_name } from '../errors.js'
import { type Layout, layout_of_code } from '../layout.js'
import { native } from '../native.js'
import { Parameter } from '../nn/parameter.js'
import { LOWERED } from '../ops/lowered.js'
import { operator } from '../ops/operator.js'
import { handle_of, Tensor, wrap } from '../tensor.js'
import { Dict, settle } from './dict.js'
import { keep_mapping } from './mapped.js'
import { Found } from './unpickler.js'

const aten_empty_strided = operator('aten::empty_strided')
const aten_sparse_coo_tensor = operator('aten::sparse_coo_tensor.indices_size')
const aten_validate_coo = operator('aten::_validate_sparse_coo_tensor_args')
const aten_sparse_compressed_tensor = operator('aten::sparse_compressed_tensor.comp_plain_value_size')
const aten_validate_compressed = operator('aten::_validate_sparse_compressed_tensor_args')
const aten_conj = operator('aten::_conj')
const aten_neg_view = operator('aten::_neg_view')

/** A storage class named in a file: the dtype of its elements. */
export class StorageType {
  constructor(readonly dtype: DType) {}
}

/** A storage read from a file. */
export class Storage {
  constructor(
    /** A row of its bytes; it may be a part of more memory. */
    readonly bytes: Tensor,
    readonly dtype: DType,
  ) {}
}

/** The argument at a place, where it is of the class that it must be. */
function argument<T>(args: readonly unknown[], place: number, kind: abstract new (...args: never[]) => T): T {
  const value = args[place]
  if (value instanceof kind) return value
  throw runtime_error(`argument ${place} must be ${kind.name}, not ${type_name(value)}`)
}

function integers(args: readonly unknown[], place: number): number[] {
  const value = args[place]
  if (Array.isArray(value) && value.every((item) => Number.isSafeInteger(item))) return value as number[]
  throw runtime_error(`argument ${place} must be a tuple of ints, not ${type_name(value)}`)
}

function integer(args: readonly unknown[], place: number): number {
  const value = args[place]
  if (Number.isSafeInteger(value)) return value as number
  throw runtime_error(`argument ${place} must be int, not ${type_name(value)}`)
}

function view({ bytes }: Storage, dtype: DType, args: readonly unknown[]): Tensor {
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
    throw runtime_error(`sizes and strides must not be negative, got [${size}] and [${stride}]`)
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
      `a tensor of size [${size.join(', ')}], stride [${stride.join(', ')}] and offset ${offset} does not fit into its storage of ${available} elements`,
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

/** (storage, offset, size, stride, requires_grad, hooks, metadata) */
export function rebuild_tensor_v2(args: readonly unknown[]): Tensor {
  const storage = argument(args, 0, Storage)
  return finish(view(storage, storage.dtype, args), args[4], args[6])
}

/** (storage, offset, size, stride, requires_grad, hooks, dtype, metadata) */
export function rebuild_tensor_v3(args: readonly unknown[]): Tensor {
  const dtype = args[6] as DType | undefined
  if (typeof dtype?.itemsize !== 'number') throw runtime_error('argument 6 must be a dtype')
  return finish(view(argument(args, 0, Storage), dtype, args), args[4], args[7])
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
  const given = args[2]
  if (!Array.isArray(given)) throw runtime_error(`argument 2 must be a tuple, not ${type_name(given)}`)
  const result = make.constructor_.call?.(given)
  if (!(result instanceof Tensor)) throw runtime_error(`${make.path} makes no tensor`)
  set_attributes(result, args[3])
  return result
}

/** Gives an object the attributes that a pickle has for it; a name of its class stays what it is. */
export function set_attributes(target: object, state: unknown): void {
  // (attributes, slots) where the class has slots.
  const parts = Array.isArray(state) ? (state as unknown[]) : [state]
  for (const part of parts) {
    if (!(part instanceof Dict)) continue
    for (const [name, value] of part) {
      if (typeof name !== 'string' || name in target) continue
      // A tensor's own are not reached at the end, when all dictionaries are.
      const settled = target instanceof Tensor ? settle(value) : value
      Object.defineProperty(target, name, {
        value: settled,
        writable: true,
        enumerable: true,
        configurable: true,
      })
    }
  }
}

/** (dtype, size, stride, requires_grad) */
export function rebuild_meta(args: readonly unknown[]): Tensor {
  const result = aten_empty_strided(integers(args, 1), integers(args, 2), { dtype: args[0], device: 'meta' })
  return finish(result, args[3], null)
}

/** (layout, (indices, values, size, is_coalesced)) or (layout, (compressed indices, plain indices, values, size)) */
export function rebuild_sparse(args: readonly unknown[]): Tensor {
  const layout = args[0] as Layout | undefined
  const parts = args[1]
  if (!Array.isArray(parts)) throw runtime_error(`argument 1 must be a tuple, not ${type_name(parts)}`)
  // What a file says is not believed: an index out of bounds would be read, or written, beyond the memory.
  if (layout?.name === 'sparse_coo') {
    const [indices, values] = [held(parts, 0), held(parts, 1)]
    const size = integers(parts, 2)
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
  throw runtime_error(`rebuilding sparse tensor for layout ${String(layout)}`)
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

/** A layout by its text, `torch.sparse_coo`. */
export function get_layout(args: readonly unknown[]): Layout {
  for (let code = 0; code < 7; code++) {
    const layout = layout_of_code(code)
    if (String(layout) === args[0]) return layout
  }
  throw runtime_error(`no layout is called ${String(args[0])}`)
}

/** A storage whose elements have no dtype of their own. */
export const UNTYPED_STORAGE = new StorageType(uint8)
