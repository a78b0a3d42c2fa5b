import { type_error, type_name, value_error } from '../../errors.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from '../../python/signature.js'
import { py_repr } from '../../repr.js'
import { rgb_to_grayscale } from './color.js'
import type { Fill, InterpolationMode, Padding, PaddingMode } from './geometry.js'
import * as F from './geometry.js'
import { type Picture, pair_of, type SizeLike } from './picture.js'
import { PictureTransform } from './transform.js'

const TWO = 'Please provide only two dimensions (h, w) for size.'

const RESIZE = signature(
  'Resize',
  { size: required<SizeLike>() },
  { interpolation: optional<InterpolationMode>('bilinear') },
  { max_size: optional<number | null>(null) },
  { antialias: optional<boolean | null>(true) },
)
const CENTER_CROP = signature('CenterCrop', { size: required<SizeLike>() })
const PAD = signature(
  'Pad',
  { padding: required<Padding>() },
  { fill: optional<Fill>(0) },
  { padding_mode: optional<PaddingMode>('constant') },
)
const GRAYSCALE = signature('Grayscale', { num_output_channels: optional(1) })

/** Keywords of {@link Pad}. */
export type PadOptions = Omit<KeywordsOf<typeof PAD>, 'padding'>

/**
 * An image at another size.
 *
 * @param size - height and width, or the shorter side
 * @param interpolation - how values between pixels are found. Default: `'bilinear'`
 * @param max_size - the most that the longer side may have
 * @param antialias - whether a tensor's filter widens with the scale. Default: true
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Resize.html
 */
export class Resize extends PictureTransform {
  declare size: SizeLike
  declare interpolation: InterpolationMode
  declare max_size: number | null
  declare antialias: boolean | null

  constructor(...args: Call<typeof RESIZE>)
  constructor(...args: UsualCall<typeof RESIZE>)
  constructor(...args: unknown[]) {
    super()
    const { size, ...given } = RESIZE.take(args)
    if (typeof size !== 'number' && !Array.isArray(size))
      throw type_error(`Size should be int or sequence. Got ${type_name(size)}`)
    if (Array.isArray(size) && size.length !== 1 && size.length !== 2)
      throw value_error('If size is a sequence, it should have 1 or 2 values')
    this.size = size
    this.interpolation = given.interpolation
    this.max_size = given.max_size
    this.antialias = given.antialias
  }

  override forward<P extends Picture>(img: P): P {
    const { interpolation, max_size, antialias } = this
    return F.resize(img, this.size, { interpolation, max_size, antialias })
  }

  protected override described(): string {
    const { size, interpolation, max_size, antialias } = this
    return `size=${py_repr(size)}, interpolation=${interpolation}, max_size=${py_repr(max_size)}, antialias=${py_repr(antialias)}`
  }
}

/**
 * The middle of an image.
 *
 * @param size - height and width, or both of them
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.CenterCrop.html
 */
export class CenterCrop extends PictureTransform {
  declare size: readonly [number, number]

  constructor(...args: Call<typeof CENTER_CROP>)
  constructor(...args: UsualCall<typeof CENTER_CROP>)
  constructor(...args: unknown[]) {
    super()
    this.size = pair_of(CENTER_CROP.take(args).size, TWO)
  }

  override forward<P extends Picture>(img: P): P {
    return F.center_crop(img, this.size)
  }

  protected override described(): string {
    return `size=${py_repr([...this.size])}`
  }
}

/**
 * An image with something around it.
 *
 * @param padding - of all sides; `[left and right, top and bottom]`; or `[left, top, right, bottom]`
 * @param fill - the value around it in mode `'constant'`. Default: 0
 * @param padding_mode - `'constant'`, `'edge'`, `'reflect'` or `'symmetric'`. Default: `'constant'`
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Pad.html
 */
export class Pad extends PictureTransform {
  declare padding: Padding
  declare fill: Fill
  declare padding_mode: PaddingMode

  constructor(...args: Call<typeof PAD>)
  constructor(...args: UsualCall<typeof PAD>)
  constructor(...args: unknown[]) {
    super()
    const { padding, ...given } = PAD.take(args)
    if (!['constant', 'edge', 'reflect', 'symmetric'].includes(given.padding_mode))
      throw value_error('Padding mode should be either constant, edge, reflect or symmetric')
    if (Array.isArray(padding) && ![1, 2, 4].includes(padding.length))
      throw value_error(
        `Padding must be an int or a 1, 2, or 4 element tuple, not a ${padding.length} element tuple`,
      )
    this.padding = padding
    this.fill = given.fill
    this.padding_mode = given.padding_mode
  }

  override forward<P extends Picture>(img: P): P {
    return F.pad(img, this.padding, this.fill, this.padding_mode)
  }

  protected override described(): string {
    return `padding=${py_repr(this.padding)}, fill=${py_repr(this.fill)}, padding_mode=${this.padding_mode}`
  }
}

/**
 * An image in grey.
 *
 * @param num_output_channels - 1, or 3 that are the same. Default: 1
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Grayscale.html
 */
export class Grayscale extends PictureTransform {
  declare num_output_channels: number

  constructor(...args: Call<typeof GRAYSCALE>)
  constructor(...args: UsualCall<typeof GRAYSCALE>)
  constructor(...args: unknown[]) {
    super()
    this.num_output_channels = GRAYSCALE.take(args).num_output_channels
  }

  override forward<P extends Picture>(img: P): P {
    return rgb_to_grayscale(img, this.num_output_channels)
  }

  protected override described(): string {
    return `num_output_channels=${this.num_output_channels}`
  }
}
