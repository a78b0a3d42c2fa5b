import { index_error, type_error } from '../../errors.js'

/** A whole number, as Python's int. */
export type Int = number | bigint

/** One whole number for all dimensions, or one for each. */
export type Size1 = Int | readonly [Int]
export type Size2 = Int | readonly [Int, Int]
export type Size3 = Int | readonly [Int, Int, Int]

export type Size4 = Int | readonly [Int, Int, Int, Int]
export type Size6 = Int | readonly [Int, Int, Int, Int, Int, Int]

/** One whole number, or one for each of any number of dimensions. */
export type AnySize = Int | readonly Int[]

/** A size as it was given: one number, or a frozen list. */
export function any_size(value: AnySize, name: string): number | readonly number[] {
  return typeof value === 'object' ? ntuple(value, value.length, name) : whole_number(value, name)
}

/** One number for each of `n` dimensions, frozen, as Python's tuples are. */
export function ntuple(value: Int | readonly Int[], n: number, name: string): readonly number[] {
  const values = Array.isArray(value) ? [...(value as Int[])] : new Array<Int>(n).fill(value as Int)
  return Object.freeze(values.map((item) => whole_number(item, name)))
}

/** A whole number; throws a TypeError that names the argument where there is none. */
export function whole_number(value: unknown, name: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number))
    throw type_error(`argument '${name}' must be int, not ${describe(value)}`)
  return number
}

function describe(value: unknown): string {
  if (typeof value === 'number') return `float (${value})`
  return value === null ? 'None' : Array.isArray(value) ? 'array' : typeof value
}

/** Each number `n` times, the last dimension first: what `pad` takes. */
export function reverse_repeat(values: readonly number[], n: number): number[] {
  return [...values].reverse().flatMap((value) => new Array<number>(n).fill(value))
}

/** The place that an index means in a list; negative ones count from the end. */
export function absolute_index(index: Int, length: number): number {
  const place = whole_number(index, 'index')
  if (place < -length || place >= length) throw index_error(`index ${place} is out of range`)
  return place < 0 ? place + length : place
}

/** A slice as Python writes it: `'1:3'`, `'::-1'`, `':-1'`. */
export type Slice = `${number | ''}:${number | ''}` | `${number | ''}:${number | ''}:${number | ''}`

/** The places of a slice of a list. */
export function slice_places(slice: string, length: number): number[] {
  const parts = slice.split(':')
  if (parts.length < 2 || parts.length > 3 || parts.some((part) => !/^\s*(?:[+-]?\d+)?\s*$/.test(part)))
    throw type_error(`a slice must look like 'start:stop' or 'start:stop:step', not ${JSON.stringify(slice)}`)
  const [start, stop, step = null] = parts.map((part) => (part.trim() === '' ? null : Number(part)))
  const stride = step ?? 1
  if (stride === 0) throw type_error('slice step cannot be zero')
  const low = stride > 0 ? 0 : -1
  const high = stride > 0 ? length : length - 1
  const clamp = (value: number) => Math.min(Math.max(value < 0 ? value + length : value, low), high)
  const begin = start === null || start === undefined ? (stride > 0 ? low : high) : clamp(start)
  const end = stop === null || stop === undefined ? (stride > 0 ? high : low) : clamp(stop)
  const places: number[] = []
  for (let place = begin; stride > 0 ? place < end : place > end; place += stride) places.push(place)
  return places
}
