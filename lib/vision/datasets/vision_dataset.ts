import { inspect } from 'node:util'
import { own } from '../../own.js'
import type { LoadLimits } from '../../serialization/limits.js'
import { with_integers } from '../../utils/data/_utils/integers.js'

/** What a dataset does to its samples. */
export interface TransformOptions<Raw, X, Y> {
  /** What is done to each image. Default: nothing. */
  transform?: ((input: Raw) => X) | null
  /** What is done to each target; whole numbers stay integers, and `float_scalar` makes a float. Default: nothing. */
  target_transform?: ((target: number) => Y) | null
}

function shown(transform: unknown, head: string): string[] {
  const [first = '', ...rest] = String(transform).split('\n')
  return [`${head}${first}`, ...rest.map((line) => ' '.repeat(head.length) + line)]
}

/** Names of {@link TransformOptions}. */
export const TRANSFORMS = ['transform', 'target_transform'] as const
/** Names of {@link SplitOptions}. */
export const SPLIT = ['train', 'download', 'limits', ...TRANSFORMS] as const

/**
 * What the datasets of images share: a folder, and what is done to images and targets. A sample, Python's `dataset[i]`, is
 * `dataset.at(i)`, and their number is `length`; a DataLoader takes any of them, and makes int64 of their labels.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.VisionDataset.html
 */
export abstract class VisionDataset<Raw, X, Y> {
  readonly root: string | null
  readonly transform: ((input: Raw) => X) | null
  readonly target_transform: ((target: number) => Y) | null

  constructor(root: string | null, options: TransformOptions<Raw, X, Y> = {}) {
    options = own(options)
    this.root = root
    this.transform = options.transform ?? null
    this.target_transform = options.target_transform ?? null
  }

  /** How many samples there are. */
  abstract get length(): number

  /** A sample: an image and its target. */
  abstract at(index: number): [X, Y] | Promise<[X, Y]>

  /** What a subclass prints beside the number and the folder. */
  extra_repr(): string {
    return ''
  }

  /** A sample: what the transforms make of an image and its class. A whole number is an integer to a DataLoader. */
  protected transformed(image: Raw, target: number): [X, Y] {
    return with_integers(
      [
        this.transform === null ? (image as unknown as X) : this.transform(image),
        this.target_transform === null ? (target as unknown as Y) : this.target_transform(target),
      ],
      1,
    )
  }
  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  toString(): string {
    const extra = this.extra_repr()
    const transforms = [
      ...(this.transform === null ? [] : shown(this.transform, 'Transform: ')),
      ...(this.target_transform === null ? [] : shown(this.target_transform, 'Target transform: ')),
    ]
    if (transforms.length > 0) transforms.unshift('StandardTransform')
    const body = [
      `Number of datapoints: ${this.length}`,
      ...(this.root === null ? [] : [`Root location: ${this.root}`]),
      ...(extra === '' ? [] : extra.split('\n')),
      ...transforms,
    ]
    return [`Dataset ${this.constructor.name}`, ...body.map((line) => `    ${line}`)].join('\n')
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/** Options of the datasets that have a part for training and one for tests. */
export interface SplitOptions<Raw, X, Y> extends TransformOptions<Raw, X, Y> {
  /** Whether it is the part for training. Default: true. */
  train?: boolean
  /** Python's word for fetching the files. True is refused where they are not there: nothing is downloaded. */
  download?: boolean
  /** What reading a file may take. Default: what `torch.serialization.set_default_load_limits` says. */
  limits?: LoadLimits | null
}
