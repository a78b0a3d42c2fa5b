import { float32 } from '../../dtype.js'
import { Module } from '../../nn/modules/module.js'
import { own } from '../../own.js'
import { Tensor } from '../../tensor.js'
import type { Image } from '../image.js'
import * as F from '../transforms/functional.js'

/** Options of {@link ClassificationPreset}. */
export interface PresetOptions {
  /** The side of the square that is cut out. Default: 224. */
  crop_size?: number
  /** The shorter side before that. Default: 256. */
  resize_size?: number
}

/** What ImageNet's models were trained on: a square of an image, its channels normalised. */
export class ClassificationPreset extends Module {
  declare readonly crop_size: number
  declare readonly resize_size: number
  readonly mean: readonly number[] = [0.485, 0.456, 0.406]
  readonly std: readonly number[] = [0.229, 0.224, 0.225]

  constructor(options: PresetOptions = {}) {
    const { crop_size = 224, resize_size = 256 } = own(options)
    super()
    this.crop_size = crop_size
    this.resize_size = resize_size
  }

  override forward(img: Image | Tensor): Tensor {
    const square = F.center_crop(F.resize(img, [this.resize_size]), [this.crop_size])
    const pixels = square instanceof Tensor ? square : F.pil_to_tensor(square)
    return F.normalize(F.convert_image_dtype(pixels, float32), this.mean, this.std)
  }
}

export const image_classification = (options: PresetOptions) => new ClassificationPreset(options)
