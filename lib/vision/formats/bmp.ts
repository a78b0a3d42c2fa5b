import { value_error } from '../../errors.js'
import { own_value } from '../../own.js'
import type { Budget } from '../../serialization/budget.js'
import type { Raster } from '../mode.js'
import { begins, check_size, part, truncated, unsupported, view_of } from './bytes.js'

const FILE_HEADER = 14
const CORE = 12
const HEADERS: readonly number[] = [40, 52, 56, 64, 108, 124]
const RAW = 0
const RLE8 = 1
const RLE4 = 2
const BITFIELDS = 3

/** Which byte of a pixel each channel is. */
type Layout = readonly number[]

// The masks that PIL takes, and where red, green, blue and alpha lie.
const LAYOUTS_32: Record<string, Layout> = {
  'ff0000,ff00,ff,0': [2, 1, 0],
  'ff000000,ff0000,ff00,0': [3, 2, 1],
  'ff000000,ff00,ff,0': [3, 1, 0],
  'ff000000,ff0000,ff00,ff': [3, 2, 1, 0],
  'ff,ff00,ff0000,ff000000': [0, 1, 2, 3],
  'ff0000,ff00,ff,ff000000': [2, 1, 0, 3],
  'ff000000,ff00,ff,ff0000': [3, 1, 0, 2],
  '0,0,0,0': [2, 1, 0, 3],
}
const LAYOUTS_24: Record<string, Layout> = { 'ff0000,ff00,ff': [2, 1, 0] }
const GREEN_BITS: Record<string, number> = { 'f800,7e0,1f': 6, '7c00,3e0,1f': 5 }

interface Header {
  width: number
  height: number
  top_down: boolean
  bits: number
  compression: number
  colours: number
  /** Bytes of a colour of the palette. */
  entry: number
  masks: readonly number[]
  /** Where the palette begins. */
  end: number
}

function header_of(bytes: Uint8Array): Header {
  const view = view_of(bytes)
  const size = view_of(part(bytes, FILE_HEADER, 4)).getUint32(0, true)
  if (size !== CORE && !HEADERS.includes(size)) throw unsupported(`Unsupported BMP header type (${size})`)
  part(bytes, FILE_HEADER, size)
  const u16 = (at: number) => view.getUint16(FILE_HEADER + at, true)
  const u32 = (at: number) => view.getUint32(FILE_HEADER + at, true)
  const end = FILE_HEADER + size
  if (size === CORE) {
    const bits = u16(10)
    const common = { top_down: false, compression: RAW, entry: 3, masks: [], end }
    return { ...common, width: u16(4), height: u16(6), bits, colours: 1 << bits }
  }
  const top_down = bytes[FILE_HEADER + 11] === 0xff
  const compression = u32(16)
  const bits = u16(14)
  const header = {
    width: u32(4),
    height: top_down ? 2 ** 32 - u32(8) : u32(8),
    top_down,
    bits,
    compression,
    colours: u32(32) || 2 ** bits,
    entry: 4,
    end,
  }
  if (compression !== BITFIELDS) return { ...header, masks: [] }
  // Where the header has no room for them, the masks of red, green and blue follow it.
  const follow = size < 52
  if (follow) part(bytes, end, 12)
  const masks = [40, 44, 48].map(u32)
  return { ...header, masks: [...masks, size >= 56 ? u32(52) : 0], end: follow ? end + 12 : end }
}

// Rows as they lie in the file, padded to whole words; the last one may lack its padding.
function rows_of(bytes: Uint8Array, offset: number, header: Header): (y: number) => Uint8Array {
  const { width, height, bits, top_down } = header
  const stride = Math.floor((width * bits + 31) / 32) * 4
  const line = Math.ceil((width * bits) / 8)
  if (offset + stride * (height - 1) + line > bytes.length) throw truncated()
  return (y) => {
    const at = offset + (top_down ? y : height - 1 - y) * stride
    return bytes.subarray(at, at + line)
  }
}

function indices(header: Header, row: (y: number) => Uint8Array): Uint8Array {
  const { width, height, bits } = header
  const data = new Uint8Array(width * height)
  const per_byte = 8 / bits
  const mask = (1 << bits) - 1
  for (let y = 0; y < height; y++) {
    const line = row(y)
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % per_byte) + 1)
      data[y * width + x] = (line[Math.floor(x / per_byte)]! >> shift) & mask
    }
  }
  return data
}

/** Runs of equal places, and rows written out; a place that no run reaches is 0. Rows are counted as PIL does. */
function run_lengths(bytes: Uint8Array, offset: number, header: Header): Uint8Array {
  const { width, height, compression, top_down } = header
  const nibbles = compression === RLE4
  const wanted = width * height
  const found = new Uint8Array(wanted)
  // Counts what lies beyond the last row, too.
  let count = 0
  let x = 0
  let at = offset
  const pixels = (length: number, byte: (i: number) => number) => {
    for (let i = 0; i < length; i++) {
      const value = byte(nibbles ? i >> 1 : i)
      if (count < wanted) found[count] = nibbles ? (i % 2 === 0 ? value >> 4 : value & 15) : value
      count++
    }
  }
  while (count < wanted && at + 1 < bytes.length) {
    const [length, code] = [bytes[at]!, bytes[at + 1]!]
    at += 2
    if (length > 0) {
      const run = Math.min(length, Math.max(0, width - x))
      pixels(run, () => code)
      x += run
    } else if (code === 0) {
      count = Math.ceil(count / width) * width
      x = 0
    } else if (code === 1) break
    else if (code === 2) {
      if (at + 1 >= bytes.length) break
      count += bytes[at]! + bytes[at + 1]! * width
      x = count % width
      at += 2
    } else {
      const size = nibbles ? code >> 1 : code
      const start = at
      pixels(nibbles ? size * 2 : size, (i) => bytes[start + i] ?? 0)
      if (at + size > bytes.length) throw truncated()
      x += code
      at += size + ((at + size) % 2)
    }
  }
  if (count < wanted) throw value_error('not enough image data')
  const data = new Uint8Array(wanted)
  for (let y = 0; y < height; y++) {
    const from = (top_down ? y : height - 1 - y) * width
    for (let i = 0; i < width; i++) data[y * width + i] = found[from + i]!
  }
  return data
}

/** Red, green and blue of the palette, or undefined where each place is its own grey. */
function palette_of(bytes: Uint8Array, header: Header): Uint8Array | undefined {
  const { colours, entry, end } = header
  if (colours > 65536) throw unsupported(`Unsupported BMP Palette size (${colours})`)
  const raw = part(bytes, end, colours * entry)
  const palette = Uint8Array.from({ length: Math.min(colours, 256) * 3 }, (_, i) => {
    return raw[Math.floor(i / 3) * entry + 2 - (i % 3)]!
  })
  const grey = (place: number) => (colours === 2 ? place * 255 : place)
  const is_grey = colours <= 256 && palette.every((value, i) => value === grey(Math.floor(i / 3)))
  return is_grey ? undefined : palette
}

function with_palette(bytes: Uint8Array, offset: number, header: Header): Raster {
  const { width, height, bits, compression, colours, entry, end } = header
  if (compression === BITFIELDS) throw unsupported('Unsupported BMP bitfields layout')
  const palette = palette_of(bytes, header)
  const start = offset || end + entry * colours
  const data =
    compression === RAW ? indices(header, rows_of(bytes, start, header)) : run_lengths(bytes, start, header)
  const image = { width, height }
  if (palette !== undefined) return { ...image, mode: 'P', data, palette }
  if (colours === 2) {
    if (bits !== 1) throw unsupported(`a BMP of ${bits} bits with the two colours black and white`)
    return { ...image, mode: '1', data: data.map((value) => value * 255) }
  }
  if (bits !== 8 && compression === RAW)
    throw unsupported(`a BMP of ${bits} bits whose ${colours} colours are the first greys`)
  return { ...image, mode: 'L', data }
}

const spread = (value: number, bits: number) => Math.floor((value * 255) / ((1 << bits) - 1))

function from_16(header: Header, row: (y: number) => Uint8Array): Raster {
  const { width, height, masks } = header
  const green =
    masks.length === 0
      ? 5
      : own_value(
          GREEN_BITS,
          masks
            .slice(0, 3)
            .map((m) => m.toString(16))
            .join(),
        )
  if (green === undefined) throw unsupported('Unsupported BMP bitfields layout')
  const data = new Uint8Array(width * height * 3)
  for (let y = 0, at = 0; y < height; y++) {
    const line = row(y)
    for (let x = 0; x < width; x++) {
      const pixel = line[2 * x]! + 256 * line[2 * x + 1]!
      data[at++] = spread((pixel >> (5 + green)) & 31, 5)
      data[at++] = spread((pixel >> 5) & ((1 << green) - 1), green)
      data[at++] = spread(pixel & 31, 5)
    }
  }
  return { mode: 'RGB', width, height, data }
}

function from_bytes(header: Header, row: (y: number) => Uint8Array): Raster {
  const { width, height, bits, masks } = header
  let layout: Layout | undefined = [2, 1, 0]
  if (masks.length > 0) {
    const names = masks.map((mask) => mask.toString(16))
    layout =
      bits === 32 ? own_value(LAYOUTS_32, names.join()) : own_value(LAYOUTS_24, names.slice(0, 3).join())
    if (layout === undefined) throw unsupported('Unsupported BMP bitfields layout')
  }
  const data = new Uint8Array(width * height * layout.length)
  for (let y = 0, at = 0; y < height; y++) {
    const line = row(y)
    for (let x = 0; x < width; x++) for (const byte of layout) data[at++] = line[(x * bits) / 8 + byte]!
  }
  return { mode: layout.length === 4 ? 'RGBA' : 'RGB', width, height, data }
}

/** Reads a Windows bitmap as PIL does: 1, 4, 8, 16, 24 or 32 bits, run lengths, either order of rows. */
export function read_bmp(bytes: Uint8Array, budget: Budget): Raster {
  const header = header_of(bytes)
  const { width, height, bits, compression } = header
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw unsupported(`Unsupported BMP pixel depth (${bits})`)
  if (compression > BITFIELDS) throw unsupported(`Unsupported BMP compression (${compression})`)
  if ((compression === RLE8 && bits !== 8) || (compression === RLE4 && bits !== 4))
    throw unsupported(`a BMP of ${bits} bits in run lengths of another number`)
  // Run lengths are undone before rows are put in order.
  const copies = compression === RLE8 || compression === RLE4 ? 2 : 1
  check_size(width, height, bits <= 8 ? copies : bits === 32 ? 4 : 3, budget)
  const offset = view_of(bytes).getUint32(10, true)
  if (bits <= 8) return with_palette(bytes, offset, header)
  const row = rows_of(bytes, offset || header.end, header)
  return bits === 16 ? from_16(header, row) : from_bytes(header, row)
}

export const is_bmp = (bytes: Uint8Array): boolean => begins(bytes, 'BM')
