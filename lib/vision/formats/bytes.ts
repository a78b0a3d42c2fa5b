import { runtime_error } from '../../errors.js'

export const truncated = (): Error => runtime_error('image file is truncated')
export const unsupported = (what: string): Error => runtime_error(what)

/** True where a file begins with these bytes. */
export const begins = (bytes: Uint8Array, start: string, at = 0): boolean =>
  start.length + at <= bytes.length && [...start].every((c, i) => bytes[at + i] === c.charCodeAt(0))

// PIL's limit, beyond which a file is taken for an attack.
const MOST_PIXELS = 178956970

/**
 * Refuses sizes that no image has, before memory is taken for them.
 *
 * @throws RuntimeError for no width or height, or too many pixels
 */
export function check_size(width: number, height: number): void {
  if (width === 0 || height === 0) throw unsupported('an image of no width or height')
  if (width * height > MOST_PIXELS)
    throw unsupported(
      `Image size (${width * height} pixels) exceeds limit of ${MOST_PIXELS} pixels, could be decompression bomb DOS attack.`,
    )
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
  return Uint8Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + 1]!)
}
