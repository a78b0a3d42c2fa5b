import { default_device } from '../default_device.js'
import type { DeviceLike } from '../device.js'
import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { runtime_error, type_error, type_name, value_error } from '../errors.js'
import { expect_bool } from '../expect.js'
import type { Layout } from '../layout.js'
import { legacy_name } from '../legacy_types.js'
import { native } from '../native.js'
import { lower_device } from '../ops/lower.js'
import { LOWERED } from '../ops/lowered.js'
import { operator } from '../ops/operator.js'
import { own_value } from '../own.js'
import { keyword, optional, required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { is_typed_array } from '../realm.js'
import { Complex, FloatScalar } from '../scalar.js'
import { handle_of, Tensor, wrap } from '../tensor.js'
import { dtype_of_array } from './elements.js'
import { MOST_DIMENSIONS } from './index_arrays.js'
import { note_legacy_type } from './legacy_types.js'
import { is_integral, type Leaf, to_booleans, to_float, to_integers, to_uint64 } from './numbers.js'

/** What `torch.tensor` makes a tensor from. */
export type TensorData =
  | number
  | bigint
  | boolean
  | FloatScalar
  | Complex
  | ArrayBufferView
  | Tensor
  | readonly TensorData[]

/** Keywords of {@link tensor}. */
export interface CreateOptions {
  /** Default: by the JavaScript type of the data. */
  dtype?: DType | null
  /** Default: the CPU. */
  device?: DeviceLike | null
  /** Default: false. */
  requires_grad?: boolean
  /** Whether the CPU memory is pinned. Default: false. */
  pin_memory?: boolean
}

/** Nested arrays flattened, their shape checked. */
function flatten(data: readonly unknown[]): { leaves: Leaf[]; shape: number[]; float_tensors: boolean } {
  const shape: number[] = []
  for (let level: unknown = data; Array.isArray(level) || is_view(level); level = (level as unknown[])[0]) {
    shape.push((level as unknown[]).length)
    if ((level as unknown[]).length === 0) break
    if (shape.length > MOST_DIMENSIONS) throw value_error("too many dimensions 'list'", 'tensor')
  }
  const leaves: Leaf[] = []
  let float_tensors = false
  const walk = (value: unknown, depth: number): void => {
    const list = Array.isArray(value) || is_view(value)
    if (depth < shape.length) {
      if (!list) throw type_error(`tensor(): not a sequence at dim ${depth}: ${type_name(value)}`, 'tensor')
      const items = value as unknown[]
      if (items.length !== shape[depth]) {
        throw value_error(
          `expected sequence of length ${shape[depth]} at dim ${depth} (got ${items.length})`,
          'tensor',
        )
      }
      for (const item of items) walk(item, depth + 1)
      return
    }
    if (list)
      throw value_error(`too many dimensions at dim ${depth}: expected a number, got a sequence`, 'tensor')
    if (value instanceof Tensor) {
      if (value.numel() !== 1)
        throw value_error('only one element tensors can be converted to numbers', 'tensor')
      if (value.is_floating_point()) float_tensors = true
      leaves.push(leaf_of(value))
      return
    }
    if (!is_leaf(value))
      throw type_error(`tensor(): data of the type ${type_name(value)} cannot be made a tensor`, 'tensor')
    leaves.push(value)
  }
  walk(data, 0)
  return { leaves, shape, float_tensors }
}

// A tensor of one element among numbers, as the number of its kind.
function leaf_of(value: Tensor): Leaf {
  if (value.is_floating_point()) return new FloatScalar(value.item())
  return value.is_complex() || value.dtype === dtypes.bool ? (value.item() as Leaf) : value.item_bigint()
}

function is_view(value: unknown): value is ArrayBufferView & ArrayLike<number> {
  return is_typed_array(value)
}

function is_leaf(value: unknown): value is Leaf {
  const type = typeof value
  return (
    type === 'number' ||
    type === 'bigint' ||
    type === 'boolean' ||
    value instanceof FloatScalar ||
    value instanceof Complex
  )
}

/** By JavaScript type, never by value. */
function dtype_of(leaves: readonly Leaf[]): DType {
  let found: 'bool' | 'int' | 'float' | 'complex' | undefined
  const rank = { bool: 0, int: 1, float: 2, complex: 3 }
  for (const leaf of leaves) {
    const kind =
      typeof leaf === 'boolean'
        ? 'bool'
        : typeof leaf === 'bigint'
          ? 'int'
          : leaf instanceof Complex
            ? 'complex'
            : 'float'
    if (found === undefined || rank[kind] > rank[found]) found = kind
  }
  if (found === 'bool') return dtypes.bool
  if (found === 'int') return dtypes.int64
  if (found === 'complex') return dtypes.get_default_complex_dtype()
  return dtypes.get_default_dtype()
}

/** Elements into memory in the widest dtype of their kind; LibTorch rounds them to the one that is wanted. */
function from_leaves(leaves: readonly Leaf[], shape: readonly number[], dtype: DType): Tensor {
  const made = (elements: ArrayBufferView, as: DType): Tensor => {
    const tensor = wrap(native.from_bytes(elements, as[LOWERED], shape))
    return as === dtype ? tensor : tensor.to(dtype)
  }
  if (dtype.is_complex) {
    const parts = new Float64Array(leaves.length * 2)
    leaves.forEach((leaf, i) => {
      parts[2 * i] = leaf instanceof Complex ? leaf.re : to_float(leaf)
      parts[2 * i + 1] = leaf instanceof Complex ? leaf.im : 0
    })
    return made(parts, dtypes.complex128)
  }
  if (dtype === dtypes.bool) return made(to_booleans(leaves), dtypes.bool)
  if (dtype === dtypes.uint64) return made(to_uint64(leaves), dtype)
  if (is_integral(dtype)) return made(to_integers(leaves, dtype), dtypes.int64)
  if (!dtype.is_floating_point) throw runtime_error('store_scalar: invalid type', 'tensor')
  const floats = dtype === dtypes.float32 ? new Float32Array(leaves.length) : new Float64Array(leaves.length)
  for (let i = 0; i < leaves.length; i++) floats[i] = to_float(leaves[i]!)
  return made(floats, dtype === dtypes.float32 ? dtype : dtypes.float64)
}

/** A tensor with a copy of data: what `tensor`, `as_tensor`, `new_tensor` and the legacy constructors share. */
export function make_tensor(data: unknown, options: CreateOptions): Tensor {
  let made: Tensor
  // One by one, not by own_value: each costs less where V8 sees the name.
  const wanted = Object.hasOwn(options, 'dtype') ? (options.dtype ?? null) : null
  const place = Object.hasOwn(options, 'device') ? (options.device ?? null) : null
  const pins = Object.hasOwn(options, 'pin_memory') ? (options.pin_memory ?? false) : false
  const requires_grad = Object.hasOwn(options, 'requires_grad') ? (options.requires_grad ?? false) : false
  if (data instanceof Tensor) {
    made = data.detach().clone()
    if (wanted !== null) made = made.to(wanted)
  } else if (is_view(data)) {
    const dtype = dtype_of_array(data)
    made = wrap(native.from_bytes(data, dtype[LOWERED], [data.length]))
    if (wanted !== null) made = made.to(wanted)
  } else if (Array.isArray(data)) {
    const { leaves, shape, float_tensors } = flatten(data)
    const dtype = wanted ?? dtype_of(leaves)
    if (float_tensors && is_integral(dtype))
      throw type_error('only integer tensors of a single element can be converted to an index', 'tensor')
    made = from_leaves(leaves, shape, dtype)
  } else if (is_leaf(data)) {
    made = from_leaves([data], [], wanted ?? dtype_of([data]))
  } else {
    throw type_error(
      `tensor(): argument 'data' must be a number, bigint, boolean, array, typed array or Tensor, not ${type_name(data)}`,
      'tensor',
    )
  }
  if (place !== null && lower_device(place) !== 'cpu') made = made.to(place)
  if (expect_bool(pins, 'tensor', 'pin_memory')) made = made.pin_memory()
  if (expect_bool(requires_grad, 'tensor', 'requires_grad')) native.set_requires_grad(handle_of(made), true)
  return made
}

/** Options with the default device where they name none. */
function on_default_device<Options extends { device?: DeviceLike | null }>(options: Options): Options {
  return default_device === null || (own_value(options, 'device') ?? null) !== null
    ? options
    : { ...options, device: default_device }
}

const DTYPE = { dtype: optional<DType | null>(null) }
const DEVICE = { device: optional<DeviceLike | null>(null) }
const KEYWORD_DTYPE = { dtype: keyword<DType | null>(null) }
const KEYWORD_DEVICE = { device: keyword<DeviceLike | null>(null) }
const REQUIRES_GRAD = { requires_grad: keyword(false, expect_bool) }

const TENSOR = signature(
  'tensor',
  { data: required<TensorData>() },
  KEYWORD_DTYPE,
  KEYWORD_DEVICE,
  // Checked where the tensor is made.
  { requires_grad: keyword<boolean>(false) },
  { pin_memory: keyword<boolean>(false) },
)
const AS_TENSOR = signature('as_tensor', { data: required<TensorData>() }, DTYPE, DEVICE)
const ASARRAY = signature(
  'asarray',
  { obj: required<TensorData>() },
  KEYWORD_DTYPE,
  KEYWORD_DEVICE,
  { copy: keyword<boolean | null>(null) },
  REQUIRES_GRAD,
)

/**
 * A tensor with a copy of data. The dtype follows the JavaScript type, never the values: numbers give the default
 * dtype (float32), bigints int64, booleans bool, typed arrays their own type.
 *
 * @param data a number, nested arrays of numbers, bigints or booleans, a typed array, a tensor
 * @param options `dtype`, `device`, `requires_grad`, `pin_memory`
 * @throws ValueError where nested arrays have unequal lengths
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.tensor([[1, 2], [3, 4]]).shape // [2, 2]
 * torch.tensor([0n, 2n, 1n]).dtype // torch.int64
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.tensor.html
 */
export function tensor(data: TensorData, options?: CreateOptions): Tensor
export function tensor(options: CreateOptions & { data: TensorData }): Tensor
export function tensor(...args: unknown[]): Tensor {
  const { data, ...options } = TENSOR.take(args)
  return make_tensor(data, on_default_device(options))
}

/**
 * As {@link tensor}, but a tensor that already fits is returned as it is.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.as_tensor.html
 */
export function as_tensor(
  data: TensorData,
  options?: { dtype?: DType | null; device?: DeviceLike | null },
): Tensor
export function as_tensor(
  data: TensorData,
  dtype: DType | null,
  device?: DeviceLike | null | { device?: DeviceLike | null },
): Tensor
export function as_tensor(...args: unknown[]): Tensor {
  const { data, ...given } = AS_TENSOR.take(args)
  const options = on_default_device(given)
  if (data instanceof Tensor) {
    const same_dtype = !options.dtype || options.dtype === data.dtype
    const same_device = !options.device || lower_device(options.device) === String(data.device)
    return same_dtype && same_device
      ? data
      : data.to({ dtype: options.dtype ?? data.dtype, device: options.device ?? data.device })
  }
  return make_tensor(data, options)
}

/**
 * As {@link as_tensor}, with a choice to copy.
 *
 * @param options `dtype`, `device`; `copy`: true always copies; `requires_grad`
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.asarray.html
 */
export function asarray(...args: Call<typeof ASARRAY>): Tensor
export function asarray(...args: UsualCall<typeof ASARRAY>): Tensor
export function asarray(...args: unknown[]): Tensor {
  const { obj, copy, requires_grad, ...options } = ASARRAY.take(args)
  const made = copy === true ? make_tensor(obj, on_default_device(options)) : as_tensor(obj, options)
  return requires_grad ? made.requires_grad_() : made
}

const full_operator = operator('aten::full')
const FULL = signature(
  'full',
  { size: required<readonly (number | bigint)[]>() },
  { fill_value: required<Leaf>() },
  { out: keyword<Tensor | null>(null) },
  KEYWORD_DTYPE,
  { layout: keyword<Layout | null>(null) },
  KEYWORD_DEVICE,
  { pin_memory: keyword<boolean | null>(null) },
  REQUIRES_GRAD,
)

/**
 * A tensor filled with one value; its dtype follows the value's JavaScript type, as {@link tensor}'s.
 *
 * @param size its shape
 * @param fill_value the value
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.full.html
 */
export function full(
  size: readonly (number | bigint)[],
  fill_value: Leaf,
  options?: Omit<CreateOptions, 'pin_memory'> & { out?: Tensor },
): Tensor
export function full(...args: unknown[]): Tensor {
  const { size, fill_value, out, requires_grad, dtype, device, layout, pin_memory } = FULL.take(args)
  if (out !== null) return operator('aten::full.out')(size, fill_value, { out })
  return full_operator(size, fill_value, {
    dtype: dtype ?? dtype_of([fill_value]),
    ...(device ? { device } : {}),
    ...(layout ? { layout } : {}),
    ...(pin_memory ? { pin_memory } : {}),
    requires_grad,
  })
}

function legacy(dtype: DType) {
  const name = `${legacy_name(dtype)}Tensor`
  const make = (...args: (number | TensorData)[]): Tensor => {
    if (args.length === 0) return make_tensor([], { dtype })
    if (args.every((a) => typeof a === 'number'))
      return operator('aten::empty.memory_format')(args, { dtype, device: 'cpu' })
    if (args.length !== 1) throw type_error(`${name}(): expected sizes or data, not ${args.length} arguments`)
    return make_tensor(args[0], { dtype })
  }
  note_legacy_type(make, dtype)
  return Object.defineProperty(make, 'name', { value: name })
}

/** Python's `torch.FloatTensor`: from sizes or from data. */
export const FloatTensor = legacy(dtypes.float32)
export const DoubleTensor = legacy(dtypes.float64)
export const HalfTensor = legacy(dtypes.float16)
export const BFloat16Tensor = legacy(dtypes.bfloat16)
export const ByteTensor = legacy(dtypes.uint8)
export const CharTensor = legacy(dtypes.int8)
export const ShortTensor = legacy(dtypes.int16)
export const IntTensor = legacy(dtypes.int32)
/** Integers of 64 bits: `torch.LongTensor([0, 2, 1])`. */
export const LongTensor = legacy(dtypes.int64)
export const BoolTensor = legacy(dtypes.bool)
