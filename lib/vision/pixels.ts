import { uint8 } from '../dtype.js'
import { frombuffer } from '../tensor/from_memory.js'
import type { Tensor } from '../tensor.js'
import { Image, type Mode } from './image.js'

/** An image's pixels, copied: (height, width, channels) → uint8 (channels, height, width). */
export function tensor_of(image: Image): Tensor {
  return frombuffer(image.data, { dtype: uint8 })
    .view(image.height, image.width, image.channels)
    .permute(2, 0, 1)
    .contiguous()
}

/** The bytes of a tensor of dtype uint8. */
export function bytes_of(tensor: Tensor): Uint8Array {
  return tensor.detach().cpu().contiguous().typed_array({ copy: true }) as Uint8Array
}

/** An image of uint8 (channels, height, width). */
export function image_of(pixels: Tensor, mode: Mode): Image {
  const [, height, width] = pixels.shape as [number, number, number]
  return new Image(mode, width, height, bytes_of(pixels.permute(1, 2, 0)))
}
