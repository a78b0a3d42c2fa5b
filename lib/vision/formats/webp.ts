import type { Raster } from '../mode.js'
import { read_samples } from '../sharp.js'
import { begins } from './bytes.js'

const ANIMATION = 2

export const is_webp = (bytes: Uint8Array): boolean => begins(bytes, 'RIFF') && begins(bytes, 'WEBPVP8', 8)

/** True for a WebP file of more than one frame. */
export const is_animated_webp = (bytes: Uint8Array): boolean =>
  begins(bytes, 'VP8X', 12) && ((bytes[20] ?? 0) & ANIMATION) !== 0

/** Reads a WebP file's image, of an animated one the first. */
export async function read_webp(bytes: Uint8Array): Promise<Raster> {
  const { width, height, channels, data } = await read_samples(bytes, 'srgb')
  return { mode: channels === 4 ? 'RGBA' : 'RGB', width, height, data }
}
