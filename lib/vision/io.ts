import { uint8 } from '../dtype.js'
import { key_error, runtime_error, type_error, type_name } from '../errors.js'
import { own_value } from '../own.js'
import { check_options } from '../python/options.js'
import { write_whole } from '../serialization/atomic.js'
import { Budget } from '../serialization/budget.js'
import type { LoadLimits } from '../serialization/limits.js'
import { read_bytes } from '../serialization/source.js'
import { frombuffer } from '../tensor/from_memory.js'
import { Tensor } from '../tensor.js'
import { type DecodeMode, decode } from './decode.js'
import { type Image, unreadable } from './image.js'
import { bytes_of, image_of } from './pixels.js'
import { load_sharp } from './sharp.js'

/** How {@link decode_image} gives the colours: as the file has them, or in one of the modes. */
export const ImageReadMode = Object.freeze({
  UNCHANGED: 'UNCHANGED',
  GRAY: 'GRAY',
  GRAY_ALPHA: 'GRAY_ALPHA',
  RGB: 'RGB',
  RGB_ALPHA: 'RGB_ALPHA',
  RGBA: 'RGB_ALPHA',
} as const)
export type ImageReadMode = keyof typeof ImageReadMode

/** Options of {@link decode_image} and {@link read_image}. */
export interface DecodeOptions {
  /** The colours wanted. Default: `'UNCHANGED'`. */
  mode?: ImageReadMode
  /** Whether the rotation that the file's EXIF names is applied. Default: false. */
  apply_exif_orientation?: boolean
  /** What reading the file may take. Default: what `torch.serialization.set_default_load_limits` says. */
  limits?: LoadLimits | null
}

/** A file's bytes, as a tensor of dtype uint8. */
export async function read_file(path: string): Promise<Tensor> {
  return frombuffer(await read_bytes('read_file', path), { dtype: uint8 })
}

/**
 * Writes a tensor of dtype uint8 and one dimension to a file, which appears under its name only when all of it is on the disk.
 *
 * @throws RuntimeError where the file cannot be written; an old one is as it was
 */
export async function write_file(filename: string, data: Tensor): Promise<void> {
  write_whole('write_file', filename, bytes_of(data))
}

interface Decoding {
  mode: DecodeMode
  oriented: boolean
  limits: LoadLimits | null
}

function decoding_of(mode: ImageReadMode | DecodeOptions, options: DecodeOptions): Decoding {
  for (const part of [mode, options])
    if (typeof part !== 'string')
      check_options('decode_image', part, ['mode', 'apply_exif_orientation', 'limits'])
  const given = { mode: 'UNCHANGED' as const, ...(typeof mode === 'string' ? { mode } : mode), ...options }
  const name = String(given.mode).toUpperCase()
  if (!Object.hasOwn(ImageReadMode, name))
    throw key_error(
      `'${String(given.mode)}': decode_image's modes are ${Object.keys(ImageReadMode).join(', ')}`,
    )
  return {
    mode: ImageReadMode[name as ImageReadMode],
    oriented: own_value(given, 'apply_exif_orientation') === true,
    limits: own_value(given, 'limits') ?? null,
  }
}

/**
 * Decodes a PNG, JPEG, WebP or GIF as torchvision does, to the bit. The promise stands where Python waits.
 *
 * @param input - the file's bytes, of dtype uint8 and one dimension; or a path
 * @param mode - the colours wanted, a string of {@link ImageReadMode}. Default: `'UNCHANGED'`
 * @param options.apply_exif_orientation - whether the rotation that a JPEG's or PNG's EXIF names is applied. Default: false
 * @param options.limits - what reading the file may take, see `LoadLimits` of torch.serialization
 * @returns uint8 (channels, height, width), between 0 and 255; uint16 of a PNG of 16 bits; (frames, 3, height, width) of a GIF
 *   of more than one frame. A palette's pixels in mode `'UNCHANGED'` are its places
 * @throws RuntimeError for another format, a mode that the format has not, or a damaged file, which is named
 * @throws BudgetError where the file would take more than a limit, which it names
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.io.decode_image.html
 */
export async function decode_image(
  input: Tensor | string,
  mode: ImageReadMode | DecodeOptions = 'UNCHANGED',
  options: DecodeOptions = {},
): Promise<Tensor> {
  const wanted = decoding_of(mode, options)
  if (typeof input === 'string')
    return decode_bytes(`'${input}'`, await read_bytes('decode_image', input), wanted)
  if (!(input instanceof Tensor))
    throw type_error(`decode_image(): argument 'input' must be Tensor or a path, not ${type_name(input)}`)
  if (input.dtype !== uint8)
    throw runtime_error(`decode_image: Expected a torch.uint8 tensor, got ${input.dtype}`)
  if (input.ndim !== 1 || input.numel() === 0)
    throw runtime_error(
      `decode_image: Expected a non empty 1-dimensional tensor, got one of shape (${input.shape.join(', ')})`,
    )
  return decode_bytes('in the given tensor', bytes_of(input), wanted)
}

async function decode_bytes(name: string, bytes: Uint8Array, wanted: Decoding): Promise<Tensor> {
  const budget = new Budget('decode_image', name, bytes.length, wanted.limits)
  try {
    return await decode(bytes, wanted.mode, wanted.oriented, budget)
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

/**
 * Reads an image file.
 *
 * @param path - the file
 * @param mode - the colours wanted. Default: `'UNCHANGED'`
 * @returns what {@link decode_image} gives
 * @throws RuntimeError that names the file where it cannot be decoded
 *
 * @example
 * ```ts
 * await vision.io.write_png(torch.full([3, 2, 2], 255, { dtype: torch.uint8 }), 'white.png')
 * const image = await vision.io.read_image('white.png') // (3, 2, 2)
 * ```
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.io.read_image.html
 */
export async function read_image(
  path: string,
  mode: ImageReadMode | DecodeOptions = 'UNCHANGED',
  options: DecodeOptions = {},
): Promise<Tensor> {
  return decode_image(path, mode, options)
}

function encodable(input: Tensor, name: string): Image {
  if (input.dtype !== uint8) throw runtime_error(`${name}: Input tensor dtype should be uint8`)
  if (input.ndim !== 3) throw runtime_error(`${name}: Input data should be a 3-dimensional tensor`)
  const [channels] = input.shape
  if (channels !== 1 && channels !== 3)
    throw runtime_error(`${name}: The number of channels should be 1 or 3, got: ${channels}`)
  return image_of(input, channels === 1 ? 'L' : 'RGB')
}

async function raw(image: Image) {
  const { width, height, channels } = image
  const sharp = await load_sharp()
  return sharp(image.data, { raw: { width, height, channels: channels as 1 | 3 } }).toColourspace(
    channels === 1 ? 'b-w' : 'srgb',
  )
}

/**
 * Encodes an image as PNG.
 *
 * @param input - uint8 (1 or 3, height, width)
 * @param compression_level - from 0 to 9. Default: 6
 * @returns the file's bytes
 */
export async function encode_png(input: Tensor, compression_level = 6): Promise<Tensor> {
  if (!(compression_level >= 0 && compression_level <= 9))
    throw runtime_error('encode_png: Compression level should be between 0 and 9')
  const image = await raw(encodable(input, 'encode_png'))
  return frombuffer(await image.png({ compressionLevel: compression_level }).toBuffer(), { dtype: uint8 })
}

/**
 * Encodes an image as JPEG.
 *
 * @param input - uint8 (1 or 3, height, width)
 * @param quality - from 1 to 100. Default: 75
 * @returns the file's bytes
 */
export async function encode_jpeg(input: Tensor, quality = 75): Promise<Tensor> {
  if (!(quality >= 1 && quality <= 100))
    throw runtime_error('encode_jpeg: Image quality should be a positive number between 1 and 100')
  const image = await raw(encodable(input, 'encode_jpeg'))
  return frombuffer(await image.jpeg({ quality }).toBuffer(), { dtype: uint8 })
}

/** Writes an image, uint8 (1 or 3, height, width), as a PNG file. */
export async function write_png(input: Tensor, filename: string, compression_level = 6): Promise<void> {
  await write_file(filename, await encode_png(input, compression_level))
}

/** Writes an image, uint8 (1 or 3, height, width), as a JPEG file. */
export async function write_jpeg(input: Tensor, filename: string, quality = 75): Promise<void> {
  await write_file(filename, await encode_jpeg(input, quality))
}
