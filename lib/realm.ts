import { types } from 'node:util'

// Jest and vm contexts have an Object, Array, Map, … of their own: what tests make there is no instance of ours. These
// tests hold for the values of every realm. Our own realm's are told first, by what costs least.

/** The prototype of plain objects of another realm: the root of a chain, with the methods that all objects have. */
export function is_root(prototype: object): boolean {
  return (
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'hasOwnProperty') &&
    Object.hasOwn(prototype, 'isPrototypeOf') &&
    (prototype as { constructor?: { name?: unknown } }).constructor?.name === 'Object'
  )
}

/** Tells a plain object: one of `{}`, `Object.create(null)` or JSON, and of no class. */
export function is_plain_object(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: object | null = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || is_root(prototype)
}

export function is_map(value: unknown): value is Map<unknown, unknown> {
  return value instanceof Map || types.isMap(value)
}

export function is_set(value: unknown): value is Set<unknown> {
  return value instanceof Set || types.isSet(value)
}

export function is_date(value: unknown): value is Date {
  return types.isDate(value)
}

export function is_regexp(value: unknown): value is RegExp {
  return types.isRegExp(value)
}

export function is_array_buffer(value: unknown): value is ArrayBuffer {
  return types.isArrayBuffer(value)
}

const tag_of = (value: object): unknown => (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]

/** Tells an error, a DOMException included. */
export function is_error(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof Error || types.isNativeError(value) || tag_of(value) === 'DOMException'
}

export function is_url(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof URL || (tag_of(value) === 'URL' && typeof (value as URL).href === 'string')
}

export function is_abort_signal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false
  return (
    value instanceof AbortSignal ||
    (tag_of(value) === 'AbortSignal' && typeof (value as AbortSignal).aborted === 'boolean')
  )
}

/** The views that are no DataView. */
export type AnyTypedArray =
  | Exclude<NodeJS.TypedArray, BigInt64Array | BigUint64Array>
  | BigInt64Array
  | BigUint64Array

export function is_typed_array(value: unknown): value is AnyTypedArray {
  return ArrayBuffer.isView(value) && !types.isDataView(value)
}

const typed_array_tag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)!.get!

/** The class that a typed array has or extends by name, as `'Float32Array'`; undefined for everything else. */
export function typed_array_name(value: unknown): string | undefined {
  return typed_array_tag.call(value) as string | undefined
}

/** Tells bytes: a Uint8Array, Node's Buffers included. */
export function is_bytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || typed_array_name(value) === 'Uint8Array'
}
