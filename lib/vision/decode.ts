import { uint8, uint16 } from '../dtype.js'
import { runtime_error } from '../errors.js'
import type { Budget } from '../serialization/budget.js'
import { frombuffer } from '../tensor/from_memory.js'
import type { Tensor } from '../tensor.js'
import { convert_mode, full_palette } from './convert_mode.js'
import { begins, unsupported } from './formats/bytes.js'
import { type Gif, is_gif, parse_gif } from './formats/gif.js'
import { is_jpeg, jpeg_luma, jpeg_samples, parse_jpeg } from './formats/jpeg.js'
import { COLOUR, is_png, type Png, parse_png, png_samples } from './formats/png.js'
import { png_gray } from './formats/png_gray.js'
import { is_animated_webp, is_webp, webp_samples } from './formats/webp.js'
import type { Samples } from './sharp.js'

/** The colours that are wanted of a decoder. */
export type DecodeMode = 'UNCHANGED' | 'GRAY' | 'GRAY_ALPHA' | 'RGB' | 'RGB_ALPHA'

function tensor_from({ width, height, channels, data }: Samples, wide = false): Tensor {
  const bytes = wide && data.byteOffset % 2 !== 0 ? new Uint8Array(data) : data
  return frombuffer(bytes, { dtype: wide ? uint16 : uint8 })
    .view(height, width, channels)
    .permute(2, 0, 1)
    .contiguous()
}

function turned(pixels: Tensor, orientation: number): Tensor {
  if (orientation === 1) return pixels
  const upright = orientation > 4 ? pixels.transpose(-1, -2) : pixels
  const across = [2, 3, 6, 7].includes(orientation)
  const down = [3, 4, 7, 8].includes(orientation)
  return upright.flip([...(across ? [-1] : []), ...(down ? [-2] : [])]).contiguous()
}

/**
 * Reads channels as the mode wants them: grey or colours, and alpha where the file has none. torchvision's is then the
 * greatest value of the file's own depth, also where grey of fewer bits was spread over 8.
 */
function rearranged(
  samples: Samples,
  mode: Exclude<DecodeMode, 'UNCHANGED'>,
  depth = 8,
  gamma?: number,
): Samples {
  const wide = depth === 16
  const { width, height, channels: from } = samples
  const to = { GRAY: 1, GRAY_ALPHA: 2, RGB: 3, RGB_ALPHA: 4 }[mode]
  if (from === to) return samples
  const gray = to < 3 ? (from < 3 ? (value: number) => value : png_gray(gamma, wide)) : undefined
  const bytes = wide ? new Uint8Array(samples.data) : samples.data
  const source = wide ? new Uint16Array(bytes.buffer) : bytes
  const target = wide ? new Uint16Array(width * height * to) : new Uint8Array(width * height * to)
  for (let i = 0, j = 0; j < target.length; i += from, j += to) {
    const r = source[i]!
    const [g, b] = from < 3 ? [r, r] : [source[i + 1]!, source[i + 2]!]
    if (gray !== undefined) target[j] = gray(r, g, b)
    else {
      target[j] = r
      target[j + 1] = g
      target[j + 2] = b
    }
    if (to % 2 === 0) target[j + to - 1] = from % 2 === 0 ? source[i + from - 1]! : 2 ** depth - 1
  }
  return { width, height, channels: to, data: new Uint8Array(target.buffer) }
}

const NO_PALETTE = 'a PNG without the palette that its pixels need'

function coloured(png: Png, places: Samples, budget: Budget): Samples {
  const { palette } = png
  if (palette === undefined) throw unsupported(NO_PALETTE)
  const table = full_palette(palette, png.transparency)
  const { width, height, data } = places
  budget.take('bytes', data.length * 4)
  const rgba = new Uint8Array(data.length * 4)
  const [colours, pixels] = [new Uint32Array(table.buffer), new Uint32Array(rgba.buffer)]
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[data[i]!]!
  return { width, height, channels: 4, data: rgba }
}

async function decode_png(bytes: Uint8Array, mode: DecodeMode, budget: Budget): Promise<[Tensor, number]> {
  const png = parse_png(bytes, true, budget)
  const { depth, colour, transparency, orientation } = png
  const wide = depth === 16
  let samples = await png_samples(png, budget)
  if (colour === COLOUR.PALETTE) {
    if (png.palette === undefined) throw unsupported(NO_PALETTE)
    if (mode === 'UNCHANGED' && depth < 8)
      throw runtime_error(
        `a palette of ${depth} bits in mode 'UNCHANGED', where torchvision leaves memory unwritten: ask for 'RGB', or take ` +
          'the places from vision.Image.open',
      )
    if ((mode === 'GRAY_ALPHA' || mode === 'RGB_ALPHA') && transparency === undefined)
      throw runtime_error(
        `a palette without transparency in mode '${mode}', where torchvision leaves alpha unwritten: ask for 'RGB'`,
      )
    if (mode !== 'UNCHANGED') samples = coloured(png, samples, budget)
  }
  return [
    tensor_from(
      mode === 'UNCHANGED'
        ? samples
        : rearranged(samples, mode, colour === COLOUR.PALETTE ? 8 : depth, png.gamma),
      wide,
    ),
    orientation,
  ]
}

async function decode_jpeg(bytes: Uint8Array, mode: DecodeMode, budget: Budget): Promise<[Tensor, number]> {
  if (mode === 'GRAY_ALPHA' || mode === 'RGB_ALPHA')
    throw runtime_error('The provided mode is not supported for JPEG files')
  const jpeg = parse_jpeg(bytes, budget)
  if (mode === 'GRAY' && jpeg.colours === 'YCbCr')
    return [tensor_from(await jpeg_luma(bytes, jpeg, budget)), jpeg.orientation]
  let samples = await jpeg_samples(bytes, jpeg, budget)
  const { width, height, channels } = samples
  const names = { 1: 'L', 3: 'RGB', 4: 'CMYK' } as const
  const wanted = mode === 'UNCHANGED' ? undefined : mode === 'GRAY' ? 'L' : 'RGB'
  if (wanted !== undefined && names[channels as 1 | 3 | 4] !== wanted) {
    const { data } = convert_mode({ ...samples, mode: names[channels as 1 | 3 | 4] }, wanted)
    samples = { width, height, channels: wanted === 'L' ? 1 : 3, data }
  } else if (channels === 4) samples = { ...samples, data: inverted(samples.data) }
  return [tensor_from(samples), jpeg.orientation]
}

function inverted(inks: Uint8Array): Uint8Array {
  const light = new Uint8Array(inks.length)
  for (let i = 0; i < light.length; i++) light[i] = 255 - inks[i]!
  return light
}

// Lossless files have alpha that their header may deny, and which counts where it is asked for.
function with_alpha(bytes: Uint8Array): Uint8Array {
  if (!begins(bytes, 'VP8L', 12) || bytes.length < 25) return bytes
  const copy = new Uint8Array(bytes)
  copy[24]! |= 0x10
  return copy
}

async function decode_webp(bytes: Uint8Array, mode: DecodeMode, budget: Budget): Promise<Tensor> {
  if (is_animated_webp(bytes)) throw runtime_error('Animated webp files are not supported.')
  const samples = await webp_samples(mode === 'RGB_ALPHA' ? with_alpha(bytes) : bytes, budget)
  return tensor_from(mode === 'RGB' || mode === 'RGB_ALPHA' ? rearranged(samples, mode) : samples)
}

const TO_BACKGROUND = 2

/** The frames one after the other, (frames, height, width, 3). */
function gif_frames({ width, height, palette, background, frames }: Gif): Uint8Array {
  const [r = 0, g = 0, b = 0] =
    palette === undefined ? [] : palette.subarray(background * 3, background * 3 + 3)
  const size = width * height * 3
  const drawn = new Uint8Array(size * frames.length)
  for (const [n, frame] of frames.entries()) {
    const canvas = drawn.subarray(n * size, (n + 1) * size)
    // On the one before, or on the background where its own disposal says so: torchvision tells no other apart.
    if (n > 0 && frame.disposal !== TO_BACKGROUND) canvas.set(drawn.subarray((n - 1) * size, n * size))
    else if (r + g + b > 0)
      for (let i = 0; i < size; i += 3) {
        canvas[i] = r
        canvas[i + 1] = g
        canvas[i + 2] = b
      }
    const colours = frame.palette
    if (colours === undefined)
      throw runtime_error('Global and local color maps are missing. This should never happen!')
    const places = frame.indices()
    const [right, bottom] = [
      Math.min(width, frame.left + frame.width),
      Math.min(height, frame.top + frame.height),
    ]
    for (let y = frame.top; y < bottom; y++)
      for (let x = frame.left; x < right; x++) {
        const place = places[(y - frame.top) * frame.width + x - frame.left]!
        if (place === frame.transparent) continue
        for (let c = 0; c < 3; c++) canvas[(y * width + x) * 3 + c] = colours[place * 3 + c] ?? 0
      }
  }
  return drawn
}

function decode_gif(bytes: Uint8Array, budget: Budget): Tensor {
  const gif = parse_gif(bytes, budget)
  if (!gif.ended) throw runtime_error('image file is truncated: a GIF without its end')
  const { width, height, frames } = gif
  const images = frombuffer(gif_frames(gif), { dtype: uint8 })
    .view(frames.length, height, width, 3)
    .permute(0, 3, 1, 2)
    .contiguous()
  return frames.length === 1 ? images.squeeze(0) : images
}

/**
 * Decodes JPEG, PNG, WebP or GIF, as torchvision's decoders do: a PNG of 16 bits gives uint16, a GIF of several frames
 * (frames, 3, height, width).
 *
 * @param oriented whether the orientation that a JPEG's or PNG's EXIF names is applied
 * @param budget what it may take
 * @throws RuntimeError for other formats, for modes that a format has not, and for damaged files
 */
export async function decode(
  bytes: Uint8Array,
  mode: DecodeMode,
  oriented: boolean,
  budget: Budget,
): Promise<Tensor> {
  budget.read_compressed(bytes.length)
  if (is_gif(bytes)) return decode_gif(bytes, budget)
  if (is_webp(bytes)) return decode_webp(bytes, mode, budget)
  const of_png = begins(bytes, '\x89PNG')
  if (!of_png && !is_jpeg(bytes))
    throw runtime_error(
      'Unsupported image file. Only jpeg, png, webp and gif are currently supported: vision.Image.open reads more formats',
    )
  if (of_png && !is_png(bytes)) throw runtime_error('a PNG whose signature is damaged')
  const [pixels, orientation] = await (of_png ? decode_png : decode_jpeg)(bytes, mode, budget)
  return oriented ? turned(pixels, orientation) : pixels
}
