import { type_error, type_name, value_error } from '../../errors.js'
import type { Tensor } from '../../tensor.js'
import { Image, require_channels } from '../image.js'
import { is_channel_mode } from '../mode.js'
import { image_of, planes_of, tensor_of } from '../pixels.js'

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

/**
 * Does to an image's values what is done to tensors.
 *
 * @param name - the transform's, for errors
 * @throws ValueError for images whose values cannot be blended
 */
export function on_values<P extends Picture>(img: P, name: string, change: (pixels: Tensor) => Tensor): P {
  if (!(img instanceof Image)) {
    get_dimensions(img)
    return change(img) as P
  }
  require_channels(img, name)
  return image_of(change(tensor_of(img)), img.mode) as P
}

/** Moves an image's pixels, of any mode, as it moves those of tensors; what is new is 0. */
export function on_pixels<P extends Picture>(img: P, move: (pixels: Tensor) => Tensor): P {
  if (!(img instanceof Image)) {
    get_dimensions(img)
    return move(img) as P
  }
  return image_of(move(planes_of(img)), img.mode, img) as P
}

/** True for images whose pixels are bytes that a fill value stands for, and for tensors. */
export const takes_fill = (img: Picture): boolean => !(img instanceof Image) || is_channel_mode(img.mode)

/** A size as height and width. */
export function pair_of(size: SizeLike, message: string): [number, number] {
  if (typeof size === 'number') return [Math.trunc(size), Math.trunc(size)]
  if (!Array.isArray(size)) throw type_error(`Size should be int or sequence. Got ${type_name(size)}`)
  if (size.length === 1) return [size[0], size[0]]
  if (size.length !== 2) throw value_error(message)
  return [size[0], size[1]]
}
