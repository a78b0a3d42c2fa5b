import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'

/** A file that cannot be read as an image. */
export class ImageError extends Error {}

// How the files begin that are read. An SVG is a program that draws, and may draw in other files.
const BEGINNINGS = ['\xff\xd8\xff', '\x89PNG\r\n', 'RIFF', 'GIF8', 'II*\0', 'MM\0*']

/** The file's bytes: sharp keeps what it read by a path, also when the file is another one since. */
async function image_bytes(path: string): Promise<Buffer> {
  const bytes = await readFile(path)
  const beginning = bytes.toString('latin1', 0, 8)
  if (BEGINNINGS.some((known) => beginning.startsWith(known))) return bytes
  throw new Error('it is no JPEG, PNG, WebP, GIF or TIFF')
}

/**
 * Reads an image as a tensor of shape (1, 3, height, width), its colours between -1 and 1.
 *
 * @param size - the side of the square that it is cut and scaled to; as it is where none is given
 */
export async function load_image(path: string, size?: number): Promise<Tensor> {
  try {
    const image = sharp(await image_bytes(path))
      .autoOrient()
      .removeAlpha()
      .toColourspace('srgb')
    if (size !== undefined) image.resize(size, size, { fit: 'cover' })
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
    const pixels = torch.tensor(new Uint8Array(data)).view(1, info.height, info.width, 3)
    return pixels.permute(0, 3, 1, 2).contiguous().to(torch.float32).div(255).mul(2).sub(1)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new ImageError(`${path} cannot be read as an image: ${reason}`, { cause })
  }
}

// One image (1 or 3, height, width) as pixels, scaled up so that single ones can be seen.
async function to_png(image: Tensor, scale: number): Promise<Buffer> {
  const [, height, width] = image.shape as [number, number, number]
  const pixels = image
    .expand(3, height, width)
    .add(1)
    .div(2)
    .clamp(0, 1)
    .mul(255)
    .round()
    .to('cpu', torch.uint8)
    .permute(1, 2, 0)
    .contiguous()
  return sharp(pixels.typed_array() as Uint8Array, { raw: { width, height, channels: 3 } })
    .resize(width * scale, height * scale, { kernel: 'nearest' })
    .png()
    .toBuffer()
}

/**
 * Saves images as one PNG, laid out in a grid.
 *
 * @param images - of shape (n, 1 or 3, height, width), their colours between -1 and 1
 * @param options - how many in a row, and how many times as large each is drawn
 */
export async function save_images(
  images: Tensor,
  path: string,
  { columns = 8, scale = 1 }: { columns?: number; scale?: number } = {},
): Promise<void> {
  const gap = images.shape[0] === 1 ? 0 : 2
  const [count, , height, width] = images.shape as [number, number, number, number]
  const across = Math.min(columns, count)
  const place = (index: number, side: number) => gap + index * (side * scale + gap)
  const canvas = {
    width: place(across, width),
    height: place(Math.ceil(count / across), height),
    channels: 3 as const,
    background: 'black',
  }
  const tiles = await Promise.all(
    [...images].map(async (image, i) => ({
      input: await to_png(image, scale),
      left: place(i % across, width),
      top: place(Math.floor(i / across), height),
    })),
  )
  await sharp({ create: canvas }).composite(tiles).png().toFile(path)
}
