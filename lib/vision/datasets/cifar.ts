import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runtime_error } from '../../errors.js'
import { own_value } from '../../own.js'
import { check_options } from '../../python/options.js'
import type { LoadLimits } from '../../serialization/limits.js'
import { Image } from '../image.js'
import { array_of, numbers_of, read_batch, texts_of } from './cifar_pickle.js'
import { sample_index } from './mnist.js'
import { SPLIT, type SplitOptions, VisionDataset } from './vision_dataset.js'

const SIDE = 32
const PLANE = SIDE * SIDE

interface Files {
  folder: string
  train: readonly string[]
  test: readonly string[]
  labels: string
  meta: string
  names: string
  source: string
}

/**
 * Photographs of ten kinds of things, 32 × 32 pixels in colour: 50,000 for training and 10,000 for tests.
 *
 * The files of the Python version are read from `<root>/cifar-10-batches-py`.
 *
 * @param root - the folder that has that folder
 * @param options - train, transform, target_transform, limits
 * @throws BudgetError where a file would take more than a limit, which it names
 * @throws RuntimeError that says what was looked for and where it can be had
 *
 * Sample: an {@link Image} of mode `'RGB'`, or what `transform` makes of it, and the class.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR10.html
 */
export class CIFAR10<X = Image, Y = number> extends VisionDataset<Image, X, Y> {
  static readonly files: Files = {
    folder: 'cifar-10-batches-py',
    train: ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5'],
    test: ['test_batch'],
    labels: 'labels',
    meta: 'batches.meta',
    names: 'label_names',
    source: 'https://www.cs.toronto.edu/~kriz/cifar.html (CIFAR-10 python version)',
  }

  readonly train: boolean
  /** All images' bytes: (n, 32, 32, 3), row by row. */
  readonly data: Uint8Array
  /** All classes. */
  readonly targets: readonly number[]
  readonly classes: readonly string[]

  constructor(root: string, options: SplitOptions<Image, X, Y> = {}) {
    check_options(new.target.name, options, SPLIT)
    super(root, options)
    this.train = own_value(options, 'train') ?? true
    const { train, test, labels, meta, names } = this.#files
    const read = (name: string) => this.#read(name, own_value(options, 'limits'))
    const batches = (this.train ? train : test).map((name) => {
      const [batch, path] = [read(name), this.#path(name)]
      const { shape, bytes } = array_of(batch.get('data'), path)
      const targets = numbers_of(batch.get(labels), path)
      if (shape[1] !== PLANE * 3)
        throw runtime_error(`${path} has images of ${shape[1]} bytes, not ${PLANE * 3}`)
      if (targets.length !== shape[0])
        throw runtime_error(`${path} has ${targets.length} labels for ${shape[0]} images`)
      return { targets, bytes }
    })
    this.targets = batches.flatMap(({ targets }) => targets)
    this.data = new Uint8Array(this.targets.length * PLANE * 3)
    let at = 0
    for (const { bytes } of batches) at = interleave(bytes, this.data, at)
    this.classes = texts_of(read(meta).get(names), this.#path(meta))
  }

  get #files(): Files {
    return (this.constructor as typeof CIFAR10).files
  }

  #path(name: string): string {
    return join(this.root ?? '', this.#files.folder, name)
  }

  #read(name: string, limits: LoadLimits | null | undefined): Map<string, unknown> {
    const path = this.#path(name)
    if (!existsSync(path))
      throw runtime_error(
        `Dataset not found: there is no ${path}, and nothing is downloaded. Its files are at ${this.#files.source}`,
      )
    return read_batch(this.constructor.name, path, limits)
  }

  get class_to_idx(): Record<string, number> {
    return Object.fromEntries(this.classes.map((name, i) => [name, i]))
  }

  override get length(): number {
    return this.targets.length
  }

  override at(index: number): [X, Y] {
    const i = sample_index(index, this.length, this.constructor.name)
    const image = new Image('RGB', SIDE, SIDE, this.data.slice(i * PLANE * 3, (i + 1) * PLANE * 3))
    return this.transformed(image, this.targets[i]!)
  }

  override extra_repr(): string {
    return `Split: ${this.train ? 'Train' : 'Test'}`
  }
}

// Planes of red, green and blue become pixels.
function interleave(planes: Uint8Array, pixels: Uint8Array, start: number): number {
  let at = start
  for (let image = 0; image < planes.length; image += PLANE * 3) {
    for (let i = image; i < image + PLANE; i++) {
      pixels[at++] = planes[i]!
      pixels[at++] = planes[i + PLANE]!
      pixels[at++] = planes[i + 2 * PLANE]!
    }
  }
  return at
}

/** CIFAR10's hundred classes, from `<root>/cifar-100-python`; the rest as {@link CIFAR10}. */
export class CIFAR100<X = Image, Y = number> extends CIFAR10<X, Y> {
  static override readonly files: Files = {
    folder: 'cifar-100-python',
    train: ['train'],
    test: ['test'],
    labels: 'fine_labels',
    meta: 'meta',
    names: 'fine_label_names',
    source: 'https://www.cs.toronto.edu/~kriz/cifar.html (CIFAR-100 python version)',
  }
}
