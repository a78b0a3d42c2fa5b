import { value_error } from '../errors.js'
import { own, own_value } from '../own.js'
import { is_bytes } from '../realm.js'
import { type ChannelMode, type Mode, PIXEL, type Raster, type Transparency } from './mode.js'

const clip = (value: number) => (value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value))

const grey_of = (r: number, g: number, b: number) => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16

/** Whole numbers or floats as they lie in an image of more than 8 bits. */
export function elements_of({ mode, data }: Pick<Raster, 'mode' | 'data'>) {
  // A copy begins where any type may.
  const { buffer, byteOffset, byteLength } = data.byteOffset % 4 === 0 ? data : new Uint8Array(data)
  const length = byteLength / PIXEL[mode].bytes
  if (mode === 'F') return new Float32Array(buffer, byteOffset, length)
  return mode === 'I'
    ? new Int32Array(buffer, byteOffset, length)
    : new Uint16Array(buffer, byteOffset, length)
}

// PIL cuts values off at 255; NaN becomes 0.
function greys(image: Raster): Uint8Array {
  if (image.mode === 'L' || image.mode === '1') return image.data
  return Uint8Array.from(elements_of(image), (value) => (Number.isNaN(value) ? 0 : clip(value)))
}

/** Red, green, blue and alpha of each of the 256 places; those beyond the palette are black. */
export function full_palette(palette: Uint8Array, transparency?: Transparency): Uint8Array {
  const table = new Uint8Array(1024)
  for (let i = 0; i < 256; i++) {
    for (let c = 0; c < 3; c++) table[i * 4 + c] = palette[3 * i + c] ?? 0
    table[i * 4 + 3] = 255
  }
  if (typeof transparency === 'number') table[transparency * 4 + 3] = 0
  else if (is_bytes(transparency))
    transparency.subarray(0, 256).forEach((alpha, i) => {
      table[i * 4 + 3] = alpha
    })
  return table
}

function from_palette(image: Raster, to: ChannelMode): Raster {
  image = own(image)
  const { mode, width, height, data } = image
  const table = full_palette(
    image.palette ?? new Uint8Array(0),
    mode === 'P' ? image.transparency : undefined,
  )
  const { bytes } = PIXEL[mode]
  if (to === 'RGB') {
    const rgb = new Uint8Array(width * height * 3)
    for (let i = 0, j = 0; j < rgb.length; i += bytes, j += 3) {
      const place = data[i]! * 4
      rgb[j] = table[place]!
      rgb[j + 1] = table[place + 1]!
      rgb[j + 2] = table[place + 2]!
    }
    return { mode: 'RGB', width, height, data: rgb }
  }
  const rgba = new Uint8Array(width * height * 4)
  const [colours, pixels] = [new Uint32Array(table.buffer), new Uint32Array(rgba.buffer)]
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[data[i * bytes]!]!
  if (mode === 'PA') for (let i = 0; i < pixels.length; i++) rgba[i * 4 + 3] = data[2 * i + 1]!
  return { mode: 'RGBA', width, height, data: rgba }
}

function from_cmyk({ width, height, data }: Raster): Raster {
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0, j = 0; j < rgb.length; i += 4, j += 3) {
    const light = 255 - data[i + 3]!
    for (let c = 0; c < 3; c++) {
      const product = data[i + c]! * light + 128
      rgb[j + c] = clip(light - (((product >> 8) + product) >> 8))
    }
  }
  return { mode: 'RGB', width, height, data: rgb }
}

// Channels of light and alpha in another number; `key` is the colour that becomes transparent.
function rearranged(image: Raster, to: ChannelMode, key?: readonly number[]): Uint8Array {
  const source = image.data
  const from = PIXEL[image.mode].channels
  const { channels } = PIXEL[to]
  const data = new Uint8Array(image.width * image.height * channels)
  for (let i = 0, j = 0; j < data.length; i += from, j += channels) {
    const r = source[i]!
    const g = from < 3 ? r : source[i + 1]!
    const b = from < 3 ? r : source[i + 2]!
    const keyed = key !== undefined && r === key[0] && g === key[1] && b === key[2]
    // PIL leaves the red of what has become transparent where grey was wanted.
    if (channels < 3) data[j] = from < 3 || (keyed && to === 'LA') ? r : grey_of(r, g, b)
    else {
      data[j] = r
      data[j + 1] = g
      data[j + 2] = b
    }
    if (channels % 2 === 0) data[j + channels - 1] = from % 2 === 0 ? source[i + from - 1]! : keyed ? 0 : 255
  }
  return data
}

/** The transparent colour of grey or coloured pixels: PIL compares the lowest 8 bits, a single number with red alone. */
function key_of(options: Raster): readonly number[] | undefined {
  const { mode, transparency } = own(options)
  if (typeof transparency === 'number')
    return mode === 'RGB' ? [transparency & 255, 0, 0] : [0, 0, 0].fill(transparency & 255)
  return Array.isArray(transparency) ? transparency.map((value) => value & 255) : undefined
}

// What stays transparent where the new mode has no alpha of its own.
function carried(image: Raster, to: ChannelMode): { transparency?: Transparency } {
  const { mode, transparency } = own(image)
  if (transparency === undefined || to === 'LA' || to === 'RGBA' || is_bytes(transparency)) return {}
  if (mode === 'P') {
    const place = full_palette(own_value(image, 'palette') ?? new Uint8Array(0)).subarray(
      (transparency as number) * 4,
    )
    const [r, g, b] = place as unknown as [number, number, number]
    return { transparency: to === 'L' ? grey_of(r, g, b) : [r, g, b] }
  }
  if (mode === 'L' && to === 'RGB') {
    const value = clip(transparency as number)
    return { transparency: [value, value, value] }
  }
  if (mode === 'RGB' && to === 'L') {
    const [r, g, b] = (transparency as readonly number[]).map(clip) as [number, number, number]
    return { transparency: grey_of(r, g, b) }
  }
  return { transparency }
}

/**
 * An image's pixels in mode `'L'`, `'LA'`, `'RGB'` or `'RGBA'`, by PIL's integer arithmetic. Grey is
 * (19595 R + 38470 G + 7471 B + 32768) / 65536; values of more than 8 bits are cut off at 255; alpha is 255 where there was
 * none and no value is said to be transparent.
 *
 * @throws ValueError for another mode
 */
export function convert_mode(image: Raster, to: Mode): Raster {
  if (to !== 'L' && to !== 'LA' && to !== 'RGB' && to !== 'RGBA')
    throw value_error(
      `conversion from ${image.mode} to ${String(to)} not supported: convert gives 'L', 'LA', 'RGB' and 'RGBA'`,
    )
  const { mode, width, height } = image
  let base = image
  if (mode === 'P' || mode === 'PA') base = from_palette(image, to)
  else if (mode === 'CMYK') base = from_cmyk(image)
  else if (PIXEL[mode].channels === 1) base = { mode: 'L', width, height, data: greys(image) }
  const data =
    base.mode === to && base !== image
      ? base.data
      : rearranged(base, to, mode === 'P' ? undefined : key_of(image))
  return { mode: to, width, height, data, ...carried(image, to) }
}
