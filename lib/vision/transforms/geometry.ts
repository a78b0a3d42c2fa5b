import { float32, float64, int8, int16, int32, int64, uint8 } from '../../dtype.js'
import { runtime_error, type_error, value_error } from '../../errors.js'
import { interpolate } from '../../nn/functional/interpolate.js'
import { pad as torch_pad } from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { round_half_even } from '../../round.js'
import { as_tensor } from '../../tensor/create.js'
import type { Tensor } from '../../tensor.js'
import { Image } from '../image.js'
import { get_dimensions, on_pixels, type Picture, pair_of, type SizeLike, takes_fill } from './picture.js'

/** How values between pixels are found. */
export const InterpolationMode = Object.freeze({
  NEAREST: 'nearest',
  NEAREST_EXACT: 'nearest-exact',
  BILINEAR: 'bilinear',
  BICUBIC: 'bicubic',
  BOX: 'box',
  HAMMING: 'hamming',
  LANCZOS: 'lanczos',
} as const)
export type InterpolationMode = (typeof InterpolationMode)[keyof typeof InterpolationMode]

/** What is around an image: a value, its edge, or its reflection without or with the edge. */
export type PaddingMode = 'constant' | 'edge' | 'reflect' | 'symmetric'

/** Padding of all sides; of left and right, top and bottom; or of left, top, right and bottom. */
export type Padding = number | readonly number[]

/** A value for all channels, or for images one for each. */
export type Fill = number | readonly number[]

/** Keywords of {@link resize}. */
export interface ResizeOptions {
  /** Default: `'bilinear'`. */
  interpolation?: InterpolationMode
  /** The most that the longer side may have, where only the shorter is given. */
  max_size?: number | null
  /** Whether a tensor's filter widens with the scale, as an image's always does. Default: true. */
  antialias?: boolean | null
}

/** The image mirrored left to right. */
export function hflip<P extends Picture>(img: P): P {
  return on_pixels(img, (pixels) => pixels.flip(-1))
}

/** The image upside down. */
export function vflip<P extends Picture>(img: P): P {
  return on_pixels(img, (pixels) => pixels.flip(-2))
}

/** left, right, top, bottom */
function sides_of(padding: Padding): [number, number, number, number] {
  if (typeof padding === 'number') return [padding, padding, padding, padding]
  if (!Array.isArray(padding)) throw type_error('Got inappropriate padding arg')
  const [a, b, c, d] = padding as number[]
  if (padding.length === 1) return [a!, a!, a!, a!]
  if (padding.length === 2) return [a!, a!, b!, b!]
  if (padding.length === 4) return [a!, c!, b!, d!]
  throw value_error(
    `Padding must be an int or a 1, 2, or 4 element tuple, not a ${padding.length} element tuple`,
  )
}

// The places that a line of `length` shows, `before` and `after` it its mirror image with the edge.
function mirrored(length: number, before: number, after: number): number[] {
  return [
    ...Array.from({ length: before }, (_, i) => before - 1 - i),
    ...Array.from({ length }, (_, i) => i),
    ...Array.from({ length: after }, (_, i) => length - 1 - i),
  ]
}

function pad_symmetric(img: Tensor, sides: number[]): Tensor {
  const [left, right, top, bottom] = sides.map((side) => Math.max(side, 0)) as [
    number,
    number,
    number,
    number,
  ]
  const [l, r, t, b] = sides.map((side) => Math.max(-side, 0)) as [number, number, number, number]
  const [height, width] = img.shape.slice(-2) as [number, number]
  const inner = img.narrow(-2, t, height - t - b).narrow(-1, l, width - l - r)
  if (img.ndim !== 3 && img.ndim !== 4)
    throw runtime_error('Symmetric padding of N-D tensors are not supported yet')
  const index = (places: number[]) => as_tensor(places, { dtype: int64, device: img.device })
  return inner
    .index_select(-2, index(mirrored(height - t - b, top, bottom)))
    .index_select(-1, index(mirrored(width - l - r, left, right)))
}

function pad_tensor(img: Tensor, sides: number[], fill: number, mode: PaddingMode): Tensor {
  if (mode === 'symmetric') return pad_symmetric(img, sides)
  const { dtype } = img
  let batch = img.ndim < 4 ? img.unsqueeze(0) : img
  const cast = mode !== 'constant' && dtype !== float32 && dtype !== float64
  if (cast) batch = batch.to(float32)
  batch =
    mode === 'constant'
      ? torch_pad(batch, sides, { mode, value: fill })
      : torch_pad(batch, sides, { mode: mode === 'edge' ? 'replicate' : mode })
  if (img.ndim < 4) batch = batch.squeeze(0)
  return cast ? batch.to(dtype) : batch
}

/**
 * The image with something around it.
 *
 * @param padding - of all sides; `[left and right, top and bottom]`; or `[left, top, right, bottom]`
 * @param fill - the value around it in mode `'constant'`; for images also one for each channel. Default: 0
 * @param padding_mode - `'constant'`, `'edge'`, `'reflect'` or `'symmetric'`. Default: `'constant'`
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.pad.html
 */
export function pad<P extends Picture>(
  img: P,
  padding: Padding,
  fill: Fill = 0,
  padding_mode: PaddingMode = 'constant',
): P {
  if (!['constant', 'edge', 'reflect', 'symmetric'].includes(padding_mode))
    throw value_error('Padding mode should be either constant, edge, reflect or symmetric')
  const sides = sides_of(padding)
  if (padding_mode === 'constant' && !takes_fill(img) && [fill].flat().some((value) => value !== 0))
    throw value_error(
      `pad(): images of mode '${(img as Image).mode}' are padded with 0 only, not ${[fill].flat().join(', ')}: convert them first`,
    )
  if (typeof fill === 'number')
    return on_pixels(img, (pixels) => pad_tensor(pixels, sides, fill, padding_mode))
  if (!(img instanceof Image)) throw type_error('Got inappropriate fill arg')
  if (!takes_fill(img)) return pad(img, padding, 0, padding_mode)
  const fills = fill.length === 1 ? new Array<number>(img.channels).fill(fill[0]!) : fill
  if (fills.length !== img.channels)
    throw value_error(
      `The number of elements in 'fill' does not match the number of channels of the image (${fills.length} != ${img.channels})`,
    )
  return on_pixels(img, (pixels) =>
    ops.cat(fills.map((value, c) => pad_tensor(pixels.narrow(0, c, 1), sides, value, padding_mode))),
  )
}

/**
 * A part of the image; what lies outside of it is 0.
 *
 * @param top - the part's first row
 * @param left - its first column
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.crop.html
 */
export function crop<P extends Picture>(img: P, top: number, left: number, height: number, width: number): P {
  const [, h, w] = get_dimensions(img)
  const [bottom, right] = [top + height, left + width]
  return on_pixels(img, (pixels) => {
    const rows = [Math.min(Math.max(top, 0), h), Math.min(Math.max(bottom, 0), h)] as const
    const columns = [Math.min(Math.max(left, 0), w), Math.min(Math.max(right, 0), w)] as const
    const inside = pixels
      .narrow(-2, rows[0], Math.max(0, rows[1] - rows[0]))
      .narrow(-1, columns[0], Math.max(0, columns[1] - columns[0]))
    if (left >= 0 && top >= 0 && right <= w && bottom <= h) return inside
    const around = [
      Math.max(-left + Math.min(0, right), 0),
      Math.max(right - Math.max(w, left), 0),
      Math.max(-top + Math.min(0, bottom), 0),
      Math.max(bottom - Math.max(h, top), 0),
    ]
    return pad_tensor(inside, around, 0, 'constant')
  })
}

/** The middle of the image; where it is smaller than that, with 0 around it. */
export function center_crop<P extends Picture>(img: P, output_size: SizeLike): P {
  const [height, width] = pair_of(output_size, 'Please provide only two dimensions (h, w) for size.')
  let picture = img
  let [, h, w] = get_dimensions(picture)
  if (width > w || height > h) {
    const [across, down] = [Math.max(width - w, 0), Math.max(height - h, 0)]
    picture = pad(picture, [across >> 1, down >> 1, (across + 1) >> 1, (down + 1) >> 1])
    ;[, h, w] = get_dimensions(picture)
    if (width === w && height === h) return picture
  }
  return crop(picture, round_half_even((h - height) / 2), round_half_even((w - width) / 2), height, width)
}

function resized_size(
  h: number,
  w: number,
  size: readonly number[],
  max_size: number | null,
): [number, number] {
  if (size.length === 2) return [size[0]!, size[1]!]
  const [short, long] = w <= h ? [w, h] : [h, w]
  let new_short = size[0]!
  let new_long = Math.trunc((new_short * long) / short)
  if (max_size !== null) {
    if (max_size <= new_short)
      throw value_error(
        `max_size = ${max_size} must be strictly greater than the requested size for the smaller edge size = [${size.join(', ')}]`,
      )
    if (new_long > max_size) {
      new_short = Math.trunc((max_size * new_short) / new_long)
      new_long = max_size
    }
  }
  return w <= h ? [new_long, new_short] : [new_short, new_long]
}

function resize_tensor(img: Tensor, size: number[], mode: InterpolationMode, antialias: boolean): Tensor {
  const { dtype } = img
  const cast = dtype !== float32 && dtype !== float64
  let batch = img.ndim < 4 ? img.unsqueeze(0) : img
  if (cast) batch = batch.to(float32)
  const smooth = mode === 'bilinear' || mode === 'bicubic'
  batch = interpolate(batch, size, {
    mode,
    align_corners: smooth ? false : null,
    antialias: smooth && antialias,
  })
  if (mode === 'bicubic' && dtype === uint8) batch = batch.clamp(0, 255)
  if (img.ndim < 4) batch = batch.squeeze(0)
  if (!cast) return batch
  return ([uint8, int8, int16, int32, int64].includes(dtype) ? batch.round() : batch).to(dtype)
}

/**
 * The image at another size.
 *
 * @param size - height and width, or the shorter side
 * @param options - interpolation, max_size, antialias
 * @throws ValueError for a size of another length, or an interpolation that tensors have not
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.resize.html
 */
export function resize<P extends Picture>(
  img: P,
  size: SizeLike,
  interpolation: InterpolationMode | ResizeOptions = 'bilinear',
  options: ResizeOptions = {},
): P {
  const given = {
    interpolation: 'bilinear' as InterpolationMode,
    max_size: null,
    antialias: true,
    ...(typeof interpolation === 'string' ? { interpolation } : interpolation),
    ...options,
  }
  const wanted: readonly number[] = typeof size === 'number' ? [size] : size
  if (wanted.length !== 1 && wanted.length !== 2)
    throw value_error(
      `Size must be an int or a 1 or 2 element tuple/list, not a ${wanted.length} element tuple/list`,
    )
  if (given.max_size !== null && wanted.length !== 1)
    throw value_error(
      'max_size should only be passed if size specifies the length of the smaller edge, i.e. size should be an int or a sequence of length 1 in torchscript mode.',
    )
  const [, h, w] = get_dimensions(img)
  const [height, width] = resized_size(h, w, wanted, given.max_size)
  if (height === h && width === w) return img
  const mode = given.interpolation
  if (img instanceof Image)
    return img.resize([width, height], mode === 'nearest-exact' ? 'nearest' : mode) as P
  return resize_tensor(img as Tensor, [height, width], mode, given.antialias ?? false) as P
}

/** A part of the image, then that at another size. */
export function resized_crop<P extends Picture>(
  img: P,
  top: number,
  left: number,
  height: number,
  width: number,
  size: SizeLike,
  interpolation: InterpolationMode = 'bilinear',
  antialias: boolean | null = true,
): P {
  return resize(crop(img, top, left, height, width), size, { interpolation, antialias })
}
