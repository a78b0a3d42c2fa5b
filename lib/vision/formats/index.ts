import type { Budget } from '../../serialization/budget.js'
import type { Raster } from '../mode.js'
import { is_bmp, read_bmp } from './bmp.js'
import { begins, unsupported } from './bytes.js'
import { is_gif, read_gif } from './gif.js'
import { is_jpeg, read_jpeg } from './jpeg.js'
import { is_png, read_png } from './png.js'
import { is_ppm, read_ppm } from './ppm.js'
import { is_tiff, read_tiff } from './tiff.js'
import { is_webp, read_webp } from './webp.js'

const is_avif = (bytes: Uint8Array) => begins(bytes, 'ftyp', 4) && begins(bytes, 'avif', 8)

function read_avif(): never {
  throw unsupported(
    "AVIF is not read, since sharp's colours differ from PIL's: write it as PNG, or give sharp's pixels to new vision.Image",
  )
}

type Format = readonly [
  is: (bytes: Uint8Array) => boolean,
  read: (bytes: Uint8Array, budget: Budget) => Raster | Promise<Raster>,
]

const FORMATS: readonly Format[] = [
  [is_jpeg, read_jpeg],
  [is_png, read_png],
  [is_webp, read_webp],
  [is_gif, read_gif],
  [is_tiff, read_tiff],
  [is_bmp, read_bmp],
  [is_ppm, read_ppm],
  [is_avif, read_avif],
]

/**
 * Reads an image file's first image as PIL's `Image.open` does; its bytes, not its name, say the format.
 *
 * @param budget what it may take
 * @throws RuntimeError for another format, a kind of image that is not read, or a damaged file
 */
export async function read_image_bytes(bytes: Uint8Array, budget: Budget): Promise<Raster> {
  budget.read_compressed(bytes.length)
  const format = FORMATS.find(([is]) => is(bytes))
  if (format === undefined)
    throw unsupported(
      'cannot identify image file: it is no PNG, JPEG, WebP, GIF, TIFF, BMP, PBM, PGM, PPM or PFM',
    )
  return format[1](bytes, budget)
}
