import { float32, int32, uint8 } from '../../dtype.js'
import { type_error, value_error } from '../../errors.js'
import { conv2d } from '../../nn/functional.js'
import { pad as torch_pad } from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { py_float } from '../../repr.js'
import { Tensor } from '../../tensor.js'
import { shift_hue } from '../hue.js'
import { Image, require_channels } from '../image.js'
import { image_of, tensor_of } from '../pixels.js'
import { convert_image_dtype, max_value } from './convert.js'
import { get_dimensions, on_values, type Picture } from './picture.js'

function check_factor(name: string, factor: number): void {
  if (factor < 0) throw value_error(`${name} (${py_float(factor)}) is not non-negative.`)
}

function check_channels(img: Tensor, permitted: readonly number[]): void {
  const [channels] = get_dimensions(img)
  if (!permitted.includes(channels))
    throw type_error(
      `Input image tensor permitted channel values are [${permitted.join(', ')}], but found ${channels}`,
    )
}

// PIL's: in1 + factor · (in2 − in1) in float32, cut off at both ends.
function blend_images(degenerate: Image, img: Image, factor: number): Image {
  const [from, to] = [tensor_of(degenerate).to(float32), tensor_of(img).to(float32)]
  const mixed = from.add(to.sub(from).mul(factor)).clamp(0, 255).to(uint8)
  // Alpha is left as it was.
  if (img.channels % 2 === 0) mixed.at(-1).copy_(to.at(-1))
  return image_of(mixed, img.mode)
}

function blend(first: Tensor, second: Tensor, ratio: number): Tensor {
  return first
    .mul(ratio)
    .add(second.mul(1 - ratio))
    .clamp(0, max_value(first.dtype))
    .to(first.dtype)
}

function gray_tensor(img: Tensor, num_output_channels: number): Tensor {
  if (img.ndim < 3)
    throw type_error(`Input image tensor should have at least 3 dimensions, but found ${img.ndim}`)
  check_channels(img, [1, 3])
  if (num_output_channels !== 1 && num_output_channels !== 3)
    throw value_error('num_output_channels should be either 1 or 3')
  let gray = img
  if (img.shape.at(-3) === 3) {
    const [r, g, b] = img.unbind(-3) as [Tensor, Tensor, Tensor]
    gray = r.mul(0.2989).add(g.mul(0.587)).add(b.mul(0.114)).to(img.dtype).unsqueeze(-3)
  } else {
    gray = img.clone()
  }
  return num_output_channels === 3 ? gray.expand(img.shape) : gray
}

/**
 * The image in grey: an image's by PIL's formula, a tensor's as 0.2989 R + 0.587 G + 0.114 B.
 *
 * @param num_output_channels - 1, or 3 that are the same. Default: 1
 */
export function rgb_to_grayscale<P extends Picture>(img: P, num_output_channels = 1): P {
  if (img instanceof Tensor) return gray_tensor(img, num_output_channels) as P
  if (num_output_channels !== 1 && num_output_channels !== 3)
    throw value_error('num_output_channels should be either 1 or 3')
  const gray = (img as Image).convert('L')
  return (num_output_channels === 3 ? gray.convert('RGB') : gray) as P
}

/** {@link rgb_to_grayscale}, of images only. */
export function to_grayscale(img: Image, num_output_channels = 1): Image {
  if (!(img instanceof Image)) throw type_error('Input should be PIL Image')
  return rgb_to_grayscale(img, num_output_channels)
}

/** The image times a factor: 0 is black, 1 the image itself. */
export function adjust_brightness<P extends Picture>(img: P, brightness_factor: number): P {
  if (img instanceof Image) {
    require_channels(img, 'adjust_brightness')
    const black = new Image(img.mode, img.width, img.height, new Uint8Array(img.data.length))
    return blend_images(black, img, brightness_factor) as P
  }
  check_factor('brightness_factor', brightness_factor)
  return on_values(img, 'adjust_brightness', (pixels) => {
    check_channels(pixels, [1, 3])
    return blend(pixels, ops.zeros_like(pixels), brightness_factor)
  })
}

/** The image nearer to, or farther from, its mean grey: 0 is all grey, 1 the image itself. */
export function adjust_contrast<P extends Picture>(img: P, contrast_factor: number): P {
  if (img instanceof Image) {
    require_channels(img, 'adjust_contrast')
    const { data } = img.convert('L')
    const mean = Math.trunc(data.reduce((sum, value) => sum + value, 0) / data.length + 0.5)
    const gray = new Image('L', img.width, img.height, new Uint8Array(data.length).fill(mean))
    return blend_images(gray.convert(img.mode), img, contrast_factor) as P
  }
  check_factor('contrast_factor', contrast_factor)
  return on_values(img, 'adjust_contrast', (pixels) => {
    check_channels(pixels, [3, 1])
    const dtype = pixels.is_floating_point() ? pixels.dtype : float32
    const gray = get_dimensions(pixels)[0] === 3 ? gray_tensor(pixels, 1) : pixels
    return blend(pixels, gray.to(dtype).mean([-3, -2, -1], { keepdim: true }), contrast_factor)
  })
}

/** The image nearer to, or farther from, its grey: 0 is without colour, 1 the image itself. */
export function adjust_saturation<P extends Picture>(img: P, saturation_factor: number): P {
  if (img instanceof Image) {
    require_channels(img, 'adjust_saturation')
    return blend_images(img.convert('L').convert(img.mode), img, saturation_factor) as P
  }
  check_factor('saturation_factor', saturation_factor)
  return on_values(img, 'adjust_saturation', (pixels) => {
    check_channels(pixels, [1, 3])
    return get_dimensions(pixels)[0] === 1 ? pixels : blend(pixels, gray_tensor(pixels, 1), saturation_factor)
  })
}

/** The image's colours moved around the circle of hues, by at most half of it either way. */
export function adjust_hue<P extends Picture>(img: P, hue_factor: number): P {
  if (!(hue_factor >= -0.5 && hue_factor <= 0.5))
    throw value_error(`hue_factor (${py_float(hue_factor)}) is not in [-0.5, 0.5].`)
  if (img instanceof Image) {
    require_channels(img, 'adjust_hue')
    return (img.channels < 3 ? img : shift_hue(img, hue_factor)) as P
  }
  return on_values(img, 'adjust_hue', (pixels) => {
    check_channels(pixels, [1, 3])
    if (get_dimensions(pixels)[0] === 1) return pixels
    const [h, s, v] = rgb_to_hsv(convert_image_dtype(pixels, float32))
    return convert_image_dtype(hsv_to_rgb(h.add(hue_factor).remainder(1), s, v), pixels.dtype)
  })
}

function rgb_to_hsv(img: Tensor): [Tensor, Tensor, Tensor] {
  const [r, g, b] = img.unbind(-3) as [Tensor, Tensor, Tensor]
  const greatest = ops.amax(img, -3)
  const least = ops.amin(img, -3)
  const gray = greatest.eq(least)
  const range = greatest.sub(least)
  const ones = ops.ones_like(greatest)
  const s = range.div(ops.where(gray, ones, greatest))
  const divisor = ops.where(gray, ones, range)
  const [rc, gc, bc] = [r, g, b].map((part) => greatest.sub(part).div(divisor)) as [Tensor, Tensor, Tensor]
  const is_r = greatest.eq(r)
  const is_g = greatest.eq(g)
  const hr = is_r.mul(bc.sub(gc))
  const hg = is_g.bitwise_and(greatest.ne(r)).mul(rc.add(2).sub(bc))
  const hb = greatest.ne(g).bitwise_and(greatest.ne(r)).mul(gc.add(4).sub(rc))
  return [hr.add(hg).add(hb).div(6).add(1).fmod(1), s, greatest]
}

function hsv_to_rgb(h: Tensor, s: Tensor, v: Tensor): Tensor {
  const sixth = h.mul(6).floor()
  const f = h.mul(6).sub(sixth)
  const p = v.mul(ops.sub(1, s)).clamp(0, 1)
  const q = v.mul(ops.sub(1, s.mul(f))).clamp(0, 1)
  const t = v.mul(ops.sub(1, s.mul(ops.sub(1, f)))).clamp(0, 1)
  const which = sixth.to(int32).remainder(6).unsqueeze(-3)
  const mask = which.eq(ops.arange(6, { device: h.device }).view(-1, 1, 1)).to(v.dtype)
  const parts = [
    [v, q, p, p, t, v],
    [t, v, v, q, p, p],
    [p, p, t, v, v, q],
  ].map((choices) => ops.stack(choices, -3))
  // One of the six is 1 and the others are 0, so the sum's order does not matter.
  return ops.stack(
    parts.map((choices) => mask.mul(choices).sum(-3)),
    -3,
  )
}

function gaussian_line(size: number, sigma: number, like: Tensor): Tensor {
  const half = (size - 1) * 0.5
  const x = ops.linspace(-half, half, size, { dtype: like.dtype, device: like.device })
  const density = x.div(sigma).pow(2).mul(-0.5).exp()
  return density.div(density.sum())
}

const as_pair = (value: number | readonly number[], name: string): [number, number] => {
  const pair = typeof value === 'number' ? [value, value] : value.length === 1 ? [value[0], value[0]] : value
  if (pair.length !== 2)
    throw value_error(`If ${name} is a sequence its length should be 2. Got ${pair.length}`)
  return [pair[0]!, pair[1]!]
}

/**
 * The image blurred by a Gaussian, with its reflection around it.
 *
 * @param kernel_size - odd and positive: along rows and columns
 * @param sigma - the standard deviation in pixels. Default: 0.15 · kernel_size + 0.35
 */
export function gaussian_blur<P extends Picture>(
  img: P,
  kernel_size: number | readonly number[],
  sigma: number | readonly number[] | null = null,
): P {
  const [kx, ky] = as_pair(kernel_size, 'kernel_size')
  if ([kx, ky].some((size) => size % 2 === 0 || size < 0))
    throw value_error(`kernel_size should have odd and positive integers. Got [${kx}, ${ky}]`)
  const [sx, sy] = sigma === null ? [kx * 0.15 + 0.35, ky * 0.15 + 0.35] : as_pair(sigma, 'sigma')
  if (sx <= 0 || sy <= 0)
    throw value_error(`sigma should have positive values. Got [${py_float(sx)}, ${py_float(sy)}]`)
  return on_values(img, 'gaussian_blur', (pixels) => {
    const { dtype } = pixels
    const values = pixels.is_floating_point() ? pixels : pixels.to(float32)
    const batch = values.ndim < 4 ? values.unsqueeze(0) : values
    const kernel = ops.mm(
      gaussian_line(ky, sy, values).unsqueeze(1),
      gaussian_line(kx, sx, values).unsqueeze(0),
    )
    const channels = batch.shape[1]!
    const padded = torch_pad(batch, [kx >> 1, kx >> 1, ky >> 1, ky >> 1], { mode: 'reflect' })
    let blurred = conv2d(padded, kernel.expand(channels, 1, ky, kx), { groups: channels })
    if (values.ndim < 4) blurred = blurred.squeeze(0)
    return pixels.is_floating_point() ? blurred : blurred.round().to(dtype)
  })
}

/** A part of a tensor replaced by a value. */
export function erase(
  img: Tensor,
  i: number,
  j: number,
  h: number,
  w: number,
  v: Tensor,
  inplace = false,
): Tensor {
  if (!(img instanceof Tensor)) throw type_error('img should be Tensor Image.')
  const target = inplace ? img : img.clone()
  target.narrow(-2, i, h).narrow(-1, j, w).copy_(v)
  return target
}
