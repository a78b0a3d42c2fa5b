import type { Budget } from '../../serialization/budget.js'
import type { Mode, Raster } from '../mode.js'
import { read_samples, type Samples } from '../sharp.js'
import { begins, check_size, part, take_part, truncated, unsupported, view_of } from './bytes.js'
import { orientation_of } from './exif.js'

const SOI = 0xd8
const SOS = 0xda
const EOI = 0xd9
const APP0 = 0xe0
const APP1 = 0xe1
const APP14 = 0xee
const NO_FRAME: readonly number[] = [0xc4, 0xc8, 0xcc]

interface Segment {
  marker: number
  /** The place of its marker. */
  start: number
  end: number
  content: Uint8Array
}

export interface Jpeg {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly segments: readonly Segment[]
  /** The place of the first scan's marker. */
  readonly scan: number
  /** How libjpeg understands three channels. */
  readonly colours: 'YCbCr' | 'RGB' | 'other'
  readonly orientation: number
}

const is_frame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.includes(marker)
const is_jfif = ({ marker, content }: Segment) => marker === APP0 && begins(content, 'JFIF\0')
const is_adobe = ({ marker, content }: Segment) =>
  marker === APP14 && content.length >= 12 && begins(content, 'Adobe')

function colours_of(channels: number, segments: readonly Segment[], ids: string): Jpeg['colours'] {
  if (channels !== 3) return 'other'
  if (segments.some(is_jfif)) return 'YCbCr'
  const adobe = segments.find(is_adobe)
  if (adobe !== undefined) return adobe.content[11] === 0 ? 'RGB' : 'YCbCr'
  return ids === 'RGB' ? 'RGB' : 'YCbCr'
}

/**
 * Reads the segments of a JPEG file up to its first scan.
 *
 * @throws RuntimeError where it ends before, or has another depth or number of channels than decoders take
 */
export function parse_jpeg(bytes: Uint8Array, budget: Budget): Jpeg {
  const view = view_of(bytes)
  const segments: Segment[] = []
  let at = 2
  for (;;) {
    // What stands between segments is skipped, as are fill bytes.
    while (at < bytes.length && bytes[at] !== 0xff) at++
    while (at + 1 < bytes.length && bytes[at + 1] === 0xff) at++
    if (at + 4 > bytes.length) throw truncated()
    const marker = bytes[at + 1]!
    if (marker === SOS) break
    if (marker === EOI) throw unsupported('a JPEG without pixels')
    if (marker === 0 || marker === SOI || marker === 1 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2
      continue
    }
    const length = view.getUint16(at + 2)
    if (length < 2) throw unsupported('a JPEG with a segment of no length')
    const content = part(bytes, at + 4, length - 2)
    take_part(budget)
    segments.push({ marker, start: at, end: at + 2 + length, content })
    at += 2 + length
  }
  const frame = segments.find(({ marker }) => is_frame(marker))
  if (frame === undefined || frame.content.length < 6) throw unsupported('a JPEG without a frame')
  const [depth, , , , , channels] = frame.content as unknown as number[]
  const size = view_of(frame.content)
  if (depth !== 8) throw unsupported(`a JPEG of ${depth} bits a channel, and 8 are read`)
  if (![1, 3, 4].includes(channels!))
    throw unsupported(`a JPEG of ${channels} channels, and 1, 3 or 4 are read`)
  const ids = String.fromCharCode(...[6, 9, 12].map((place) => frame.content[place] ?? 0))
  const exif = segments.find(({ marker }) => marker === APP1)?.content
  const [height, width] = [size.getUint16(1), size.getUint16(3)]
  check_size(width, height, channels!, budget)
  check_scans(bytes, at)
  return {
    width,
    height,
    channels: channels!,
    segments,
    scan: at,
    colours: colours_of(channels!, segments, ids),
    orientation: exif !== undefined && begins(exif, 'Exif\0\0') ? orientation_of(exif.subarray(6)) : 1,
  }
}

// Progressive files have some ten; each costs the time of an image.
const MOST_SCANS = 100

function check_scans(bytes: Uint8Array, first: number): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const marker = Buffer.from([0xff, SOS])
  let count = 0
  for (let at = first; at >= 0; at = file.indexOf(marker, at + 2))
    if (++count > MOST_SCANS) throw unsupported(`a JPEG of more than ${MOST_SCANS} scans`)
}

/** A JPEG file's samples: grey, red, green and blue, or inks as PIL has them. */
export function jpeg_samples(bytes: Uint8Array, { channels }: Jpeg, budget: Budget): Promise<Samples> {
  return read_samples(bytes, channels === 1 ? 'b-w' : channels === 3 ? 'srgb' : 'cmyk', budget)
}

const ADOBE_RGB = Buffer.from('\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0', 'latin1')

/**
 * The luma that the file holds, which is what libjpeg gives for grey: sharp is told that the channels are red, green and
 * blue, and leaves them as they are.
 */
export async function jpeg_luma(
  bytes: Uint8Array,
  { segments, scan }: Jpeg,
  budget: Budget,
): Promise<Samples> {
  const kept = segments.filter((segment) => !is_jfif(segment) && !is_adobe(segment))
  const file = Buffer.concat([
    bytes.subarray(0, 2),
    ADOBE_RGB,
    ...kept.map(({ start, end }) => bytes.subarray(start, end)),
    bytes.subarray(scan),
  ])
  const { width, height, channels, data } = await read_samples(file, 'srgb', budget)
  const luma = new Uint8Array(width * height)
  for (let i = 0; i < luma.length; i++) luma[i] = data[i * channels]!
  return { width, height, channels: 1, data: luma }
}

const MODES: Record<number, Mode> = { 1: 'L', 3: 'RGB', 4: 'CMYK' }

/** Reads a JPEG file's image as PIL does: orientation and colour profile are not applied. */
export async function read_jpeg(bytes: Uint8Array, budget: Budget): Promise<Raster> {
  const { width, height, channels, data } = await jpeg_samples(bytes, parse_jpeg(bytes, budget), budget)
  return { mode: MODES[channels]!, width, height, data }
}

export const is_jpeg = (bytes: Uint8Array): boolean => begins(bytes, '\xff\xd8\xff')
