import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { make_error, runtime_error, type_error } from '../errors.js'
import { outside_functorch, readable } from '../func/wrapper.js'
import { strided } from '../layout.js'
import { native } from '../native.js'
import { own_value } from '../own.js'
import { typed_array_name } from '../realm.js'
import { Complex } from '../scalar.js'
import { handle_of, type Tensor } from '../tensor.js'

/** Elements in nested arrays, or one alone: numbers, booleans of a bool tensor, and complex numbers. */
export type NestedList = number | boolean | Complex | NestedList[]

/** The typed arrays that tensors come as. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array

type TypedArrayClass = {
  new (buffer: ArrayBufferLike, offset: number, length: number): TypedArray
  BYTES_PER_ELEMENT: number
}

const classes: Record<string, [TypedArrayClass, items: number]> = {
  float32: [Float32Array, 1],
  float64: [Float64Array, 1],
  int8: [Int8Array, 1],
  uint8: [Uint8Array, 1],
  int16: [Int16Array, 1],
  uint16: [Uint16Array, 1],
  int32: [Int32Array, 1],
  uint32: [Uint32Array, 1],
  int64: [BigInt64Array, 1],
  uint64: [BigUint64Array, 1],
  bool: [Uint8Array, 1],
  float16: [Uint16Array, 1],
  bfloat16: [Uint16Array, 1],
  complex32: [Uint16Array, 2],
  complex64: [Float32Array, 2],
  complex128: [Float64Array, 2],
}

const dtypes_of_arrays: Record<string, DType> = {
  Float32Array: dtypes.float32,
  Float64Array: dtypes.float64,
  Int8Array: dtypes.int8,
  Uint8Array: dtypes.uint8,
  Uint8ClampedArray: dtypes.uint8,
  Int16Array: dtypes.int16,
  Uint16Array: dtypes.uint16,
  Int32Array: dtypes.int32,
  Uint32Array: dtypes.uint32,
  BigInt64Array: dtypes.int64,
  BigUint64Array: dtypes.uint64,
}

/** The dtype of a JavaScript typed array's elements. */
export function dtype_of_array(array: ArrayBufferView): DType {
  const dtype = own_value(dtypes_of_arrays, typed_array_name(array) ?? '')
  if (dtype !== undefined) return dtype
  throw type_error(`tensor(): a ${array.constructor.name} holds no elements of a dtype`, 'tensor')
}

/** A typed array of a dtype over part of a buffer; `count` elements from a byte on. */
export function typed_view(dtype: DType, buffer: ArrayBufferLike, offset: number, count: number): TypedArray {
  const [make, items] = own_value(classes, dtype.name) ?? [Uint8Array, dtype.itemsize]
  return new make(buffer, offset, count * items)
}

/** The elements row by row, as numbers, booleans or Complex. */
export function decode_elements(tensor: Tensor): unknown[] {
  const plain = readable(tensor)
  if (plain === null || plain.layout !== strided)
    throw runtime_error("Cannot access data pointer of Tensor that doesn't have storage", 'tolist')
  return outside_functorch(() => decode(plain))
}

function decode(tensor: Tensor): unknown[] {
  const { dtype } = tensor
  const exact =
    dtype.is_floating_point && dtype !== dtypes.float64 && dtype !== dtypes.float32
      ? tensor.detach().to(dtypes.float32)
      : tensor
  const wide = dtype === dtypes.complex32 ? tensor.detach().to(dtypes.complex64) : exact
  const array = typed_view(wide.dtype, native.to_bytes(handle_of(wide)), 0, wide.numel())
  if (dtype === dtypes.bool) return Array.from(array as Uint8Array, (v) => v !== 0)
  if (dtype.is_complex) {
    const parts = array as Float64Array
    return Array.from({ length: parts.length / 2 }, (_, i) => new Complex(parts[2 * i]!, parts[2 * i + 1]!))
  }
  if (typeof array[0] === 'bigint') return Array.from(array as BigInt64Array, safe_number)
  return Array.from(array as Float64Array)
}

function safe_number(value: bigint): number {
  const number = Number(value)
  if (Number.isSafeInteger(number) || BigInt(number) === value) return number
  throw make_error(
    'RuntimeError',
    `tolist(): ${value} cannot be held exactly by a number; use typed_array() or item_bigint()`,
    'tolist',
  )
}

/** A flat array as nested arrays of a shape. */
export function nest(elements: readonly unknown[], shape: readonly number[]): unknown[] {
  let place = 0
  const build = (dim: number): unknown[] => {
    const size = shape[dim]!
    if (dim === shape.length - 1) {
      const row = elements.slice(place, place + size)
      place += size
      return row
    }
    return Array.from({ length: size }, () => build(dim + 1))
  }
  return build(0)
}
