import type { Budget } from '../../serialization/budget.js'
import type { Raster } from '../mode.js'
import { begins, check_size, part, take_part, truncated, unsupported, view_of } from './bytes.js'

const EXTENSION = 0x21
const IMAGE = 0x2c
const TRAILER = 0x3b
const GRAPHIC_CONTROL = 0xf9
const LONGEST_CODE = 12

/** One image of a GIF file, and where it lies on the canvas. */
export interface GifFrame {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly palette: Uint8Array | undefined
  readonly transparent: number | undefined
  /** How it makes way, by GIF's numbers: 2 is for the background. */
  readonly disposal: number
  /** Its pixels' places in the palette. */
  indices(): Uint8Array
}

export interface Gif {
  readonly width: number
  readonly height: number
  readonly palette: Uint8Array | undefined
  readonly background: number
  readonly frames: readonly GifFrame[]
  /** True where the file says where it ends. */
  readonly ended: boolean
}

/** Bytes of the sub-blocks from a place on, and the place after them. */
function sub_blocks(bytes: Uint8Array, start: number): [data: Uint8Array, end: number] {
  let end = start
  let size = 0
  for (;;) {
    if (end >= bytes.length) throw truncated()
    const length = bytes[end++]!
    if (length === 0) break
    if (end + length > bytes.length) throw truncated()
    size += length
    end += length
  }
  const data = new Uint8Array(size)
  for (let at = start, to = 0; to < size; ) {
    const length = bytes[at]!
    // A block may be of one byte, for which copyWithin and set are slow.
    if (length < 16) for (let i = 0; i < length; i++) data[to + i] = bytes[at + 1 + i]!
    else data.set(bytes.subarray(at + 1, at + 1 + length), to)
    at += 1 + length
    to += length
  }
  return [data, end]
}

/** Undoes GIF's compression: codes of growing width for sequences that came before. */
function expand(data: Uint8Array, bits: number, count: number): Uint8Array {
  const clear = 1 << bits
  const [previous, last, lengths] = [new Uint16Array(4096), new Uint8Array(4096), new Uint16Array(4096)]
  for (let i = 0; i < clear; i++) {
    last[i] = i
    lengths[i] = 1
  }
  const target = new Uint8Array(count)
  let [at, place, kept, waiting] = [0, 0, 0, 0]
  let [width, next, before] = [bits + 1, clear + 2, -1]
  // Writes a code's sequence from its end; its first value is what the code before gains.
  const write = (code: number, end: number): number => {
    let c = code
    for (let to = end - 1; ; to--) {
      if (to < count) target[to] = last[c]!
      if (lengths[c] === 1) return last[c]!
      c = previous[c]!
    }
  }
  while (at < count) {
    while (waiting < width) {
      if (place >= data.length) throw truncated()
      kept |= data[place++]! << waiting
      waiting += 8
    }
    const code = kept & ((1 << width) - 1)
    kept >>>= width
    waiting -= width
    if (code === clear) {
      ;[width, next, before] = [bits + 1, clear + 2, -1]
      continue
    }
    if (code === clear + 1) throw truncated()
    if (code > next || (code === next && before < 0)) throw unsupported('broken data stream in a GIF')
    const known = code < next
    const length = known ? lengths[code]! : lengths[before]! + 1
    const first = write(known ? code : before, known ? at + length : at + length - 1)
    if (!known && at + length - 1 < count) target[at + length - 1] = first
    at += length
    if (before >= 0 && next < 1 << LONGEST_CODE) {
      previous[next] = before
      last[next] = first
      lengths[next] = lengths[before]! + 1
      next++
      if (next === 1 << width && width < LONGEST_CODE) width++
    }
    before = code
  }
  return target
}

// Four passes over the rows: every eighth, those between, and so on.
function deinterlaced(data: Uint8Array, width: number, height: number): Uint8Array {
  const target = new Uint8Array(data.length)
  let from = 0
  for (const [start, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const) {
    for (let y = start; y < height; y += step) {
      target.set(data.subarray(from, from + width), y * width)
      from += width
    }
  }
  return target
}

/**
 * Reads a GIF file's parts.
 *
 * @param budget what it may take
 * @param most how many frames are wanted
 * @throws RuntimeError for a damaged file, or one without a frame
 */
export function parse_gif(bytes: Uint8Array, budget: Budget, most = Number.POSITIVE_INFINITY): Gif {
  const view = view_of(bytes)
  part(bytes, 0, 13)
  const flags = bytes[10]!
  let at = 13
  const table = (size: number): Uint8Array => {
    const colours = part(bytes, at, 3 << ((size & 7) + 1))
    at += colours.length
    return colours
  }
  const palette = flags & 0x80 ? table(flags) : undefined
  const frames: GifFrame[] = []
  let [transparent, disposal, ended]: [number | undefined, number, boolean] = [undefined, 0, false]
  while (frames.length < most && at < bytes.length) {
    const kind = bytes[at++]!
    if (kind === TRAILER) {
      ended = true
      break
    }
    if (kind === EXTENSION) {
      const label = part(bytes, at, 1)[0]
      const [data, end] = sub_blocks(bytes, at + 1)
      at = end
      if (label !== GRAPHIC_CONTROL || data.length < 4) continue
      transparent = data[0]! & 1 ? data[3]! : undefined
      disposal = (data[0]! >> 2) & 7
    } else if (kind === IMAGE) {
      part(bytes, at, 9)
      const [left, top, width, height] = [0, 2, 4, 6].map((place) => view.getUint16(at + place, true)) as [
        number,
        number,
        number,
        number,
      ]
      const own = bytes[at + 8]!
      at += 9
      const local = own & 0x80 ? table(own) : undefined
      const bits = part(bytes, at, 1)[0]!
      if (bits < 1 || bits > 8) throw unsupported(`a GIF whose pixels have ${bits} bits`)
      take_part(budget)
      const [data, end] = sub_blocks(bytes, at + 1)
      at = end
      const indices = () => {
        budget.take_image(width, height, own & 0x40 ? 2 : 1)
        budget.look_at_clock()
        const lines = expand(data, bits, width * height)
        return own & 0x40 ? deinterlaced(lines, width, height) : lines
      }
      frames.push({ left, top, width, height, palette: local ?? palette, transparent, disposal, indices })
      ;[transparent, disposal] = [undefined, 0]
    } else if (most === Number.POSITIVE_INFINITY) throw unsupported('broken data stream in a GIF')
  }
  if (frames.length === 0) throw unsupported('a GIF without an image')
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)]
  if (most === Number.POSITIVE_INFINITY) check_size(width, height, 3 * frames.length, budget)
  return { width, height, palette, background: bytes[11]!, frames, ended }
}

const is_grey = (palette: Uint8Array) => palette.every((value, i) => value === Math.floor(i / 3))

/** Reads a GIF file's first image as PIL does, the canvas grown where the image lies beyond it. */
export function read_gif(bytes: Uint8Array, budget: Budget): Raster {
  const gif = parse_gif(bytes, budget, 1)
  const frame = gif.frames[0]!
  const width = Math.max(gif.width, frame.left + frame.width)
  const height = Math.max(gif.height, frame.top + frame.height)
  check_size(width, height, 1, budget)
  const { transparent } = frame
  const data = new Uint8Array(width * height).fill(transparent ?? 0)
  const indices = frame.indices()
  for (let y = 0; y < frame.height; y++)
    data.set(indices.subarray(y * frame.width, (y + 1) * frame.width), (frame.top + y) * width + frame.left)
  const image = { width, height, data, ...(transparent === undefined ? {} : { transparency: transparent }) }
  const { palette } = frame
  return palette === undefined || is_grey(palette)
    ? { ...image, mode: 'L' }
    : { ...image, mode: 'P', palette }
}

export const is_gif = (bytes: Uint8Array): boolean => begins(bytes, 'GIF87a') || begins(bytes, 'GIF89a')
