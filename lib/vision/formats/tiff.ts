import { own_value } from '../../own.js'
import type { Budget } from '../../serialization/budget.js'
import type { Mode, Raster } from '../mode.js'
import { PIXEL } from '../mode.js'
import { read_samples, type Space } from '../sharp.js'
import {
  begins,
  check_size,
  first_channels,
  high_bytes,
  part,
  truncated,
  unsupported,
  view_of,
} from './bytes.js'
import { turned } from './exif.js'

const TAG = {
  WIDTH: 256,
  HEIGHT: 257,
  BITS: 258,
  COMPRESSION: 259,
  PHOTOMETRIC: 262,
  FILL_ORDER: 266,
  ORIENTATION: 274,
  SAMPLES: 277,
  PLANAR: 284,
  PALETTE: 320,
  TILE_WIDTH: 322,
  TILE_HEIGHT: 323,
  EXTRA: 338,
  FORMAT: 339,
} as const
const SIZES: Record<number, number> = { 1: 1, 3: 2, 4: 4, 16: 8 }
// A palette of 16 bits is the longest list that is read here.
const MOST_VALUES = 3 * 65536
const JPEG = 7
const OLD_JPEG = 6
const UNSIGNED = 1
const SIGNED = 2
const FLOAT = 3
/** What a sample beside the colours is. */
const PREMULTIPLIED = 1
const ALPHA = 2
const COREL = 999

interface Entry {
  type: number
  count: number
  /** Where its values begin. */
  at: number
}

interface Directory {
  little: boolean
  /** Where the place of the next page's directory stands, and how many bytes it has. */
  next: { at: number; size: number }
  entries: Map<number, Entry>
  values(tag: number): number[] | undefined
}

function directory_of(bytes: Uint8Array): Directory {
  const little = begins(bytes, 'II')
  const view = view_of(bytes)
  part(bytes, 0, 8)
  const big = view.getUint16(2, little) === 43
  const number = (at: number, size: number): number => {
    part(bytes, at, size)
    if (size === 1) return bytes[at]!
    if (size === 2) return view.getUint16(at, little)
    return size === 4 ? view.getUint32(at, little) : Number(view.getBigUint64(at, little))
  }
  const word = big ? 8 : 4
  const start = number(big ? 8 : 4, word)
  const head = big ? 8 : 2
  const step = big ? 20 : 12
  const entries = new Map<number, Entry>()
  let at = start + head
  for (let i = 0; i < number(start, head); i++, at += step) {
    const [tag, type, count] = [number(at, 2), number(at + 2, 2), number(at + 4, word)]
    const inline = (SIZES[type] ?? 1) * count <= word
    entries.set(tag, { type, count, at: inline ? at + 4 + word : number(at + 4 + word, word) })
  }
  const values = (tag: number) => {
    const entry = entries.get(tag)
    if (entry === undefined) return undefined
    if (entry.count > MOST_VALUES) throw unsupported(`a TIFF whose tag ${tag} has ${entry.count} values`)
    const size = SIZES[entry.type]
    if (size === undefined) throw unsupported(`a TIFF whose tag ${tag} is of type ${entry.type}`)
    part(bytes, entry.at, entry.count * size)
    return Array.from({ length: entry.count }, (_, i) => number(entry.at + i * size, size))
  }
  return { little, next: { at, size: word }, entries, values }
}

interface Layout {
  width: number
  height: number
  bits: readonly number[]
  photometric: number
  format: number
  extra: readonly number[]
  fill: number
  compression: number
}

function layout_of({ values }: Directory): Layout {
  const first = (tag: number, otherwise: number) => values(tag)?.[0] ?? otherwise
  const compression = first(TAG.COMPRESSION, 1)
  const photometric = compression === OLD_JPEG ? 6 : first(TAG.PHOTOMETRIC, 0)
  const formats = values(TAG.FORMAT) ?? [UNSIGNED]
  if (new Set(formats).size > 1) throw unsupported('a TIFF whose channels are of different types')
  let bits = values(TAG.BITS) ?? [1]
  let extra = values(TAG.EXTRA) ?? []
  let samples = first(TAG.SAMPLES, 1)
  if (first(TAG.PLANAR, 1) === 2 && extra.length > 0 && Math.max(...extra) === 0)
    throw unsupported('a TIFF whose planes of unknown meaning lie beside the others')
  if (first(TAG.PLANAR, 1) === 2 && bits[0]! > 8 && samples > 1)
    throw unsupported(`a TIFF of ${bits[0]} bits whose channels lie in planes`)
  if (bits.length > samples) bits = bits.slice(0, samples)
  if (bits.length === 1 && samples > 1 && samples <= 6) bits = new Array<number>(samples).fill(bits[0]!)
  if (bits.length !== samples || new Set(bits).size !== 1) throw unsupported('unknown data organization')
  samples = bits.length
  const colours = photometric === 5 ? 4 : [2, 6, 8].includes(photometric) ? 3 : 1
  if (photometric === 2 && samples === 4 && extra.length === 0) extra = [ALPHA]
  if (samples !== colours + extra.length) throw unsupported('unknown pixel mode')
  const [width, height] = [first(TAG.WIDTH, 0), first(TAG.HEIGHT, 0)]
  if (width === 0 || height === 0) throw unsupported('Missing dimensions')
  const fill = first(TAG.FILL_ORDER, 1)
  return { width, height, bits, photometric, format: formats[0]!, extra, fill, compression }
}

const BYTES_OF = { uchar: 1, ushort: 2, uint: 4, int: 4, float: 4 } as const

/** How samples become PIL's: as they are, the more significant byte of 16 bits, or whole numbers of 16 bits with a sign. */
interface Reading {
  mode: Mode
  space: Space
  depth: keyof typeof BYTES_OF
  signed_16?: true
  premultiplied?: true
}

function grey_reading({ bits, photometric, format, fill }: Layout, little: boolean): Reading | undefined {
  const [depth] = bits as [number]
  const plain = fill === 1
  if ([1, 2, 4, 8].includes(depth)) {
    const known = format === UNSIGNED || (format === SIGNED && depth === 8 && photometric === 1 && plain)
    return known ? { mode: depth === 1 ? '1' : 'L', space: 'b-w', depth: 'uchar' } : undefined
  }
  if (!plain) return undefined
  if (depth === 16 && format === UNSIGNED && (little || photometric === 1))
    return { mode: little ? 'I;16' : 'I;16B', space: 'grey16', depth: 'ushort' }
  if (depth === 16 && format === SIGNED && photometric === 1)
    return { mode: 'I', space: 'grey16', depth: 'ushort', signed_16: true }
  if (depth !== 32) return undefined
  if (format === FLOAT) return { mode: 'F', space: 'b-w', depth: 'float' }
  if (photometric !== 1) return undefined
  if (format === SIGNED) return { mode: 'I', space: 'b-w', depth: 'int' }
  return format === UNSIGNED && little ? { mode: 'I', space: 'b-w', depth: 'uint' } : undefined
}

function colour_reading({ bits, extra, format, fill }: Layout): Reading | undefined {
  const [depth] = bits as [number]
  if (format !== UNSIGNED || fill !== 1 || (depth !== 8 && depth !== 16)) return undefined
  const [kind = 0, ...rest] = extra
  if (rest.some((other) => other !== 0) || ![0, PREMULTIPLIED, ALPHA, COREL].includes(kind)) return undefined
  if ((kind === COREL || rest.length > 0) && (depth === 16 || (kind === COREL && rest.length > 0)))
    return undefined
  const wide = depth === 16
  return {
    mode: kind === 0 ? 'RGB' : 'RGBA',
    space: wide ? 'rgb16' : 'srgb',
    depth: wide ? 'ushort' : 'uchar',
    ...(kind === PREMULTIPLIED ? { premultiplied: true } : {}),
  }
}

function palette_reading({ bits, extra, format, fill }: Layout): Reading | undefined {
  const [depth] = bits as [number]
  if (format !== UNSIGNED || fill !== 1 || ![1, 2, 4, 8].includes(depth)) return undefined
  if (extra.length === 0) return { mode: 'P', space: 'b-w', depth: 'uchar' }
  if (depth !== 8 || extra.length > 1 || (extra[0] !== 0 && extra[0] !== ALPHA)) return undefined
  return { mode: extra[0] === ALPHA ? 'PA' : 'P', space: 'srgb', depth: 'uchar' }
}

function ink_reading({ bits, extra, format, fill }: Layout): Reading | undefined {
  const [depth] = bits as [number]
  const known = depth === 8 || (depth === 16 && extra.length === 0)
  if (format !== UNSIGNED || fill !== 1 || !known || extra.some((kind) => kind !== 0)) return undefined
  return { mode: 'CMYK', space: 'cmyk', depth: depth === 8 ? 'uchar' : 'ushort' }
}

/** Which of PIL's modes the pixels are, by PIL's own table; what is not in it is refused. */
function reading_of(layout: Layout, little: boolean): Reading {
  const { photometric, bits, extra, compression, format, fill } = layout
  let reading: Reading | undefined
  if (photometric === 0 || photometric === 1) {
    if (extra.length === 0) reading = grey_reading(layout, little)
    else if (photometric === 1 && bits[0] === 8 && extra.join() === '2' && format === UNSIGNED && fill === 1)
      // sharp has no grey with alpha in the raw: it comes as colours that are the same.
      reading = { mode: 'LA', space: 'srgb', depth: 'uchar' }
  } else if (photometric === 2) reading = colour_reading(layout)
  else if (photometric === 3) reading = palette_reading(layout)
  else if (photometric === 5) reading = ink_reading(layout)
  else if (photometric === 6 && compression === JPEG && extra.length === 0 && bits[0] === 8)
    reading = { mode: 'RGB', space: 'srgb', depth: 'uchar' }
  if (reading === undefined)
    throw unsupported(
      `a TIFF of photometric interpretation ${photometric}, ${bits.join(' ')} bits, sample format ${format}, ` +
        `extra samples [${extra.join(', ')}] and compression ${compression}, which is not read`,
    )
  return reading
}

/** The file's first page, with tags overwritten by numbers that change how samples are understood, not what they are. */
function overwritten(
  bytes: Uint8Array,
  { entries, little, next }: Directory,
  changes: [tag: number, value: number][],
) {
  const copy = new Uint8Array(bytes)
  const view = view_of(copy)
  // The first page is the only one: libtiff would look for all.
  copy.fill(0, next.at, next.at + next.size)
  for (const [tag, value] of changes) {
    const entry = entries.get(tag)
    if (entry === undefined) continue
    part(copy, entry.at, entry.count * (SIZES[entry.type] ?? 1))
    for (let i = 0; i < entry.count; i++) {
      if (entry.type === 3) view.setUint16(entry.at + 2 * i, value, little)
      else if (entry.type === 4) view.setUint32(entry.at + 4 * i, value, little)
      else if (entry.type === 1) view.setUint8(entry.at + i, value)
      else throw unsupported(`a TIFF whose tag ${tag} is of type ${entry.type}`)
    }
  }
  return copy
}

function first_and_last(data: Uint8Array, channels: number): Uint8Array {
  const kept = new Uint8Array((data.length / channels) * 2)
  for (let i = 0, j = 0; j < kept.length; i += channels, j += 2) {
    kept[j] = data[i]!
    kept[j + 1] = data[i + channels - 1]!
  }
  return kept
}

// As PIL divides by alpha, of which 0 leaves black.
function divided(data: Uint8Array): Uint8Array {
  const target = new Uint8Array(data)
  for (let i = 0; i < target.length; i += 4) {
    const alpha = target[i + 3]!
    if (alpha === 255) continue
    for (let c = i; c < i + 3; c++)
      target[c] = alpha === 0 ? 0 : Math.min(255, Math.trunc((target[c]! * 255) / alpha))
  }
  return target
}

function palette_of({ values }: Directory): Uint8Array {
  const table = values(TAG.PALETTE)
  if (table === undefined) throw unsupported('a TIFF without the palette that its pixels need')
  const count = table.length / 3
  // Planes of 16 bits become colours of 8.
  return Uint8Array.from({ length: count * 3 }, (_, i) => table[(i % 3) * count + Math.floor(i / 3)]! >> 8)
}

/**
 * Reads a TIFF file's first page as PIL does, turned as its orientation says. libtiff, through sharp, undoes the
 * compression; what the samples mean is read here, since PIL's answer often differs.
 */
export async function read_tiff(bytes: Uint8Array, budget: Budget): Promise<Raster> {
  const directory = directory_of(bytes)
  const layout = layout_of(directory)
  const reading = reading_of(layout, directory.little)
  const { mode, space, depth } = reading
  const [size] = layout.bits as [number]
  const grey = space === 'b-w' || space === 'grey16'
  const bytes_of_pixel = (grey ? 1 : Math.max(4, layout.bits.length)) * BYTES_OF[depth]
  check_size(layout.width, layout.height, bytes_of_pixel, budget)
  check_tiles(directory, bytes_of_pixel, budget)
  const changes: [number, number][] = [[TAG.ORIENTATION, 1]]
  // Places of a palette, and 16 bits or more of which none is turned to black, are taken as grey.
  if (layout.photometric === 3 || (layout.photometric === 0 && size > 8)) changes.push([TAG.PHOTOMETRIC, 1])
  if (layout.format === SIGNED && size <= 16) changes.push([TAG.FORMAT, UNSIGNED])
  if (own_value(reading, 'premultiplied') || layout.photometric === 3) changes.push([TAG.EXTRA, ALPHA])
  const samples = await read_samples(overwritten(bytes, directory, changes), space, budget, depth)
  const { width, height, channels } = samples
  if (width !== layout.width || height !== layout.height) throw truncated()
  let { data } = samples
  if (own_value(reading, 'signed_16')) {
    const wide = new Int32Array(new Int16Array(new Uint8Array(data).buffer))
    data = new Uint8Array(wide.buffer)
  } else if (depth === 'ushort' && space !== 'grey16') data = high_bytes(data)
  if (mode === 'LA' || mode === 'PA') data = first_and_last(data, channels)
  else if (depth === 'uchar' || PIXEL[mode].channels > 1)
    data = first_channels(data, channels, PIXEL[mode].channels)
  if (mode === 'P' && size < 8) data = data.map((value) => value / (255 / ((1 << size) - 1)))
  if (own_value(reading, 'premultiplied')) data = divided(data)
  const extras = layout.photometric === 3 ? { palette: palette_of(directory) } : {}
  return turned({ mode, width, height, data, ...extras }, turn_of(directory))
}

// A tile is held in memory as a whole, however little of it is the image's.
function check_tiles({ values }: Directory, bytes_of_pixel: number, budget: Budget): void {
  const [width, height] = [values(TAG.TILE_WIDTH)?.[0], values(TAG.TILE_HEIGHT)?.[0]]
  if (width !== undefined && height !== undefined) check_size(width, height, bytes_of_pixel, budget)
}

function turn_of({ values }: Directory): number {
  const value = values(TAG.ORIENTATION)?.[0] ?? 1
  return value >= 1 && value <= 8 ? value : 1
}

export const is_tiff = (bytes: Uint8Array): boolean =>
  ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((start) => begins(bytes, start))
