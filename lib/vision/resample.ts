import { value_error } from '../errors.js'
import { native } from '../native.js'

/** PIL's filters. */
export type Resampling = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos'

interface Pixels {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly data: Uint8Array
}

type Filter = [support: number, weight: (x: number) => number]

const sinc = (x: number) => (x === 0 ? 1 : native.math.sin(x * Math.PI) / (x * Math.PI))

function hamming(x: number): number {
  const at = Math.abs(x)
  if (at === 0) return 1
  return at >= 1 ? 0 : sinc(at) * (0.54 + 0.46 * native.math.cos(at * Math.PI))
}

function bicubic(x: number): number {
  const a = -0.5
  const at = Math.abs(x)
  if (at < 1) return ((a + 2) * at - (a + 3)) * at * at + 1
  return at < 2 ? (((at - 5) * at + 8) * at - 4) * a : 0
}

const FILTERS: Record<Exclude<Resampling, 'nearest'>, Filter> = {
  box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  hamming: [1, hamming],
  bicubic: [2, bicubic],
  lanczos: [3, (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)],
}

// Weights are integers of this many bits after the point, so that a pixel's sum stays within 32.
const PRECISION = 22

interface Weights {
  starts: Int32Array
  counts: Int32Array
  weights: Int32Array
  most: number
}

/** For each pixel of a line of `to`, which of the `from` it is made of, and by how much. */
function weights_of(from: number, to: number, [support, weight]: Filter): Weights {
  const scale = from / to
  const stretch = Math.max(scale, 1)
  const reach = support * stretch
  const most = Math.ceil(reach) * 2 + 1
  const found = {
    starts: new Int32Array(to),
    counts: new Int32Array(to),
    weights: new Int32Array(to * most),
    most,
  }
  const line = new Float64Array(most)
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(center - reach + 0.5))
    const count = Math.min(from, Math.trunc(center + reach + 0.5)) - start
    let sum = 0
    for (let k = 0; k < count; k++) {
      line[k] = weight((k + start - center + 0.5) * (1 / stretch))
      sum += line[k]!
    }
    for (let k = 0; k < count; k++) {
      const share = (sum === 0 ? line[k]! : line[k]! / sum) * (1 << PRECISION)
      found.weights[i * most + k] = Math.trunc(share < 0 ? share - 0.5 : share + 0.5)
    }
    found.starts[i] = start
    found.counts[i] = count
  }
  return found
}

/** One pass: lines of `from` values become lines of `to`; values of a line lie `stride` apart. */
function pass(
  source: Uint8Array,
  target: Uint8Array,
  { starts, counts, weights, most }: Weights,
  lines: number,
  stride: number,
  source_line: number,
  target_line: number,
): void {
  const half = 1 << (PRECISION - 1)
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < starts.length; i++) {
      const count = counts[i]!
      for (let c = 0; c < stride; c++) {
        let sum = half
        let at = line * source_line + starts[i]! * stride + c
        for (let k = i * most; k < i * most + count; k++, at += stride) sum += source[at]! * weights[k]!
        const value = sum >> PRECISION
        target[line * target_line + i * stride + c] = value < 0 ? 0 : Math.min(value, 255)
      }
    }
  }
}

// Half a step on, then whole steps: the sums' own rounding decides which pixel is nearest.
function places(from: number, to: number): Int32Array {
  const step = from / to
  let at = step * 0.5
  return Int32Array.from({ length: to }, () => {
    const place = Math.trunc(at)
    at += step
    return place
  })
}

function nearest({ width, height, channels, data }: Pixels, to_width: number, to_height: number): Uint8Array {
  const target = new Uint8Array(to_width * to_height * channels)
  const columns = places(width, to_width)
  let at = 0
  for (const row of places(height, to_height)) {
    for (const column of columns) {
      const from = (row * width + column) * channels
      for (let c = 0; c < channels; c++) target[at++] = data[from + c]!
    }
  }
  return target
}

/** Colours times their alpha, or with `undo` divided by it, as PIL does around a filter. */
function premultiplied(source: Uint8Array, channels: number, undo: boolean): Uint8Array {
  const target = source.slice()
  for (let i = 0; i < target.length; i += channels) {
    const alpha = target[i + channels - 1]!
    for (let c = i; c < i + channels - 1; c++) {
      const value = target[c]!
      const product = value * alpha + 128
      if (!undo) target[c] = ((product >> 8) + product) >> 8
      else if (alpha !== 0 && alpha !== 255) target[c] = Math.min(255, Math.trunc((255 * value) / alpha))
    }
  }
  return target
}

/**
 * An image's bytes at another size: a weighted mean of the pixels under a filter that widens with the scale, first along
 * rows, then along columns, in PIL's integer arithmetic.
 */
export function resample(image: Pixels, width: number, height: number, resampling: Resampling): Uint8Array {
  if (image.width === width && image.height === height) return image.data.slice()
  if (resampling === 'nearest') return nearest(image, width, height)
  const filter = FILTERS[resampling]
  if (filter === undefined) throw value_error(`Unknown resampling filter (${String(resampling)}).`)
  const { channels } = image
  const alpha = channels % 2 === 0
  let data = alpha ? premultiplied(image.data, channels, false) : image.data
  if (width !== image.width) {
    const rows = new Uint8Array(width * image.height * channels)
    const weights = weights_of(image.width, width, filter)
    pass(data, rows, weights, image.height, channels, image.width * channels, width * channels)
    data = rows
  }
  if (height !== image.height) {
    const columns = new Uint8Array(width * height * channels)
    // A column's values lie a row apart: the whole image is one line of rows.
    pass(data, columns, weights_of(image.height, height, filter), 1, width * channels, 0, 0)
    data = columns
  }
  return alpha ? premultiplied(data, channels, true) : data
}
