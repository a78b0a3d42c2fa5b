import { crc32, deflateRawSync, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { type Bomb, repeated, u16, u32, zeros_deflated, zeros_in_zlib } from './bomb.js'

// Images whose headers promise more than anyone has, and others that no decoder should be given.

const be32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i)
  return bytes
}
const be16 = (...values: number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]))

function chunk(name: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name), data])
  return Buffer.concat([be32(data.length), named, be32(crc32(named))])
}

interface PngOf {
  width: number
  height: number
  depth?: number
  colour?: number
  interlace?: number
  data: Uint8Array
  more?: Uint8Array[]
}

function png({ width, height, depth = 8, colour = 2, interlace = 0, data, more = [] }: PngOf): Buffer {
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.concat([be32(width, height), Buffer.from([depth, colour, 0, 0, interlace])])),
    ...more,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const gif_head = (width: number, height: number) =>
  Buffer.concat([
    Buffer.from('GIF89a'),
    u16(width, height),
    Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
  ])
const gif_frame = (width: number, height: number, data: Uint8Array) =>
  Buffer.concat([Buffer.from([0x2c]), u16(0, 0, width, height), Buffer.from([0, 2]), data, Buffer.from([0])])
const ONE_PIXEL = Buffer.from([2, 0x44, 1])

function bmp(width: number, height: number, compression: number, bits: number, data: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from('BM'),
    u32(0, 0, 14 + 40 + 8, 40, width, height),
    u16(1, bits),
    u32(compression, 0, 0, 0, 2, 0),
    u32(0, 0xffffff),
    data,
  ])
}

type Tag = [tag: number, type: 3 | 4, count: number, value: number]

function tiff(tags: readonly Tag[], data: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([
    Buffer.from('II*\0'),
    u32(8 + data.length),
    data,
    u16(tags.length),
    ...tags.map(([tag, type, count, value]) => Buffer.concat([u16(tag, type), u32(count, value)])),
    u32(0),
  ])
}

const tiff_of = (width: number, height: number, more: readonly Tag[], data?: Uint8Array) =>
  tiff(
    [[256, 4, 1, width], [257, 4, 1, height], [258, 3, 1, 8], [262, 3, 1, 1], [277, 3, 1, 1], ...more],
    data,
  )

function jpeg(width: number, height: number, scans: Uint8Array, progressive = false): Buffer {
  const segment = (marker: number, data: Buffer) =>
    Buffer.concat([Buffer.from([0xff, marker]), be16(data.length + 2), data])
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.alloc(65, 1).fill(0, 0, 1)),
    segment(
      0xc0 + (progressive ? 2 : 0),
      Buffer.concat([Buffer.from([8]), be16(height, width), Buffer.from([1, 1, 0x11, 0])]),
    ),
    segment(0xc4, Buffer.from([0x00, 0, 1, ...new Array<number>(14).fill(0), 0])),
    segment(0xc4, Buffer.from([0x10, 0, 1, ...new Array<number>(14).fill(0), 0])),
    scans,
    Buffer.from([0xff, 0xd9]),
  ])
}

const SCAN = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0, 0])
const SVG = (inner: string) =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="16000" height="16000">${inner}</svg>`)

const both = (bomb: Omit<Bomb, 'reader'>): Bomb[] => [
  { ...bomb, reader: 'open' },
  { ...bomb, reader: 'decode' },
]

const PIXELS = /exceeds limit of \d+ pixels/
const BYTES = /limit 'bytes'/
const MEMORY = /limit '(bytes|records|pixels)'/

const large_webp = () =>
  sharp({ create: { width: 16383, height: 16383, channels: 3, background: 'red' } })
    .webp({ lossless: true, effort: 0 })
    .toBuffer()

/** A progressive JPEG whose last scan comes again and again. */
async function many_scans(count: number): Promise<Buffer> {
  const create = { width: 4000, height: 4000, channels: 3 as const, background: 'red' }
  const file = await sharp({ create }).jpeg({ progressive: true }).toBuffer()
  const scan = file.subarray(file.lastIndexOf(Buffer.from([0xff, 0xda])), -2)
  return Buffer.concat([file.subarray(0, -2), ...new Array<Buffer>(count).fill(scan), file.subarray(-2)])
}

/** Its canvas as large as the format has it. */
function large_canvas(): Buffer {
  const chunks = [u32(10, 0), Buffer.alloc(6, 255), Buffer.from('VP8 '), u32(100), Buffer.alloc(100)]
  return Buffer.concat([Buffer.from('RIFF'), u32(1000), Buffer.from('WEBPVP8X'), ...chunks])
}

export const images: readonly Bomb[] = [
  ...both({ name: 'an SVG', ends: /cannot identify|Unsupported image file/, make: () => SVG('<rect/>') }),
  ...both({
    name: 'an SVG of filters',
    ends: /cannot identify|Unsupported image file/,
    make: () =>
      SVG(
        '<filter id="f"><feTurbulence numOctaves="900"/></filter><rect filter="url(#f)" width="99%" height="99%"/>',
      ),
  }),
  ...both({
    name: 'an SVG that begins as a PNG',
    ends: /damaged|cannot identify|truncated|broken/,
    make: () => Buffer.concat([Buffer.from('\x89PNG', 'latin1'), SVG('')]),
  }),
  ...both({
    name: 'a PNG of 28,000 by 28,000 pixels',
    ends: PIXELS,
    make: () => png({ width: 28_000, height: 28_000, data: zeros_in_zlib(750) }),
  }),
  ...both({
    name: 'a PNG of 1.3 GB',
    ends: BYTES,
    make: () => png({ width: 13_000, height: 13_000, depth: 16, colour: 6, data: zeros_in_zlib(750) }),
  }),
  ...both({
    name: 'an interlaced PNG of 600 MB',
    ends: BYTES,
    make: () => png({ width: 12_000, height: 12_000, colour: 6, interlace: 1, data: zeros_in_zlib(550) }),
  }),
  ...both({
    name: 'a PNG whose pixels are more than it says',
    ends: 'value',
    make: () => png({ width: 1000, height: 1000, data: deflateSync(Buffer.alloc(64 << 20)) }),
  }),
  ...both({
    name: 'a PNG of seven lines of 16 million pixels',
    ends: BYTES,
    make: () => png({ width: 2 ** 24 - 1, height: 7, colour: 0, data: zeros_in_zlib(16) }),
  }),
  ...both({
    name: 'a PNG of 2^62 pixels',
    ends: PIXELS,
    make: () => png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1, data: Buffer.alloc(8) }),
  }),
  ...both({
    name: 'a PNG of a million chunks',
    ends: MEMORY,
    make: () =>
      png({
        width: 1,
        height: 1,
        data: Buffer.alloc(8),
        more: [repeated(chunk('teSt', Buffer.alloc(0)), 1_000_000)],
      }),
  }),
  ...both({
    name: 'a JPEG of 65,500 by 65,500 pixels',
    ends: PIXELS,
    make: () => jpeg(65_500, 65_500, SCAN),
  }),
  ...both({
    name: 'a JPEG of 13,000 by 13,000 pixels',
    ends: BYTES,
    make: () => jpeg(13_000, 13_000, Buffer.concat([SCAN, Buffer.alloc(1000)])),
  }),
  ...both({
    name: 'a JPEG of two million segments',
    ends: MEMORY,
    make: () =>
      Buffer.concat([
        Buffer.from([0xff, 0xd8]),
        repeated(Buffer.from([0xff, 0xe5, 0, 2]), 2_000_000),
        jpeg(8, 8, SCAN).subarray(2),
      ]),
  }),
  ...both({
    name: 'a JPEG of 3,000 scans',
    ends: /more than 100 scans/,
    make: () => many_scans(3000),
  }),
  ...both({ name: 'a WebP of 16,383 by 16,383 pixels', ends: PIXELS, make: large_webp }),
  ...both({
    name: 'a WebP whose canvas is of 2^48 pixels',
    ends: PIXELS,
    make: large_canvas,
  }),
  ...both({
    name: 'a GIF of 1,000 frames of 10,000 by 10,000 pixels',
    ends: /limit 'bytes'|truncated/,
    make: () =>
      Buffer.concat([
        gif_head(10_000, 10_000),
        repeated(gif_frame(1, 1, ONE_PIXEL), 1000),
        Buffer.from([0x3b]),
      ]),
  }).slice(1),
  ...both({
    name: 'a GIF of half a million frames of a pixel',
    ends: /limit '(bytes|records)'/,
    make: () =>
      Buffer.concat([gif_head(1, 1), repeated(gif_frame(1, 1, ONE_PIXEL), 500_000), Buffer.from([0x3b])]),
  }).slice(1),
  ...both({
    name: 'a GIF of five million blocks of one byte',
    ends: 'value',
    make: () =>
      Buffer.concat([
        gif_head(100, 100),
        gif_frame(100, 100, repeated(Buffer.from([1, 0]), 5_000_000)),
        Buffer.from([0x3b]),
      ]),
  }),
  ...both({
    name: 'a GIF whose frame is of 65,535 by 65,535 pixels',
    ends: PIXELS,
    make: () => Buffer.concat([gif_head(1, 1), gif_frame(65_535, 65_535, ONE_PIXEL), Buffer.from([0x3b])]),
  }),
  {
    name: 'a BMP of 13,000 by 13,000 pixels in run lengths',
    reader: 'open',
    ends: BYTES,
    make: () => bmp(13_000, 13_000, 1, 8, Buffer.alloc(100)),
  },
  {
    name: 'a BMP of 2^62 pixels',
    reader: 'open',
    ends: PIXELS,
    make: () => bmp(2 ** 31 - 1, 2 ** 31 - 1, 0, 24, Buffer.alloc(100)),
  },
  {
    name: 'a PPM of 13,000 by 13,000 pixels in text',
    reader: 'open',
    ends: BYTES,
    make: () => Buffer.from('P3 13000 13000 255 1 2 3'),
  },
  {
    name: 'a PGM of 2^62 pixels',
    reader: 'open',
    ends: PIXELS,
    make: () => Buffer.from('P5 2147483647 2147483647 255 1'),
  },
  {
    name: 'a PPM that is all comment',
    reader: 'open',
    ends: /Reached EOF/,
    make: () => Buffer.from(`P3 #${'c'.repeat(20_000_000)}`),
  },
  {
    name: 'a TIFF of 2^62 pixels',
    reader: 'open',
    ends: PIXELS,
    make: () => tiff_of(2 ** 31 - 1, 2 ** 31 - 1, [[273, 4, 1, 8]]),
  },
  {
    name: 'a TIFF of 170 million pixels of 16 bits',
    reader: 'open',
    ends: BYTES,
    make: () =>
      tiff([
        [256, 4, 1, 13_000],
        [257, 4, 1, 13_000],
        [258, 3, 1, 16],
        [259, 3, 1, 8],
        [262, 3, 1, 1],
        [273, 4, 1, 8],
        [277, 3, 1, 1],
      ]),
  },
  {
    name: 'a TIFF in tiles of 2^60 bytes',
    reader: 'open',
    ends: PIXELS,
    make: () =>
      tiff_of(8, 8, [
        [322, 4, 1, 2 ** 30],
        [323, 4, 1, 2 ** 30],
        [324, 4, 1, 8],
        [325, 4, 1, 8],
      ]),
  },
  {
    name: 'a TIFF whose tag has 2^32 values',
    reader: 'open',
    ends: /has \d+ values|truncated/,
    make: () =>
      tiff([
        [256, 4, 1, 8],
        [257, 4, 1, 8],
        [258, 3, 2 ** 32 - 1, 8],
      ]),
  },
  {
    name: 'a TIFF of 60,000 pages',
    reader: 'open',
    ends: 'value',
    make: () => {
      const page = 2 + 8 * 12 + 4
      const pages = Buffer.alloc(8 + 16 + 60_000 * page)
      pages.write('II*\0')
      pages.writeUInt32LE(24, 4)
      for (let i = 0; i < 60_000; i++) {
        const body = tiff([
          [256, 4, 1, 4],
          [257, 4, 1, 4],
          [258, 3, 1, 8],
          [259, 3, 1, 1],
          [262, 3, 1, 1],
          [273, 4, 1, 8],
          [277, 3, 1, 1],
          [279, 4, 1, 16],
        ]).subarray(8)
        body.copy(pages, 24 + i * page)
        pages.writeUInt32LE(i === 59_999 ? 0 : 24 + (i + 1) * page, 24 + (i + 1) * page - 4)
      }
      return pages
    },
  },
  {
    name: 'a TIFF of 120 MB in 120 KB',
    reader: 'open',
    ends: 'value',
    make: () => {
      const data = Buffer.concat([Buffer.from([0x78, 0x9c]), zeros_deflated(115), Buffer.alloc(4)])
      return tiff_of(
        10_900,
        11_000,
        [
          [259, 3, 1, 8],
          [273, 4, 1, 8],
          [278, 4, 1, 11_000],
          [279, 4, 1, data.length],
        ].sort((a, b) => a[0]! - b[0]!) as Tag[],
        data,
      )
    },
  },
  {
    name: 'a file of raw deflate that no image begins with',
    reader: 'open',
    ends: /cannot identify/,
    make: () => deflateRawSync(Buffer.alloc(1 << 20)),
  },
]
