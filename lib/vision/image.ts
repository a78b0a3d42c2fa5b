import { extname } from 'node:path'
import { inspect } from 'node:util'
import { value_error } from '../errors.js'
import { write_whole } from '../serialization/atomic.js'
import { type Resampling, resample } from './resample.js'
import { load_sharp } from './sharp.js'

/** How an image's bytes are meant: grey, grey with alpha, colours, colours with alpha. */
export type Mode = 'L' | 'LA' | 'RGB' | 'RGBA'

const CHANNELS: Record<Mode, number> = { L: 1, LA: 2, RGB: 3, RGBA: 4 }
const MODES: readonly Mode[] = ['L', 'LA', 'RGB', 'RGBA']

/**
 * An image of 8 bits a channel: the counterpart of PIL's, which datasets give and transforms take. Its arithmetic
 * (grey values, resampling, blending) is PIL's own, to the last bit.
 *
 * @param mode - `'L'`, `'LA'`, `'RGB'` or `'RGBA'`
 * @param width - in pixels
 * @param height - in pixels
 * @param data - the bytes, row by row, a pixel's channels together: height · width · channels of them
 * @throws ValueError for another mode, or another number of bytes
 *
 * @example
 * ```ts
 * const image = new vision.Image('L', 2, 2, new Uint8Array([0, 80, 160, 240]))
 * const tensor = vision.transforms.functional.to_tensor(image) // (1, 2, 2), between 0 and 1
 * ```
 */
export class Image {
  declare readonly channels: number

  constructor(
    readonly mode: Mode,
    readonly width: number,
    readonly height: number,
    readonly data: Uint8Array,
  ) {
    this.channels = CHANNELS[mode]
    if (this.channels === undefined) throw value_error(`unrecognized image mode: ${String(mode)}`)
    const expected = width * height * this.channels
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
   * Reads an image file of any format that sharp reads; rotation that the file's EXIF asks for is not applied.
   *
   * @param source - a path, or the file's bytes
   */
  static async open(source: string | Uint8Array): Promise<Image> {
    const sharp = await load_sharp()
    const file = sharp(source)
    const { space } = await file.metadata()
    file.toColourspace(space === 'b-w' || space === 'grey16' ? 'b-w' : 'srgb')
    const { data, info } = await file.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
    return new Image(MODES[info.channels - 1]!, info.width, info.height, new Uint8Array(data))
  }

  /**
   * Writes the image; the path's ending says the format. The file appears under its name only when all of it is on the disk.
   *
   * @throws ValueError for an ending that no format has, RuntimeError where the file cannot be written
   */
  async save(path: string): Promise<void> {
    const sharp = await load_sharp()
    const { width, height, channels } = this
    const image = sharp(this.data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } })
    image.toColourspace(channels < 3 ? 'b-w' : 'srgb')
    const ending = extname(path)
    try {
      image.toFormat(ending.slice(1).toLowerCase() as keyof typeof sharp.format)
    } catch {
      throw value_error(`unknown file extension: ${ending}`)
    }
    write_whole('save', path, await image.toBuffer())
  }

  /**
   * The image in another mode. Grey is (19595 R + 38470 G + 7471 B + 32768) / 65536; alpha is 255 where there was none, and
   * is dropped where none is wanted.
   */
  convert(mode: Mode): Image {
    if (mode === this.mode) return this
    const from = this.channels
    const to = CHANNELS[mode]
    const data = new Uint8Array(this.width * this.height * to)
    for (let i = 0, j = 0; j < data.length; i += from, j += to) {
      const [r, g, b] = from < 3 ? [i, i, i] : [i, i + 1, i + 2]
      if (to < 3) {
        data[j] =
          from < 3
            ? this.data[i]!
            : (this.data[r]! * 19595 + this.data[g]! * 38470 + this.data[b]! * 7471 + 0x8000) >> 16
      } else {
        data[j] = this.data[r]!
        data[j + 1] = this.data[g]!
        data[j + 2] = this.data[b]!
      }
      if (to % 2 === 0) data[j + to - 1] = from % 2 === 0 ? this.data[i + from - 1]! : 255
    }
    return new Image(mode, this.width, this.height, data)
  }

  /**
   * The image at another size.
   *
   * @param size - width and height
   * @param resampling - the filter. Default: `'bicubic'`, as PIL's
   */
  resize([width, height]: readonly [number, number], resampling: Resampling = 'bicubic'): Image {
    if (width <= 0 || height <= 0) throw value_error('height and width must be > 0')
    return new Image(this.mode, width, height, resample(this, width, height, resampling))
  }

  toString(): string {
    return `<Image mode=${this.mode} size=${this.width}x${this.height}>`
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
