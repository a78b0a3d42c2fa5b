import type { Budget } from '../../serialization/budget.js'
import type { Raster } from '../mode.js'
import { read_samples, type Samples } from '../sharp.js'
import { begins, check_size, part, view_of } from './bytes.js'

const ANIMATION = 2
const CHUNKS = 12

export const is_webp = (bytes: Uint8Array): boolean => begins(bytes, 'RIFF') && begins(bytes, 'WEBPVP8', 8)

/** True for a WebP file of more than one frame. */
export const is_animated_webp = (bytes: Uint8Array): boolean =>
  begins(bytes, 'VP8X', 12) && ((bytes[20] ?? 0) & ANIMATION) !== 0

/** Width and height as the first chunk has them: those of the canvas, of a lossless or of a lossy image. */
function size_of(bytes: Uint8Array): [width: number, height: number] {
  const view = view_of(part(bytes, CHUNKS, 18))
  const u24 = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16)
  if (begins(bytes, 'VP8X', CHUNKS)) return [u24(12) + 1, u24(15) + 1]
  if (begins(bytes, 'VP8L', CHUNKS)) {
    const bits = view.getUint32(9, true)
    return [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1]
  }
  return [view.getUint16(14, true) & 0x3fff, view.getUint16(16, true) & 0x3fff]
}

/** A WebP file's samples: colours, with alpha where it has them. */
export function webp_samples(bytes: Uint8Array, budget: Budget): Promise<Samples> {
  const [width, height] = size_of(bytes)
  check_size(width, height, 4, budget)
  return read_samples(bytes, 'srgb', budget)
}

/** Reads a WebP file's image, of an animated one the first. */
export async function read_webp(bytes: Uint8Array, budget: Budget): Promise<Raster> {
  const { width, height, channels, data } = await webp_samples(bytes, budget)
  return { mode: channels === 4 ? 'RGBA' : 'RGB', width, height, data }
}
