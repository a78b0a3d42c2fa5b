import { crc32 } from 'node:zlib'
import { runtime_error } from '../../errors.js'
import type { Budget } from '../../serialization/budget.js'
import type { Raster, Transparency } from '../mode.js'
import { read_samples, type Samples } from '../sharp.js'
import { begins, check_size, high_bytes, part, take_part, truncated, unsupported, view_of } from './bytes.js'
import { orientation_of } from './exif.js'
import { gamma_of } from './png_gray.js'

const SIGNATURE = '\x89PNG\r\n\x1a\n'
const DEPTHS: Record<number, readonly number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}

/** A PNG file's colour type, by PNG's own numbers. */
export const COLOUR = Object.freeze({ GREY: 0, RGB: 2, PALETTE: 3, GREY_ALPHA: 4, RGB_ALPHA: 6 })

// As sharp gives them: places of a palette as grey, and grey with alpha as colours.
const BYTES_OF_PIXEL: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 4, 6: 4 }

export interface Png {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly colour: number
  readonly interlace: number
  readonly palette: Uint8Array | undefined
  readonly transparency: Uint8Array | undefined
  /** 1 to 8, of the EXIF that stands before the pixels. */
  readonly orientation: number
  /** The gamma that stands before the palette and the pixels, times 100,000. */
  readonly gamma: number | undefined
  /** The compressed pixels. */
  readonly data: readonly Uint8Array[]
}

function header_of(data: Uint8Array): Pick<Png, 'width' | 'height' | 'depth' | 'colour' | 'interlace'> {
  const view = view_of(data)
  if (data.length < 13) throw truncated()
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth, colour, compression, filter, interlace] = data.subarray(8) as unknown as number[]
  if (width === 0 || height === 0) throw unsupported('a PNG of no width or height')
  if (!DEPTHS[colour!]?.includes(depth!))
    throw unsupported(`a PNG of colour type ${colour} with ${depth} bits, which PNG has not`)
  if (compression !== 0 || filter !== 0 || interlace! > 1)
    throw unsupported('a PNG of an unknown compression, filter or interlacing method')
  return { width, height, depth: depth!, colour: colour!, interlace: interlace! }
}

/**
 * Reads a PNG file's parts.
 *
 * @param strict - whether the checksums of the pixels count, as for libpng and not for PIL
 * @throws RuntimeError for a damaged file
 */
export function parse_png(bytes: Uint8Array, strict: boolean, budget: Budget): Png {
  const view = view_of(bytes)
  const chunks = new Map<string, Uint8Array>()
  const data: Uint8Array[] = []
  for (let at = SIGNATURE.length; ; ) {
    if (at + 8 > bytes.length) {
      if (data.length > 0) break
      throw truncated()
    }
    const length = view.getUint32(at)
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (data.length > 0 && name !== 'IDAT') break
    if (name === 'IEND') throw unsupported('a PNG without pixels')
    check_name(name, strict)
    take_part(budget)
    const content = part(bytes, at + 8, length)
    const end = at + 8 + length
    if (name !== 'IDAT' || strict) {
      if (end + 4 > bytes.length) throw truncated()
      if (view.getUint32(end) !== crc32(bytes.subarray(at + 4, end)))
        throw runtime_error(`broken PNG file (bad header checksum in '${name}')`)
    }
    if (chunks.size === 0 && name !== 'IHDR') throw unsupported('a PNG that does not begin with its header')
    if (name === 'IDAT') data.push(content)
    // Colours are described before the palette, or not at all.
    else if (!chunks.has(name) && !(chunks.has('PLTE') && (name === 'gAMA' || name === 'sRGB')))
      chunks.set(name, content)
    at = end + 4
  }
  const header = header_of(chunks.get('IHDR')!)
  check_first_frame(chunks.get('fcTL'), header)
  const exif = chunks.get('eXIf')
  return {
    ...header,
    palette: chunks.get('PLTE'),
    transparency: chunks.get('tRNS'),
    gamma: gamma_of(chunks.get('sRGB'), chunks.get('gAMA')),
    orientation: exif === undefined ? 1 : orientation_of(exif),
    data,
  }
}

const CRITICAL: readonly string[] = ['IHDR', 'PLTE', 'IDAT', 'IEND']

// A chunk whose name begins with a capital must be understood: by libpng, while PIL reads on.
function check_name(name: string, strict: boolean): void {
  if (!/^\w{4}$/.test(name)) throw unsupported(`broken PNG file (chunk ${JSON.stringify(name)})`)
  if (strict && (!/^[A-Za-z]{4}$/.test(name) || (/^[A-Z]/.test(name) && !CRITICAL.includes(name))))
    throw unsupported(`a PNG with a chunk '${name}' that must be understood`)
}

// An animation's first frame, where the pixels are one, covers the image.
function check_first_frame(
  control: Uint8Array | undefined,
  { width, height }: Pick<Png, 'width' | 'height'>,
) {
  if (control === undefined) return
  const view = view_of(part(control, 0, 26))
  if (view.getUint32(4) !== width || view.getUint32(8) !== height)
    throw unsupported('an animated PNG whose first frame does not cover the image')
}

function chunk(name: string, data: Uint8Array): Buffer {
  const whole = Buffer.alloc(12 + data.length)
  whole.writeUInt32BE(data.length, 0)
  whole.write(name, 4, 'latin1')
  whole.set(data, 8)
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + data.length)), 8 + data.length)
  return whole
}

/**
 * The samples as they stand in the file: places of a palette, grey of fewer than 8 bits spread over 8, else values of 8 or
 * 16 bits. sharp is given the pixels alone, those of a palette as grey, so that nothing else of the file changes them.
 */
export async function png_samples(png: Png, budget: Budget): Promise<Samples> {
  const { width, height, depth, interlace } = png
  check_size(width, height, BYTES_OF_PIXEL[png.colour]! * (depth === 16 ? 2 : 1), budget)
  const colour = png.colour === COLOUR.PALETTE ? COLOUR.GREY : png.colour
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, colour, 0, 0, interlace])
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  const file = Buffer.concat([
    Buffer.from(SIGNATURE, 'latin1'),
    chunk('IHDR', header),
    ...png.data.map((data) => chunk('IDAT', data)),
    chunk('IEND', Buffer.alloc(0)),
  ])
  const wide = depth === 16
  const grey = colour === COLOUR.GREY
  const samples = await read_samples(
    file,
    grey ? (wide ? 'grey16' : 'b-w') : wide ? 'rgb16' : 'srgb',
    budget,
    wide ? 'ushort' : 'uchar',
  )
  if (png.colour === COLOUR.PALETTE && depth < 8) {
    const step = 255 / ((1 << depth) - 1)
    const places = new Uint8Array(samples.data.length)
    for (let i = 0; i < places.length; i++) places[i] = samples.data[i]! / step
    return { ...samples, data: places }
  }
  // sharp has no grey with alpha in the raw: it comes as colours that are the same.
  return colour === COLOUR.GREY_ALPHA ? grey_and_alpha(samples, wide ? 2 : 1) : samples
}

function grey_and_alpha({ width, height, data }: Samples, size: number): Samples {
  const kept = new Uint8Array(data.length / 2)
  for (let i = 0, j = 0; j < kept.length; i += 4 * size, j += 2 * size)
    for (let c = 0; c < size; c++) {
      kept[j + c] = data[i + c]!
      kept[j + size + c] = data[i + 3 * size + c]!
    }
  return { width, height, channels: 2, data: kept }
}

const u16 = (bytes: Uint8Array, at: number) => view_of(bytes).getUint16(at)

/** As PIL keeps it: of a palette the only place that is wholly transparent, or all alphas. */
function transparency_of({ colour, depth, transparency }: Png): Transparency | undefined {
  if (transparency === undefined) return undefined
  if (colour === COLOUR.PALETTE) {
    const clear = transparency.indexOf(0)
    const simple = transparency.every((alpha, i) => alpha === (i === clear ? 0 : 255))
    return simple && clear >= 0 ? clear : transparency
  }
  if (colour === COLOUR.GREY) {
    const value = u16(part(transparency, 0, 2), 0)
    return depth === 1 ? (value ? 255 : 0) : value
  }
  if (colour !== COLOUR.RGB) return undefined
  part(transparency, 0, 6)
  return [u16(transparency, 0), u16(transparency, 2), u16(transparency, 4)]
}

/** Reads a PNG file's image, of an animated one the first, as PIL does. */
export async function read_png(bytes: Uint8Array, budget: Budget): Promise<Raster> {
  const png = parse_png(bytes, false, budget)
  const { width, height, depth, colour, palette } = png
  const { data, channels } = await png_samples(png, budget)
  const transparency = transparency_of(png)
  const image = { width, height, ...(transparency === undefined ? {} : { transparency }) }
  if (colour === COLOUR.PALETTE) {
    if (palette === undefined) throw unsupported('a PNG without the palette that its pixels need')
    return { ...image, mode: 'P', data, palette }
  }
  if (depth < 16) {
    const mode = { 1: depth === 1 ? '1' : 'L', 2: 'LA', 3: 'RGB', 4: 'RGBA' } as const
    return { ...image, mode: mode[channels as 1 | 2 | 3 | 4], data }
  }
  if (colour === COLOUR.GREY) return { ...image, mode: 'I;16', data }
  if (colour !== COLOUR.GREY_ALPHA)
    return { ...image, mode: colour === COLOUR.RGB ? 'RGB' : 'RGBA', data: high_bytes(data) }
  // PIL has no grey with alpha of 16 bits, and gives colours.
  const pairs = high_bytes(data)
  const rgba = new Uint8Array(pairs.length * 2)
  for (let i = 0, j = 0; i < pairs.length; i += 2, j += 4) {
    rgba.fill(pairs[i]!, j, j + 3)
    rgba[j + 3] = pairs[i + 1]!
  }
  return { ...image, mode: 'RGBA', data: rgba }
}

export const is_png = (bytes: Uint8Array): boolean => begins(bytes, SIGNATURE)
