import { int64 } from '../../dtype.js'
import * as ops from '../../ops/generated/torch.js'
import { own } from '../../own.js'
import { check_options } from '../../python/options.js'
import { fork_rng, manual_seed } from '../../random.js'
import type { Image } from '../image.js'
import { to_pil_image } from '../transforms/convert.js'
import { sample_index } from './mnist.js'
import { TRANSFORMS, type TransformOptions, VisionDataset } from './vision_dataset.js'

/** Options of {@link FakeData}. */
export interface FakeDataOptions<X, Y> extends TransformOptions<Image, X, Y> {
  /** How many images there are. Default: 1000. */
  size?: number
  /** Channels, height and width. Default: `[3, 224, 224]`. */
  image_size?: readonly [number, number, number]
  /** How many classes there are. Default: 10. */
  num_classes?: number
  /** What is added to an image's index for its seed. Default: 0. */
  random_offset?: number
}

/**
 * Random images, each always the same: what Python's gives for the same index.
 *
 * @param options - size, image_size, num_classes, random_offset, transform, target_transform
 *
 * Sample: an {@link Image}, or what `transform` makes of it, and a class.
 *
 * @example
 * ```ts
 * const dataset = new vision.datasets.FakeData({ size: 100, image_size: [3, 8, 8] })
 * const [image, target] = dataset.at(0)
 * ```
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FakeData.html
 */
export class FakeData<X = Image, Y = number> extends VisionDataset<Image, X, Y> {
  readonly size: number
  readonly image_size: readonly [number, number, number]
  readonly num_classes: number
  readonly random_offset: number

  constructor(options: FakeDataOptions<X, Y> = {}) {
    options = own(options)
    check_options('FakeData', options, ['size', 'image_size', 'num_classes', 'random_offset', ...TRANSFORMS])
    super(null, options)
    this.size = options.size ?? 1000
    this.image_size = options.image_size ?? [3, 224, 224]
    this.num_classes = options.num_classes ?? 10
    this.random_offset = options.random_offset ?? 0
  }

  override get length(): number {
    return this.size
  }

  override at(index: number): [X, Y] {
    const i = sample_index(index, this.size, this.constructor.name)
    const [image, target] = fork_rng(() => {
      manual_seed(i + this.random_offset)
      const pixels = ops.randn([...this.image_size])
      return [pixels, ops.randint(0, this.num_classes, [1], { dtype: int64 }).item() as number] as const
    })
    return this.transformed(to_pil_image(image), target)
  }
}
