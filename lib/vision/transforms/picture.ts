import { type_error, type_name, value_error } from '../../errors.js'
import type { Tensor } from '../../tensor.js'
import { Image } from '../image.js'
import { image_of, tensor_of } from '../pixels.js'

/** What transforms take: an {@link Image}, or a tensor (…, channels, height, width). */
export type Picture = Image | Tensor

/** A height and a width; one number stands for both. */
export type SizeLike = number | readonly [number] | readonly [number, number]

/** Channels, height and width. */
export function get_dimensions(img: Picture): [channels: number, height: number, width: number] {
  if (img instanceof Image) return [img.channels, img.height, img.width]
  if (img.ndim < 2) throw type_error('Tensor is not a torch image.')
  const [height, width] = img.shape.slice(-2) as [number, number]
  return [img.ndim === 2 ? 1 : img.shape.at(-3)!, height, width]
}

/** Width and height. */
export function get_image_size(img: Picture): [width: number, height: number] {
  const [, height, width] = get_dimensions(img)
  return [width, height]
}

/** How many channels there are. */
export function get_image_num_channels(img: Picture): number {
  return get_dimensions(img)[0]
}

/** Does to an image what is done to tensors. */
export function on_pixels<P extends Picture>(img: P, change: (pixels: Tensor) => Tensor): P {
  if (!(img instanceof Image)) {
    get_dimensions(img)
    return change(img) as P
  }
  const changed = change(tensor_of(img))
  return image_of(changed, img.mode) as P
}

/** A size as height and width. */
export function pair_of(size: SizeLike, message: string): [number, number] {
  if (typeof size === 'number') return [Math.trunc(size), Math.trunc(size)]
  if (!Array.isArray(size)) throw type_error(`Size should be int or sequence. Got ${type_name(size)}`)
  if (size.length === 1) return [size[0], size[0]]
  if (size.length !== 2) throw value_error(message)
  return [size[0], size[1]]
}
