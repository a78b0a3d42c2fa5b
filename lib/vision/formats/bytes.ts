import { runtime_error } from '../../errors.js'
import type { Budget } from '../../serialization/budget.js'

export const truncated = (): Error => runtime_error('image file is truncated')
export const unsupported = (what: string): Error => runtime_error(what)

/** True where a file begins with these bytes. */
export const begins = (bytes: Uint8Array, start: string, at = 0): boolean =>
  start.length + at <= bytes.length && [...start].every((c, i) => bytes[at + i] === c.charCodeAt(0))

/**
 * Refuses sizes that no image has, before memory is taken for them.
 *
 * @throws RuntimeError for no width or height
 * @throws BudgetError for too many pixels
 */
export function check_size(width: number, height: number, bytes_of_pixel: number, budget: Budget): void {
  if (width === 0 || height === 0) throw unsupported('an image of no width or height')
  budget.take_image(width, height, bytes_of_pixel)
}

// What V8 takes for a part of a file.
const PART_BYTES = 512

/** Counts a chunk, a segment or a frame. */
export function take_part(budget: Budget): void {
  budget.take('records')
  budget.take_heap(PART_BYTES)
}

/** A view that reads numbers of a file. */
export const view_of = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * A part of a file.
 *
 * @throws RuntimeError where the file ends before
 */
export function part(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length > bytes.length) throw truncated()
  return bytes.subarray(start, start + length)
}

/** The samples of `from` channels of which only the first `to` count. */
export function first_channels(data: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return data
  const kept = new Uint8Array((data.length / from) * to)
  for (let i = 0, j = 0; j < kept.length; i += from, j += to)
    for (let c = 0; c < to; c++) kept[j + c] = data[i + c]!
  return kept
}

/** The more significant bytes of samples of 16 bits. */
export function high_bytes(data: Uint8Array): Uint8Array {
  const high = new Uint8Array(data.length >> 1)
  for (let i = 0; i < high.length; i++) high[i] = data[2 * i + 1]!
  return high
}
