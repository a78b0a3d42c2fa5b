import { join } from 'node:path'
import { int64, uint8 } from '../../dtype.js'
import { index_error, runtime_error } from '../../errors.js'
import { IDENTITY, next_identity } from '../../identity.js'
import { own_value } from '../../own.js'
import { check_options } from '../../python/options.js'
import type { TypedArray } from '../../tensor/elements.js'
import { frombuffer } from '../../tensor/from_memory.js'
import type { Tensor } from '../../tensor.js'
import { Image } from '../image.js'
import { find_file, read_idx } from './idx.js'
import { SPLIT, type SplitOptions, VisionDataset } from './vision_dataset.js'

const elements = new WeakMap<Tensor, TypedArray>()

/** A tensor's memory as a typed array. Kept beside the dataset, whose other fields are copied to each worker. */
function elements_of(tensor: Tensor): TypedArray {
  let found = elements.get(tensor)
  if (found === undefined) {
    found = tensor.typed_array()
    elements.set(tensor, found)
  }
  return found
}

/** A place among `length` samples; a negative one counts from the end. */
export function sample_index(index: number, length: number, name: string): number {
  const place = index < 0 ? index + length : index
  if (!(Number.isInteger(place) && place >= 0 && place < length))
    throw index_error(`${name} index out of range: ${index} of ${length}`)
  return place
}

/**
 * Handwritten digits, 28 × 28 pixels of grey: 60,000 for training and 10,000 for tests.
 *
 * The four original files (`train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-…`), gzipped or not, are read from
 * `<root>/MNIST/raw`, where torchvision puts them, or else from `root` itself.
 *
 * @param root - the folder
 * @param options - train, transform, target_transform, limits
 * @throws RuntimeError that says where the files were looked for
 * @throws BudgetError where a file would take more than a limit, which it names
 *
 * Sample: an {@link Image} of mode `'L'`, or what `transform` makes of it, and the digit.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.MNIST.html
 */
export class MNIST<X = Image, Y = number> extends VisionDataset<Image, X, Y> {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  static readonly classes: readonly string[] = [
    '0 - zero',
    '1 - one',
    '2 - two',
    '3 - three',
    '4 - four',
    '5 - five',
    '6 - six',
    '7 - seven',
    '8 - eight',
    '9 - nine',
  ]
  /** Where the files can be had. */
  static readonly source: string = 'http://yann.lecun.com/exdb/mnist/'

  readonly train: boolean
  /** All images, uint8 (n, 28, 28). */
  readonly data: Tensor
  /** All targets, int64 (n). */
  readonly targets: Tensor

  constructor(root: string, options: SplitOptions<Image, X, Y> = {}) {
    check_options(new.target.name, options, SPLIT)
    super(root, options)
    this.train = own_value(options, 'train') ?? true
    const part = this.train ? 'train' : 't10k'
    const read = (name: string) => read_idx(new.target.name, this.#find(name), own_value(options, 'limits'))
    const images = read(`${part}-images-idx3-ubyte`)
    const labels = read(`${part}-labels-idx1-ubyte`)
    if (images.shape.length !== 3 || labels.shape.length !== 1 || images.shape[0] !== labels.shape[0])
      throw runtime_error(
        `images of shape (${images.shape.join(', ')}) and labels of shape (${labels.shape.join(', ')}) do not fit`,
      )
    // Memory of our own goes to worker threads without a copy.
    this.data = frombuffer(images.bytes, { dtype: uint8 })
      .view(...images.shape)
      .clone()
    this.targets = frombuffer(labels.bytes, { dtype: uint8 }).to(int64)
  }

  get classes(): readonly string[] {
    return (this.constructor as typeof MNIST).classes
  }

  get class_to_idx(): Record<string, number> {
    return Object.fromEntries(this.classes.map((name, i) => [name, i]))
  }

  get raw_folder(): string {
    return join(this.root ?? '', this.constructor.name, 'raw')
  }

  #find(name: string): string {
    const folders = [this.raw_folder, this.root ?? '']
    for (const folder of folders) {
      const path = find_file(folder, name)
      if (path !== null) return path
    }
    throw runtime_error(
      `Dataset not found: ${name} (or ${name}.gz) is neither in ${folders.join(' nor in ')}, and nothing is downloaded. ` +
        `The four original files are at ${(this.constructor as typeof MNIST).source}`,
    )
  }

  override get length(): number {
    return this.data.shape[0]!
  }

  override at(index: number): [X, Y] {
    const i = sample_index(index, this.length, this.constructor.name)
    const [, height, width] = this.data.shape as [number, number, number]
    const size = height * width
    const pixels = elements_of(this.data).slice(i * size, (i + 1) * size) as Uint8Array
    return this.transformed(new Image('L', width, height, pixels), Number(elements_of(this.targets)[i]))
  }

  override extra_repr(): string {
    return `Split: ${this.train ? 'Train' : 'Test'}`
  }
}

/**
 * Clothes, 28 × 28 pixels of grey: 60,000 for training and 10,000 for tests. Files as for {@link MNIST}, under
 * `<root>/FashionMNIST/raw`.
 *
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FashionMNIST.html
 */
export class FashionMNIST<X = Image, Y = number> extends MNIST<X, Y> {
  static override readonly classes = [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ]
  static override readonly source =
    "https://github.com/zalandoresearch/fashion-mnist and in Debian's package dataset-fashion-mnist"
}
