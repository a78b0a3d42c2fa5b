import { DType } from '../../dtype.js'
import { type_name, value_error } from '../../errors.js'
import { Module } from '../../nn/modules/module.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { Tensor } from '../../tensor.js'
import type { Image, Mode } from '../image.js'
import * as F from './convert.js'
import { floats } from './transform.js'

const TO_PIL_IMAGE = signature('ToPILImage', { mode: optional<Mode | null>(null) })
const CONVERT_IMAGE_DTYPE = signature('ConvertImageDtype', { dtype: required<DType>() })
const TO_DTYPE = signature('ToDtype', { dtype: required<DType>() }, { scale: optional(false) })
const NORMALIZE = signature(
  'Normalize',
  { mean: required<readonly number[]>() },
  { std: required<readonly number[]>() },
  { inplace: optional(false) },
)

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

  constructor(...args: Call<typeof TO_PIL_IMAGE>)
  constructor(...args: UsualCall<typeof TO_PIL_IMAGE>)
  constructor(...args: unknown[]) {
    super()
    this.mode = TO_PIL_IMAGE.take(args).mode
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

  constructor(...args: Call<typeof CONVERT_IMAGE_DTYPE>)
  constructor(...args: UsualCall<typeof CONVERT_IMAGE_DTYPE>)
  constructor(...args: unknown[]) {
    super()
    this.dtype = CONVERT_IMAGE_DTYPE.take(args).dtype
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

  constructor(...args: Call<typeof TO_DTYPE>)
  constructor(...args: UsualCall<typeof TO_DTYPE>)
  constructor(...args: unknown[]) {
    super()
    const { dtype, scale } = TO_DTYPE.take(args)
    if (!(dtype instanceof DType))
      throw value_error(`dtype must be a dict or a torch.dtype, got ${type_name(dtype)} instead`)
    this.dtype = dtype
    this.scale = scale
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

  constructor(...args: Call<typeof NORMALIZE>)
  constructor(...args: UsualCall<typeof NORMALIZE>)
  constructor(...args: unknown[]) {
    super()
    const { mean, std, inplace } = NORMALIZE.take(args)
    this.mean = mean
    this.std = std
    this.inplace = inplace
  }

  override forward(tensor: Tensor): Tensor {
    return F.normalize(tensor, this.mean, this.std, this.inplace)
  }

  override __repr__(): string {
    return `Normalize(mean=${floats(this.mean)}, std=${floats(this.std)})`
  }
}
