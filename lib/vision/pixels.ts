import { bool, type DType, float32, int32, uint8, uint16 } from '../dtype.js'
import { value_error } from '../errors.js'
import { table } from '../own.js'
import { frombuffer } from '../tensor/from_memory.js'
import type { Tensor } from '../tensor.js'
import { Image } from './image.js'
import { type Extras, type Mode, PIXEL } from './mode.js'

const DTYPES = table<DType>({ '1': bool, 'I;16': uint16, I: int32, F: float32 })

/**
 * An image's values, copied: (height, width, channels) → (channels, height, width), of dtype uint8, of mode `'1'` bool,
 * `'I;16'` uint16, `'I'` int32, `'F'` float32.
 *
 * @throws ValueError for mode `'I;16B'`, as in Python
 */
export function tensor_of(image: Image): Tensor {
  const { mode, width, height, channels, data } = image
  if (mode === 'I;16B')
    throw value_error(
      "given numpy array has byte order different from the native byte order: convert images of mode 'I;16B' to 'L' first",
    )
  let bytes = mode === '1' ? data.map((value) => (value === 0 ? 0 : 1)) : data
  // Elements of several bytes begin where their type may.
  if (bytes.byteOffset % 4 !== 0) bytes = new Uint8Array(bytes)
  return frombuffer(bytes, { dtype: DTYPES[mode] ?? uint8 })
    .view(height, width, channels)
    .permute(2, 0, 1)
    .contiguous()
}

/** A pixel's bytes as planes, uint8 (bytes, height, width): what moves them, moves pixels of every mode. */
export function planes_of({ mode, width, height, data }: Image): Tensor {
  return frombuffer(data, { dtype: uint8 })
    .view(height, width, PIXEL[mode].bytes)
    .permute(2, 0, 1)
    .contiguous()
}

/** The bytes of a tensor of dtype uint8. */
export function bytes_of(tensor: Tensor): Uint8Array {
  return tensor.detach().cpu().contiguous().typed_array({ copy: true }) as Uint8Array
}

/** An image of uint8 (a pixel's bytes, height, width). */
export function image_of(pixels: Tensor, mode: Mode, extras: Extras = {}): Image {
  const [, height, width] = pixels.shape as [number, number, number]
  return new Image(mode, width, height, bytes_of(pixels.permute(1, 2, 0)), extras)
}
