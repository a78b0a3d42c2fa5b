import { type_error, value_error } from '../../errors.js'
import { Module } from '../../nn/modules/module.js'
import * as ops from '../../ops/generated/torch.js'
import { assign_own } from '../../own.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from '../../python/signature.js'
import { py_float, py_repr } from '../../repr.js'
import { round_half_even } from '../../round.js'
import { tensor } from '../../tensor/create.js'
import type { Tensor } from '../../tensor.js'
import * as F from './color.js'
import { type Picture, pair_of, type SizeLike } from './picture.js'
import { draw, draw_whole, log_of } from './random.js'
import { floats, happens, PictureTransform } from './transform.js'

type Range = readonly [number, number]

const COLOR_JITTER = signature(
  'ColorJitter',
  { brightness: optional<number | Range>(0) },
  { contrast: optional<number | Range>(0) },
  { saturation: optional<number | Range>(0) },
  { hue: optional<number | Range>(0) },
)
const GAUSSIAN_BLUR = signature(
  'GaussianBlur',
  { kernel_size: required<SizeLike>() },
  { sigma: optional<number | Range>([0.1, 2]) },
)
const RANDOM_ERASING = signature(
  'RandomErasing',
  { p: optional(0.5) },
  { scale: optional<Range>([0.02, 0.33]) },
  { ratio: optional<Range>([0.3, 3.3]) },
  { value: optional<number | readonly number[] | 'random'>(0) },
  { inplace: optional(false) },
)

/** Keywords of {@link ColorJitter}: each how far from unchanged, or a least and a greatest factor. */
export type ColorJitterOptions = KeywordsOf<typeof COLOR_JITTER>
/** Keywords of {@link RandomErasing}. */
export type RandomErasingOptions = KeywordsOf<typeof RANDOM_ERASING>

const NAMES = ['brightness', 'contrast', 'saturation', 'hue'] as const

// The range of factors; null where it holds only the one that changes nothing.
function range_of(value: number | Range, name: (typeof NAMES)[number]): Range | null {
  const center = name === 'hue' ? 0 : 1
  const bound = name === 'hue' ? [-0.5, 0.5] : [0, Number.POSITIVE_INFINITY]
  let range: Range
  if (typeof value === 'number') {
    if (value < 0) throw value_error(`If ${name} is a single number, it must be non negative.`)
    range = [name === 'hue' ? center - value : Math.max(center - value, 0), center + value]
  } else if (Array.isArray(value) && value.length === 2) {
    range = [value[0], value[1]]
  } else {
    throw type_error(`${name} should be a single number or a list/tuple with length 2.`)
  }
  if (!(bound[0]! <= range[0] && range[0] <= range[1] && range[1] <= bound[1]!))
    throw value_error(
      `${name} values should be between ${name === 'hue' ? '(-0.5, 0.5)' : '(0, inf)'}, but got [${range.map(py_float).join(', ')}].`,
    )
  return range[0] === center && range[1] === center ? null : range
}

const ADJUST = [F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue] as const

/**
 * An image of randomly changed brightness, contrast, saturation and hue, in random order.
 *
 * @param brightness - the factor lies in [max(0, 1 − brightness), 1 + brightness], or in the range given. Default: 0
 * @param contrast - likewise. Default: 0
 * @param saturation - likewise. Default: 0
 * @param hue - the share of the circle lies in [−hue, hue], or in the range given. Default: 0
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ColorJitter.html
 */
export class ColorJitter extends PictureTransform {
  declare brightness: Range | null
  declare contrast: Range | null
  declare saturation: Range | null
  declare hue: Range | null

  constructor(...args: Call<typeof COLOR_JITTER>)
  constructor(...args: UsualCall<typeof COLOR_JITTER>)
  constructor(...args: unknown[]) {
    super()
    const given = COLOR_JITTER.take(args)
    for (const name of NAMES) this[name] = range_of(given[name], name)
  }

  override forward<P extends Picture>(img: P): P {
    const order = ops.randperm(4).tolist() as number[]
    const factors = NAMES.map((name) => {
      const range = this[name]
      return range === null ? null : draw(...range)
    })
    return order.reduce<P>((picture, which) => {
      const factor = factors[which]!
      return factor === null ? picture : ADJUST[which]!(picture, factor)
    }, img)
  }

  protected override described(): string {
    return NAMES.map((name) => `${name}=${floats(this[name])}`).join(', ')
  }
}

/**
 * An image blurred by a Gaussian of random width.
 *
 * @param kernel_size - odd and positive, for rows and columns
 * @param sigma - the standard deviation in pixels, or the least and the greatest. Default: `[0.1, 2]`
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.GaussianBlur.html
 */
export class GaussianBlur extends PictureTransform {
  declare kernel_size: readonly [number, number]
  declare sigma: Range

  constructor(...args: Call<typeof GAUSSIAN_BLUR>)
  constructor(...args: UsualCall<typeof GAUSSIAN_BLUR>)
  constructor(...args: unknown[]) {
    super()
    const { kernel_size, ...given } = GAUSSIAN_BLUR.take(args)
    this.kernel_size = pair_of(kernel_size, 'Kernel size should be a tuple/list of two integers')
    if (this.kernel_size.some((size) => size <= 0 || size % 2 === 0))
      throw value_error('Kernel size value should be an odd and positive number.')
    if (typeof given.sigma === 'number') {
      if (given.sigma <= 0) throw value_error('If sigma is a single number, it must be positive.')
      this.sigma = [given.sigma, given.sigma]
    } else {
      if (given.sigma.length !== 2)
        throw value_error('sigma should be a single number or a list/tuple with length 2.')
      if (!(given.sigma[0] > 0 && given.sigma[0] <= given.sigma[1]))
        throw value_error('sigma values should be positive and of the form (min, max).')
      this.sigma = given.sigma
    }
  }

  override forward<P extends Picture>(img: P): P {
    const sigma = draw(...this.sigma)
    return F.gaussian_blur(img, this.kernel_size, [sigma, sigma])
  }

  protected override described(): string {
    return `kernel_size=${py_repr([...this.kernel_size])}, sigma=${floats(this.sigma)}`
  }
}

/**
 * A tensor with a random rectangle erased, with probability p.
 *
 * @param options - p, scale, ratio, value, inplace
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomErasing.html
 */
export class RandomErasing extends Module {
  declare p: number
  declare scale: Range
  declare ratio: Range
  declare value: number | readonly number[] | 'random'
  declare inplace: boolean

  constructor(...args: Call<typeof RANDOM_ERASING>)
  constructor(...args: UsualCall<typeof RANDOM_ERASING>)
  constructor(...args: unknown[]) {
    super()
    const given = RANDOM_ERASING.take(args)
    if (typeof given.value === 'string' && given.value !== 'random')
      throw value_error("If value is str, it should be 'random'")
    if (given.scale[0] < 0 || given.scale[1] > 1) throw value_error('Scale should be between 0 and 1')
    if (given.p < 0 || given.p > 1) throw value_error('Random erasing probability should be between 0 and 1')
    assign_own(this, given)
  }

  override forward(img: Tensor): Tensor {
    if (!happens(this.p)) return img
    const [channels, height, width] = img.shape.slice(-3) as [number, number, number]
    const value = typeof this.value === 'number' ? [this.value] : this.value
    if (value !== 'random' && value.length !== 1 && value.length !== channels)
      throw value_error(
        `If value is a sequence, it should have either a single value or ${channels} (number of input channels)`,
      )
    const log_ratio = log_of([this.ratio[0], this.ratio[1]])
    for (let i = 0; i < 10; i++) {
      const area = height * width * draw(...this.scale)
      const aspect = ops.exp(ops.empty(1).uniform_(...log_ratio)).item() as number
      const h = round_half_even(Math.sqrt(area * aspect))
      const w = round_half_even(Math.sqrt(area / aspect))
      if (h >= height || w >= width) continue
      const drawn =
        value === 'random' ? ops.empty([channels, h, w]).normal_() : tensor([...value]).view(-1, 1, 1)
      const [top, left] = [draw_whole(height - h + 1), draw_whole(width - w + 1)]
      return F.erase(img, top, left, h, w, drawn, this.inplace)
    }
    return img
  }

  override __repr__(): string {
    const { p, scale, ratio, value, inplace } = this
    const shown = value === 'random' ? value : py_repr(value)
    return `RandomErasing(p=${py_float(p)}, scale=${floats(scale)}, ratio=${floats(ratio)}, value=${shown}, inplace=${py_repr(inplace)})`
  }
}
