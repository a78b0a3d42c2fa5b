import { DType } from '../../dtype.js'
import { type_name, value_error } from '../../errors.js'
import { Module } from '../../nn/modules/module.js'
import { take_options } from '../../ops/keywords.js'
import { Tensor } from '../../tensor.js'
import type { Image, Mode } from '../image.js'
import * as F from './convert.js'
import { floats } from './transform.js'

/**
 * An {@link Image} as floats between 0 and 1.
 *
 * Shape: an image of height h and width w → (channels, h, w), of the default dtype.
 *
 * @throws TypeError for something else than an image
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ToTensor.html
 */
export class ToTensor extends Module {
  override forward(pic: Image): Tensor {
    return F.to_tensor(pic)
  }
}

/** An {@link Image} as uint8 (channels, height, width), its values as they are. */
export class PILToTensor extends Module {
  override forward(pic: Image): Tensor {
    return F.pil_to_tensor(pic)
  }
}

/** An {@link Image} or tensor as a tensor, its values as they are. */
export class ToImage extends Module {
  override forward(inpt: Image | Tensor): Tensor {
    return F.to_image(inpt)
  }
}

/**
 * A tensor as an {@link Image}: floats between 0 and 1, or uint8.
 *
 * @param mode - checked against the number of channels
 */
export class ToPILImage extends Module {
  declare mode: Mode | null

  constructor(mode: Mode | null = null) {
    super()
    this.mode = mode
  }

  override forward(pic: Tensor): Image {
    return F.to_pil_image(pic, this.mode)
  }

  override __repr__(): string {
    return `ToPILImage(${this.mode === null ? '' : `mode=${this.mode}`})`
  }
}

/** A tensor in another dtype, its values scaled to that one's range. */
export class ConvertImageDtype extends Module {
  declare dtype: DType

  constructor(dtype: DType) {
    super()
    this.dtype = dtype
  }

  override forward(image: Tensor): Tensor {
    return F.convert_image_dtype(image, this.dtype)
  }
}

/**
 * Tensors in another dtype; what is no tensor passes.
 *
 * @param dtype - the dtype
 * @param scale - whether values are scaled to its range. Default: false
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToDtype.html
 */
export class ToDtype extends Module {
  declare dtype: DType
  declare scale: boolean

  constructor(dtype: DType, scale: boolean | { scale?: boolean } = false) {
    super()
    const given = take_options('ToDtype', [scale], ['scale'], { scale: false })
    if (!(dtype instanceof DType))
      throw value_error(`dtype must be a dict or a torch.dtype, got ${type_name(dtype)} instead`)
    this.dtype = dtype
    this.scale = given.scale
  }

  override forward<T>(inpt: T): T {
    return inpt instanceof Tensor ? (F.to_dtype(inpt, this.dtype, this.scale) as T) : inpt
  }

  override extra_repr(): string {
    return `scale=${this.scale ? 'True' : 'False'}`
  }
}

/**
 * (x − mean) / std, channel by channel.
 *
 * @param mean - one for each channel
 * @param std - one for each channel
 * @param inplace - whether the tensor itself is changed. Default: false
 *
 * Shape: (…, channels, height, width) to the same.
 *
 * @example
 * ```ts
 * const x = new vision.transforms.Normalize([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])(torch.rand(3, 4, 4)) // between -1 and 1
 * ```
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html
 */
export class Normalize extends Module {
  declare mean: readonly number[]
  declare std: readonly number[]
  declare inplace: boolean

  constructor(
    mean: readonly number[],
    std: readonly number[],
    inplace: boolean | { inplace?: boolean } = false,
  ) {
    super()
    const given = take_options('Normalize', [inplace], ['inplace'], { inplace: false })
    this.mean = mean
    this.std = std
    this.inplace = given.inplace
  }

  override forward(tensor: Tensor): Tensor {
    return F.normalize(tensor, this.mean, this.std, this.inplace)
  }

  override __repr__(): string {
    return `Normalize(mean=${floats(this.mean)}, std=${floats(this.std)})`
  }
}
