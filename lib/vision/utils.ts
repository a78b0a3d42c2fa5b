import { no_grad } from '../autograd/grad_mode.js'
import { uint8 } from '../dtype.js'
import { type_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { optional, required } from '../python/parameters.js'
import { callable, type KeywordsOf, signature } from '../python/signature.js'
import { Tensor } from '../tensor.js'
import { image_of } from './pixels.js'

const MAKE_GRID = signature(
  'make_grid',
  { tensor: required<Tensor | readonly Tensor[]>() },
  {
    /** How many images a row has. Default: 8. */
    nrow: optional(8),
  },
  {
    /** How many pixels lie between two images, and around them. Default: 2. */
    padding: optional(2),
  },
  {
    /** Whether values are shifted to between 0 and 1. Default: false. */
    normalize: optional(false),
  },
  {
    /** The values that become 0 and 1. Default: the least and the greatest. */
    value_range: optional<readonly [number, number] | null>(null),
  },
  {
    /** Whether each image has a range of its own. Default: false. */
    scale_each: optional(false),
  },
  {
    /** The value between images. Default: 0. */
    pad_value: optional(0),
  },
)

type Values = ReturnType<typeof MAKE_GRID.bind>

/** Keywords of {@link make_grid}. */
export type GridOptions = Omit<KeywordsOf<typeof MAKE_GRID>, 'tensor'>

function normalize_in_place(images: Tensor, range: readonly [number, number] | null): void {
  const [low, high] = range ?? [images.min().item() as number, images.max().item() as number]
  images.clamp_(low, high)
  images.sub_(low).div_(Math.max(high - low, 1e-5))
}

// (h, w), (c, h, w), (n, 1, h, w) or a list of images → (n, 3 or more, h, w)
function as_batch(given: Tensor | readonly Tensor[]): Tensor {
  const wrong = (what: string) => type_error(`tensor or list of tensors expected, got ${what}`)
  if (Array.isArray(given) && !given.every((item) => item instanceof Tensor))
    throw wrong('a list of other things')
  if (!Array.isArray(given) && !(given instanceof Tensor)) throw wrong(typeof given)
  let images = given instanceof Tensor ? given : ops.stack([...given], 0)
  if (images.ndim === 2) images = images.unsqueeze(0)
  if (images.ndim === 3) {
    if (images.shape[0] === 1) images = ops.cat([images, images, images], 0)
    images = images.unsqueeze(0)
  }
  if (images.ndim === 4 && images.shape[1] === 1) images = ops.cat([images, images, images], 1)
  return images
}

/**
 * Lays images in a grid.
 *
 * @param tensor - (n, c, h, w), or a list of images of one size
 * @param nrow - how many images a row has. Default: 8
 * @param padding - pixels between images. Default: 2
 * @param options.normalize - whether values are shifted to between 0 and 1, by `value_range` or the least and greatest
 * @returns (3 or c, height, width)
 *
 * @example
 * ```ts
 * const grid = vision.utils.make_grid(torch.rand(6, 3, 4, 4), { nrow: 3 }) // (3, 14, 20)
 * ```
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.utils.make_grid.html
 */
export const make_grid = callable(MAKE_GRID, (...values): Tensor => {
  const [tensor, , , normalize, value_range, scale_each] = values
  return no_grad(() => {
    let images = as_batch(tensor)
    if (normalize) {
      images = images.clone()
      for (const part of scale_each ? images : [images]) normalize_in_place(part, value_range)
    }
    return images.shape[0] === 1 ? images.squeeze(0) : lay_out(images, values)
  })
})

function lay_out(images: Tensor, [, nrow, padding, , , , pad_value]: Values): Tensor {
  const [count, channels, h, w] = images.shape as [number, number, number, number]
  const across = Math.min(nrow, count)
  const down = Math.ceil(count / across)
  const [height, width] = [h + padding, w + padding]
  const size = [channels, height * down + padding, width * across + padding]
  const grid = images.new_full(size, pad_value)
  for (let k = 0; k < count; k++) {
    const [y, x] = [Math.floor(k / across), k % across]
    grid
      .narrow(1, y * height + padding, h)
      .narrow(2, x * width + padding, w)
      .copy_(images.at(k))
  }
  return grid
}

/**
 * Saves images between 0 and 1 as one file, more than one in a grid.
 *
 * @param tensor - (c, h, w), (n, c, h, w) or a list of images
 * @param fp - the path; its ending says the format
 * @param options - {@link make_grid}'s
 *
 * @example
 * ```ts
 * await vision.utils.save_image(torch.rand(16, 3, 8, 8), 'samples.png', { nrow: 4 })
 * ```
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.utils.save_image.html
 */
export async function save_image(
  tensor: Tensor | readonly Tensor[],
  fp: string,
  options: GridOptions = {},
): Promise<void> {
  const grid = make_grid(tensor, options)
  // Rounded by the half that is added, as the bytes are cut off.
  const pixels = no_grad(() => grid.mul(255).add_(0.5).clamp_(0, 255).to('cpu', uint8))
  await image_of(pixels, grid.shape[0] === 4 ? 'RGBA' : 'RGB').save(fp)
}
