import { extname } from 'node:path'
import { inspect } from 'node:util'
import { BudgetError, runtime_error, type_error, type_name, value_error } from '../errors.js'
import { own, own_value } from '../own.js'
import { check_options } from '../python/options.js'
import { is_error } from '../realm.js'
import { write_whole } from '../serialization/atomic.js'
import { Budget } from '../serialization/budget.js'
import type { LoadLimits } from '../serialization/limits.js'
import { read_bytes } from '../serialization/source.js'
import { convert_mode } from './convert_mode.js'
import { read_image_bytes } from './formats/index.js'
import {
  type ChannelMode,
  type Extras,
  is_channel_mode,
  is_mode,
  type Mode,
  PIXEL,
  type Transparency,
} from './mode.js'
import { type Resampling, resample } from './resample.js'
import { load_sharp } from './sharp.js'

export type { Extras, Mode, Transparency } from './mode.js'

/** Options of {@link Image.open}. */
export interface ImageOpenOptions {
  /** What reading the file may take. Default: what `torch.serialization.set_default_load_limits` says. */
  limits?: LoadLimits | null
}

/**
 * An image: the counterpart of PIL's, which datasets give and transforms take. Its arithmetic (grey values, resampling,
 * blending) is PIL's own, to the last bit.
 *
 * @param mode - a {@link Mode}: `'L'` grey, `'RGB'` colours, `'RGBA'` with alpha, …
 * @param width - in pixels
 * @param height - in pixels
 * @param data - the bytes, row by row, a pixel's channels together; numbers of 16 and 32 bits with the least significant byte
 *   first
 * @param extras - a palette, and what is transparent
 * @throws ValueError for another mode, or another number of bytes
 *
 * @example
 * ```ts
 * const image = new vision.Image('L', 2, 2, new Uint8Array([0, 80, 160, 240]))
 * const tensor = vision.transforms.functional.to_tensor(image) // (1, 2, 2), between 0 and 1
 * ```
 */
export class Image implements Extras {
  declare readonly channels: number
  declare readonly data: Uint8Array
  declare readonly palette?: Uint8Array
  declare readonly transparency?: Transparency

  constructor(
    readonly mode: Mode,
    readonly width: number,
    readonly height: number,
    data: Uint8Array,
    extras: Extras = {},
  ) {
    extras = own(extras)
    // A Buffer's slice() would be no copy.
    this.data = Buffer.isBuffer(data) ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data
    if (!is_mode(mode)) throw value_error(`unrecognized image mode: ${String(mode)}`)
    this.channels = PIXEL[mode].channels
    if (extras.palette !== undefined) this.palette = extras.palette
    if (extras.transparency !== undefined) this.transparency = extras.transparency
    const expected = width * height * PIXEL[mode].bytes
    if (data.length !== expected)
      throw value_error(
        `an image of mode ${mode} and size (${width}, ${height}) has ${expected} bytes, not ${data.length}`,
      )
  }

  /** Width and height. */
  get size(): [width: number, height: number] {
    return [this.width, this.height]
  }

  /**
   * Reads an image file's first image as PIL does: PNG, JPEG, WebP, GIF, TIFF, BMP, PBM, PGM, PPM and PFM. Colour
   * profiles are not applied, nor is the orientation that EXIF names (but a TIFF's is, as in PIL).
   *
   * @param source - a path, or the file's bytes
   * @param options.limits - what reading the file may take, see `LoadLimits` of torch.serialization
   * @throws BudgetError where the file would take more than a limit, which it names
   * @throws RuntimeError, with the path, for a damaged file or one of another format; the system's error where there is none
   */
  static async open(source: string | Uint8Array, options: ImageOpenOptions = {}): Promise<Image> {
    check_options('Image.open', options, ['limits'])
    const named = typeof source === 'string'
    if (!named && !ArrayBuffer.isView(source))
      throw type_error(`Image.open(): argument 'source' must be a path or bytes, not ${type_name(source)}`)
    const bytes = named ? await read_bytes('Image.open', source) : source
    const name = named ? `'${source}'` : 'in the given bytes'
    const budget = new Budget('Image.open', name, bytes.length, own_value(options, 'limits'))
    try {
      const { mode, width, height, data, ...extras } = await read_image_bytes(bytes, budget)
      return new Image(mode, width, height, data, extras)
    } catch (cause) {
      throw unreadable(name, cause)
    }
  }

  /**
   * Writes the image; the path's ending says the format. The file appears under its name only when all of it is on the disk.
   *
   * @throws ValueError for an ending that no format has, RuntimeError where the mode has first to be converted, or where the
   *   file cannot be written
   */
  async save(path: string): Promise<void> {
    const sharp = await load_sharp()
    const { width, height, channels } = this
    const ending = extname(path)
    if (!is_channel_mode(this.mode))
      throw runtime_error(
        `cannot write mode ${this.mode} as ${ending}: convert it to 'L', 'LA', 'RGB' or 'RGBA'`,
      )
    const image = sharp(this.data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } })
    image.toColourspace(channels < 3 ? 'b-w' : 'srgb')
    try {
      image.toFormat(ending.slice(1).toLowerCase() as keyof typeof sharp.format)
    } catch {
      throw value_error(`unknown file extension: ${ending}`)
    }
    write_whole('save', path, await image.toBuffer())
  }

  /**
   * The image in mode `'L'`, `'LA'`, `'RGB'` or `'RGBA'`, from any mode. Grey is
   * (19595 R + 38470 G + 7471 B + 32768) / 65536; values of 16 and 32 bits are cut off at 255, as in PIL; alpha is 255 where
   * there was none, and is dropped where none is wanted.
   *
   * @throws ValueError for another mode than the image's own
   */
  convert(mode: Mode): Image {
    if (mode === this.mode) return this
    const { width, height, data, ...extras } = convert_mode(this, mode)
    return new Image(mode, width, height, data, extras)
  }

  /**
   * The image at another size.
   *
   * @param size - width and height
   * @param resampling - the filter; modes `'1'` and `'P'` take the nearest pixel, as in PIL. Default: `'bicubic'`, as PIL's
   * @throws ValueError for a size that is not positive, or a mode whose values cannot be mixed
   */
  resize([width, height]: readonly [number, number], resampling: Resampling = 'bicubic'): Image {
    if (width <= 0 || height <= 0) throw value_error('height and width must be > 0')
    const filter = this.mode === '1' || this.mode === 'P' ? 'nearest' : resampling
    if (filter !== 'nearest') require_channels(this, 'resize')
    const data = resample(pixels_of(this), width, height, filter)
    return new Image(this.mode, width, height, data, this)
  }
  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  toString(): string {
    return `<Image mode=${this.mode} size=${this.width}x${this.height}>`
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

// Where only bytes are moved, a pixel's bytes are its channels.
const pixels_of = ({ mode, width, height, data }: Image) => ({
  width,
  height,
  channels: PIXEL[mode].bytes,
  data,
})

/**
 * Refuses images whose values cannot be blended or resampled.
 *
 * @throws ValueError that says what to do
 */
export function require_channels(image: Image, name: string): asserts image is Image & { mode: ChannelMode } {
  if (!is_channel_mode(image.mode))
    throw value_error(
      `${name}(): images of mode '${image.mode}' are not supported: convert them to 'L', 'LA', 'RGB' or 'RGBA' first`,
    )
}

/** The error of a file that cannot be read, with its name. */
export function unreadable(name: string, cause: unknown): Error {
  if (cause instanceof BudgetError) return cause
  const message = is_error(cause) ? cause.message : String(cause)
  const error = runtime_error(`cannot read the image ${name}: ${message}`)
  error.cause = cause
  return error
}
