import { begins, view_of } from './bytes.js'

const ORIENTATION = 0x112

/**
 * The orientation, 1 to 8, that an EXIF block names; 1 where it names none or cannot be read.
 *
 * @param tiff the block, from its byte order on
 */
export function orientation_of(tiff: Uint8Array): number {
  const little = begins(tiff, 'II')
  if (tiff.length < 8 || !(little || begins(tiff, 'MM'))) return 1
  const view = view_of(tiff)
  const start = view.getUint32(4, little)
  if (start + 2 > tiff.length) return 1
  const count = view.getUint16(start, little)
  for (let at = start + 2; at < start + 2 + 12 * count && at + 12 <= tiff.length; at += 12) {
    if (view.getUint16(at, little) !== ORIENTATION) continue
    const value = view.getUint16(at + 8, little)
    return value >= 1 && value <= 8 ? value : 1
  }
  return 1
}

/** Pixels of an image that is turned as its orientation says. */
export function turned<T extends { width: number; height: number; data: Uint8Array }>(
  image: T,
  orientation: number,
): T {
  if (orientation === 1) return image
  const { width, height, data } = image
  const size = data.length / (width * height)
  const swapped = orientation > 4
  const mirrored = [2, 3, 6, 7].includes(orientation)
  const upside_down = [3, 4, 7, 8].includes(orientation)
  const [to_width, to_height] = swapped ? [height, width] : [width, height]
  const target = new Uint8Array(data.length)
  let at = 0
  for (let row = 0; row < to_height; row++) {
    const y = upside_down ? to_height - 1 - row : row
    for (let column = 0; column < to_width; column++) {
      const x = mirrored ? to_width - 1 - column : column
      const from = (swapped ? x * width + y : y * width + x) * size
      for (let c = 0; c < size; c++) target[at++] = data[from + c]!
    }
  }
  return { ...image, width: to_width, height: to_height, data: target }
}
