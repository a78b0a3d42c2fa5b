import type sharp from 'sharp'
import type { Budget } from '../serialization/budget.js'

let loaded: typeof sharp | undefined

/** What decodes and encodes image files: loaded only where a file is read or written. */
export async function load_sharp(): Promise<typeof sharp> {
  loaded ??= (await import('sharp')).default
  return loaded
}

/** How sharp is to understand the samples, so that it changes none of them. */
export type Space = 'b-w' | 'srgb' | 'grey16' | 'rgb16' | 'cmyk'

// What sharp takes as a timeout.
const MOST_SECONDS = 3600

/** A file's samples as they are, row by row, a pixel's together. */
export interface Samples {
  readonly width: number
  readonly height: number
  readonly channels: number
  /** Of 8 bits, or of as many as were asked for, the least significant byte first. */
  readonly data: Uint8Array
}

/**
 * The samples of a file's first image. Colour profiles are not applied; what its decoder only warns of is taken, as PIL and
 * torchvision do.
 *
 * @param budget - of which the caller has taken the image
 * @throws Error of the decoder for a damaged or truncated file
 */
export async function read_samples(
  bytes: Uint8Array,
  space: Space,
  budget: Budget,
  depth: 'uchar' | 'ushort' | 'uint' | 'int' | 'float' = 'uchar',
): Promise<Samples> {
  const load = await load_sharp()
  const seconds = Math.min(MOST_SECONDS, Math.ceil(budget.seconds_left))
  const limitInputPixels = Math.min(Number.MAX_SAFE_INTEGER, budget.pixels)
  const { data, info } = await load(bytes, { ignoreIcc: true, failOn: 'error', limitInputPixels })
    .timeout({ seconds })
    .pipelineColourspace(space)
    .toColourspace(space)
    .raw({ depth })
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  return { width, height, channels, data: new Uint8Array(data.buffer, data.byteOffset, data.length) }
}
