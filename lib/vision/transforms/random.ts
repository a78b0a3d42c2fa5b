import { value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from '../../python/signature.js'
import { py_float, py_repr } from '../../repr.js'
import { round_half_even } from '../../round.js'
import { tensor } from '../../tensor/create.js'
import { rgb_to_grayscale } from './color.js'
import type { Fill, InterpolationMode, Padding, PaddingMode } from './geometry.js'
import * as F from './geometry.js'
import { get_dimensions, type Picture, pair_of, type SizeLike } from './picture.js'
import { floats, happens, PictureTransform } from './transform.js'

const TWO = 'Please provide only two dimensions (h, w) for size.'

/** A number drawn uniformly between two, as float32 has it. */
export function draw(low: number, high: number): number {
  return ops.empty(1).uniform_(low, high).item() as number
}

/** A whole number drawn from 0 to below `high`. */
export function draw_whole(high: number): number {
  return ops.randint(0, high, [1]).item() as number
}

/** Two numbers' logarithms in float32. */
export function log_of(ratio: readonly [number, number]): [number, number] {
  return ops.log(tensor([...ratio])).tolist() as [number, number]
}

const RANDOM_CROP = signature(
  'RandomCrop',
  { size: required<SizeLike>() },
  {
    /** What is put around the image first. Default: nothing. */
    padding: optional<Padding | null>(null),
  },
  {
    /** Whether a smaller image is made large enough. Default: false. */
    pad_if_needed: optional(false),
  },
  {
    /** Default: 0. */
    fill: optional<Fill>(0),
  },
  {
    /** Default: `'constant'`. */
    padding_mode: optional<PaddingMode>('constant'),
  },
)

/** Keywords of {@link RandomCrop}. */
export type RandomCropOptions = Omit<KeywordsOf<typeof RANDOM_CROP>, 'size'>

/**
 * A part of an image at a random place.
 *
 * @param size - height and width, or both of them
 * @param padding - what is put around the image first
 * @param options - pad_if_needed, fill, padding_mode
 * @throws ValueError where the image is smaller than the part
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomCrop.html
 */
export class RandomCrop extends PictureTransform {
  declare size: readonly [number, number]
  declare padding: Padding | null
  declare pad_if_needed: boolean
  declare fill: Fill
  declare padding_mode: PaddingMode

  constructor(...args: Call<typeof RANDOM_CROP>)
  constructor(...args: UsualCall<typeof RANDOM_CROP>)
  constructor(...args: unknown[]) {
    super()
    const given = RANDOM_CROP.take(args)
    this.size = pair_of(given.size, TWO)
    this.padding = given.padding
    this.pad_if_needed = given.pad_if_needed
    this.fill = given.fill
    this.padding_mode = given.padding_mode
  }

  /** Top, left, height and width of a random part. */
  static get_params(
    img: Picture,
    [height, width]: readonly [number, number],
  ): [top: number, left: number, height: number, width: number] {
    const [, h, w] = get_dimensions(img)
    if (h < height || w < width)
      throw value_error(
        `Required crop size (${height}, ${width}) is larger than input image size (${h}, ${w})`,
      )
    if (w === width && h === height) return [0, 0, h, w]
    return [draw_whole(h - height + 1), draw_whole(w - width + 1), height, width]
  }

  override forward<P extends Picture>(img: P): P {
    const { size, padding, fill, padding_mode } = this
    let picture = padding === null ? img : F.pad(img, padding, fill, padding_mode)
    const [, h, w] = get_dimensions(picture)
    if (this.pad_if_needed && w < size[1]) picture = F.pad(picture, [size[1] - w, 0], fill, padding_mode)
    if (this.pad_if_needed && h < size[0]) picture = F.pad(picture, [0, size[0] - h], fill, padding_mode)
    return F.crop(picture, ...RandomCrop.get_params(picture, size))
  }

  protected override described(): string {
    return `size=${py_repr([...this.size])}, padding=${py_repr(this.padding)}`
  }
}

class RandomFlip extends PictureTransform {
  /** @internal */
  static readonly default_p: number = 0.5

  declare p: number

  constructor(p?: number | { p?: number })
  constructor(...args: unknown[]) {
    super()
    const { name, default_p } = new.target
    this.p = signature(name, { p: optional(default_p) }).take(args).p
  }

  protected flip<P extends Picture>(img: P): P {
    return img
  }

  override forward<P extends Picture>(img: P): P {
    return happens(this.p) ? this.flip(img) : img
  }

  protected override described(): string {
    return `p=${py_float(this.p)}`
  }
}

/**
 * An image mirrored left to right with probability p.
 *
 * @param p - Default: 0.5
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomHorizontalFlip.html
 */
export class RandomHorizontalFlip extends RandomFlip {
  protected override flip<P extends Picture>(img: P): P {
    return F.hflip(img)
  }
}

/**
 * An image upside down with probability p.
 *
 * @param p - Default: 0.5
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomVerticalFlip.html
 */
export class RandomVerticalFlip extends RandomFlip {
  protected override flip<P extends Picture>(img: P): P {
    return F.vflip(img)
  }
}

/**
 * An image in grey, of as many channels, with probability p.
 *
 * @param p - Default: 0.1
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomGrayscale.html
 */
export class RandomGrayscale extends RandomFlip {
  /** @internal */
  static override readonly default_p = 0.1

  protected override flip<P extends Picture>(img: P): P {
    return rgb_to_grayscale(img, get_dimensions(img)[0])
  }
}

const RANDOM_RESIZED_CROP = signature(
  'RandomResizedCrop',
  { size: required<SizeLike>() },
  {
    /** The least and the most of the image's area. Default: `[0.08, 1]`. */
    scale: optional<readonly [number, number]>([0.08, 1]),
  },
  {
    /** The least and the greatest ratio of width to height. Default: `[3 / 4, 4 / 3]`. */
    ratio: optional<readonly [number, number]>([3 / 4, 4 / 3]),
  },
  {
    /** Default: `'bilinear'`. */
    interpolation: optional<InterpolationMode>('bilinear'),
  },
  {
    /** Default: true. */
    antialias: optional<boolean | null>(true),
  },
)

/** Keywords of {@link RandomResizedCrop}. */
export type RandomResizedCropOptions = Omit<KeywordsOf<typeof RANDOM_RESIZED_CROP>, 'size'>

/**
 * A random part of an image, of random area and ratio, at a given size.
 *
 * @param size - height and width, or both of them
 * @param options - scale, ratio, interpolation, antialias
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomResizedCrop.html
 */
export class RandomResizedCrop extends PictureTransform {
  declare size: readonly [number, number]
  declare scale: readonly [number, number]
  declare ratio: readonly [number, number]
  declare interpolation: InterpolationMode
  declare antialias: boolean | null

  constructor(...args: Call<typeof RANDOM_RESIZED_CROP>)
  constructor(...args: UsualCall<typeof RANDOM_RESIZED_CROP>)
  constructor(...args: unknown[]) {
    super()
    const given = RANDOM_RESIZED_CROP.take(args)
    if (given.scale[0] > given.scale[1] || given.ratio[0] > given.ratio[1])
      process.emitWarning('Scale and ratio should be of kind (min, max)')
    this.size = pair_of(given.size, TWO)
    this.scale = given.scale
    this.ratio = given.ratio
    this.interpolation = given.interpolation
    this.antialias = given.antialias
  }

  /** Top, left, height and width of a random part. */
  static get_params(
    img: Picture,
    scale: readonly [number, number],
    ratio: readonly [number, number],
  ): [top: number, left: number, height: number, width: number] {
    const [, height, width] = get_dimensions(img)
    const log_ratio = log_of(ratio)
    for (let i = 0; i < 10; i++) {
      const area = height * width * draw(scale[0], scale[1])
      const aspect = ops.exp(ops.empty(1).uniform_(...log_ratio)).item() as number
      const w = round_half_even(Math.sqrt(area * aspect))
      const h = round_half_even(Math.sqrt(area / aspect))
      if (0 < w && w <= width && 0 < h && h <= height)
        return [draw_whole(height - h + 1), draw_whole(width - w + 1), h, w]
    }
    // Ten draws did not fit: the middle, of the nearest ratio.
    const [least, greatest] = [Math.min(...ratio), Math.max(...ratio)]
    let [h, w] = [height, width]
    if (width / height < least) h = round_half_even(w / least)
    else if (width / height > greatest) w = round_half_even(h * greatest)
    return [Math.floor((height - h) / 2), Math.floor((width - w) / 2), h, w]
  }

  override forward<P extends Picture>(img: P): P {
    const place = RandomResizedCrop.get_params(img, this.scale, this.ratio)
    return F.resized_crop(img, ...place, this.size, this.interpolation, this.antialias)
  }

  protected override described(): string {
    const rounded = (pair: readonly number[]) => floats(pair.map((value) => Number(value.toFixed(4))))
    return (
      `size=${py_repr([...this.size])}, scale=${rounded(this.scale)}, ratio=${rounded(this.ratio)}, ` +
      `interpolation=${this.interpolation}, antialias=${py_repr(this.antialias)}`
    )
  }
}
