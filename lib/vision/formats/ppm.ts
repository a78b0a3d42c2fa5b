import { own_value } from '../../own.js'
import type { Budget } from '../../serialization/budget.js'
import type { Mode, Raster } from '../mode.js'
import { PIXEL } from '../mode.js'
import { check_size, part, truncated, unsupported } from './bytes.js'

const MODES: Record<string, Mode> = { P1: '1', P2: 'L', P3: 'RGB', P4: '1', P5: 'L', P6: 'RGB', Pf: 'F' }
// Grey may become whole numbers of 32 bits.
const BYTES_OF_PIXEL: Partial<Record<Mode, number>> = { '1': 1, RGB: 3 }
const TOKEN = 10
const HASH = 35

const is_space = (byte: number | undefined) => byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13)
const is_line_end = (byte: number | undefined) => byte === 10 || byte === 13

/** Reads words of a file, over white space and comments. */
class Words {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  /** The next word; '' at the file's end. A word of the header ends with one byte of white space, which is read too. */
  next(): string {
    const { bytes } = this
    let word = ''
    for (; this.at < bytes.length; this.at++) {
      const byte = bytes[this.at]
      if (byte === HASH) {
        while (this.at < bytes.length && !is_line_end(bytes[this.at])) this.at++
      } else if (!is_space(byte)) {
        word += String.fromCharCode(byte!)
        if (word.length > TOKEN) throw unsupported(`Token too long: ${word}`)
      } else if (word !== '') {
        this.at++
        break
      }
    }
    return word
  }

  number(what: string, greatest: number): number {
    const word = this.next()
    if (word === '') throw unsupported(`Reached EOF while reading ${what}`)
    if (!/^\d+$/.test(word)) throw unsupported(`${what} is no whole number: ${word}`)
    if (Number(word) > greatest)
      throw unsupported(
        what === 'a channel'
          ? `Channel value too large for this mode: ${word}`
          : `${what} is too large: ${word}`,
      )
    return Number(word)
  }
}

// To the nearest, halves to the even one, as Python rounds.
function scaled(value: number, maxval: number, greatest: number): number {
  const exact = (value / maxval) * greatest
  const below = Math.floor(exact)
  const rest = exact - below
  const rounded = rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
  return Math.min(greatest, rounded)
}

function black_and_white(words: Words, width: number, height: number, plain: boolean): Uint8Array {
  const data = new Uint8Array(width * height)
  if (plain) {
    // Each digit is a pixel, with or without space between them.
    let count = 0
    for (let { at } = words; count < data.length && at < words.bytes.length; at++) {
      const byte = words.bytes[at]!
      if (byte === HASH) while (at + 1 < words.bytes.length && !is_line_end(words.bytes[at + 1])) at++
      else if (byte === 48 || byte === 49) data[count++] = byte === 48 ? 255 : 0
      else if (!is_space(byte)) throw unsupported(`Invalid token for this mode: ${String.fromCharCode(byte)}`)
    }
    if (count < data.length) throw truncated()
    return data
  }
  const stride = (width + 7) >> 3
  const bits = part(words.bytes, words.at, stride * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data[y * width + x] = (bits[y * stride + (x >> 3)]! >> (7 - (x & 7))) & 1 ? 0 : 255
  return data
}

function floats(words: Words, width: number, height: number): Uint8Array {
  const word = words.next()
  const scale = Number(word)
  if (word === '' || !Number.isFinite(scale) || scale === 0)
    throw unsupported('scale must be finite and non-zero')
  const source = Buffer.from(part(words.bytes, words.at, 4 * width * height))
  if (scale > 0) source.swap32()
  const data = new Uint8Array(source.length)
  // The lowest row comes first.
  const stride = 4 * width
  for (let y = 0; y < height; y++)
    data.set(source.subarray((height - 1 - y) * stride, (height - y) * stride), y * stride)
  return data
}

/** Reads a PBM, PGM, PPM or PFM file, plain or binary, as PIL does: values are spread over 255, or over 65535 in mode `'I'`. */
export function read_ppm(bytes: Uint8Array, budget: Budget): Raster {
  const magic = String.fromCharCode(...bytes.subarray(0, 2))
  const mode = is_space(bytes[2]) ? own_value(MODES, magic) : undefined
  if (mode === undefined) throw unsupported(`a file of the PNM family whose kind '${magic}' is not read`)
  const words = new Words(bytes, 3)
  const [width, height] = [words.number('the width', 2 ** 31), words.number('the height', 2 ** 31)]
  check_size(width, height, own_value(BYTES_OF_PIXEL, mode) ?? 4, budget)
  const plain = magic === 'P1' || magic === 'P2' || magic === 'P3'
  if (mode === '1') return { mode, width, height, data: black_and_white(words, width, height, plain) }
  if (mode === 'F') return { mode, width, height, data: floats(words, width, height) }
  const maxval = words.number('maxval', Number.MAX_SAFE_INTEGER)
  if (!(maxval > 0 && maxval < 65536)) throw unsupported('maxval must be greater than 0 and less than 65536')
  const count = width * height * PIXEL[mode].channels
  const size = maxval > 255 ? 2 : 1
  const raw = plain ? undefined : part(bytes, words.at, count * size)
  if (raw !== undefined && maxval === 255) return { mode, width, height, data: new Uint8Array(raw) }
  const wide = mode === 'L' && maxval > 255
  const value = (i: number) => {
    if (raw === undefined) return words.number('a channel', maxval)
    return size === 1 ? raw[i]! : raw[2 * i]! * 256 + raw[2 * i + 1]!
  }
  const values = wide ? new Int32Array(count) : new Uint8Array(count)
  for (let i = 0; i < count; i++) values[i] = scaled(value(i), maxval, wide ? 65535 : 255)
  return { mode: wide ? 'I' : mode, width, height, data: new Uint8Array(values.buffer) }
}

export const is_ppm = (bytes: Uint8Array): boolean =>
  bytes[0] === 80 && bytes.length > 1 && '0123456fy'.includes(String.fromCharCode(bytes[1]!))
