import * as dtypes from '../../dtype.js'
import { not_implemented_error, type_error, type_name, value_error } from '../../errors.js'
import { Generator } from '../../generator.js'
import { empty, multinomial, randint, randperm } from '../../ops/generated/torch.js'
import { of_objects, optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { as_tensor, type TensorData } from '../../tensor/create.js'
import type { Tensor } from '../../tensor.js'
import { length_of } from './dataset.js'

// Numbers are drawn in the order in which torch/utils/data/sampler.py draws them: the same seed gives the same order.

/** An integer of 63 bits from a generator, as `torch.empty((), dtype=torch.int64).random_().item()`. */
export function draw_seed(generator: Generator | null = null): bigint {
  return empty([], { dtype: dtypes.int64 }).random_({ generator }).item_bigint()
}

/** The numbers below `n` in random order. */
export function permutation(n: number, generator: Generator | null): number[] {
  return randperm(n, { generator }).tolist() as number[]
}

function check_count(value: unknown, name: string): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0)
    throw value_error(`${name} should be a positive integer value, but got ${name}=${String(value)}`)
}

function check_boolean(value: unknown, name: string, make = value_error): void {
  if (typeof value !== 'boolean')
    throw make(`${name} should be a boolean value, but got ${name}=${String(value)}`)
}

/**
 * The order in which a DataLoader takes samples: an iterable of indices, or of lists of them. A subclass has
 * `[Symbol.iterator]`, and `length` where it is known. Any iterable serves as one; a generator's would end after the first
 * epoch.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * class Backwards extends torch.utils.data.Sampler {
 *   override *[Symbol.iterator]() {
 *     for (let i = 9; i >= 0; i--) yield i
 *   }
 * }
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.Sampler
 */
export class Sampler<K = number> {
  [Symbol.iterator](): Iterator<K> {
    throw not_implemented_error('Subclasses of Sampler should implement [Symbol.iterator]().')
  }

  /** How many it yields. */
  get length(): number {
    throw type_error(`object of type '${this.constructor.name}' has no len()`)
  }
}

const GENERATOR = { generator: optional<Generator | null>(null, expect_generator) }
const DATA_SOURCE = { data_source: of_objects(required<object>()) }
const SEQUENTIAL_SAMPLER = signature('SequentialSampler', DATA_SOURCE)

function expect_generator(value: unknown, name: string, argument: string): Generator | null {
  if (value === null || value instanceof Generator) return value
  throw type_error(`${name}(): argument '${argument}' must be Generator, not ${type_name(value)}`, name)
}

/** `0, 1, …, data_source.length - 1`. */
export class SequentialSampler extends Sampler {
  readonly data_source: object

  constructor(...args: Call<typeof SEQUENTIAL_SAMPLER>)
  constructor(...args: UsualCall<typeof SEQUENTIAL_SAMPLER>)
  constructor(...args: unknown[]) {
    super()
    this.data_source = SEQUENTIAL_SAMPLER.take(args).data_source
  }

  override *[Symbol.iterator](): Iterator<number> {
    const n = length_of(this.data_source)
    for (let i = 0; i < n; i++) yield i
  }

  override get length(): number {
    return length_of(this.data_source)
  }
}

const RANDOM_SAMPLER = signature(
  'RandomSampler',
  DATA_SOURCE,
  { replacement: optional(false) },
  { num_samples: optional<number | null>(null) },
  GENERATOR,
)

/**
 * Indices in random order: of all samples shuffled, or drawn with replacement.
 *
 * @param data_source has a length
 * @param replacement whether an index may come again. Default: false
 * @param num_samples how many are drawn. Default: as many as there are
 * @param generator draws them. Default: a new one in each epoch, seeded by the default generator
 * @throws TypeError, ValueError for wrong options
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const generator = new torch.Generator().manual_seed(0)
 * [...new torch.utils.data.RandomSampler([1, 2, 3, 4], { generator })] // [2, 0, 1, 3]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.RandomSampler
 */
export class RandomSampler extends Sampler {
  readonly data_source: object
  readonly replacement: boolean
  readonly generator: Generator | null
  readonly _num_samples: number | null

  constructor(...args: Call<typeof RANDOM_SAMPLER>)
  constructor(...args: UsualCall<typeof RANDOM_SAMPLER>)
  constructor(...args: unknown[]) {
    super()
    const given = RANDOM_SAMPLER.take(args)
    this.data_source = given.data_source
    this.replacement = given.replacement
    this.generator = given.generator
    this._num_samples = given.num_samples
    check_boolean(this.replacement, 'replacement', type_error)
    check_count(this.num_samples, 'num_samples')
  }

  /** How many are drawn; without one given, as many as there are at the moment. */
  get num_samples(): number {
    return this._num_samples ?? length_of(this.data_source)
  }

  override *[Symbol.iterator](): Iterator<number> {
    const n = length_of(this.data_source)
    // A data set that has emptied itself since: nothing can be drawn from it, however often.
    if (!(n > 0)) throw value_error('num_samples should be a positive integer value, but got num_samples=0')
    const generator = this.generator ?? new Generator().manual_seed(draw_seed())
    let left = this.num_samples
    if (this.replacement) {
      const draw = (size: number) =>
        randint(n, [size], { dtype: dtypes.int64, generator }).tolist() as number[]
      for (; left >= 32; left -= 32) yield* draw(32)
      yield* draw(left)
    } else {
      for (; left >= n; left -= n) yield* permutation(n, generator)
      yield* permutation(n, generator).slice(0, left)
    }
  }

  override get length(): number {
    return this.num_samples
  }
}

const SUBSET_RANDOM_SAMPLER = signature(
  'SubsetRandomSampler',
  { indices: of_objects(required<ArrayLike<never>>()) },
  GENERATOR,
)

/**
 * Given indices in random order.
 *
 * @param indices what is put into random order
 * @param generator draws the order. Default: the default generator
 */
export class SubsetRandomSampler<K = number> extends Sampler<K> {
  readonly indices: ArrayLike<K>
  readonly generator: Generator | null

  constructor(indices: ArrayLike<K>, generator?: Generator | null)
  constructor(indices: ArrayLike<K>, options: { generator?: Generator | null })
  constructor(options: { indices: ArrayLike<K>; generator?: Generator | null })
  constructor(...args: unknown[]) {
    super()
    const { indices, generator } = SUBSET_RANDOM_SAMPLER.take(args)
    this.indices = indices
    this.generator = generator
  }

  override *[Symbol.iterator](): Iterator<K> {
    for (const i of permutation(this.indices.length, this.generator)) yield this.indices[i] as K
  }

  override get length(): number {
    return this.indices.length
  }
}

const WEIGHTED_RANDOM_SAMPLER = signature(
  'WeightedRandomSampler',
  { weights: required<TensorData>() },
  { num_samples: required<number>() },
  { replacement: optional(true) },
  GENERATOR,
)

/**
 * Indices drawn with given probabilities.
 *
 * @param weights one a sample, which need not sum up to 1
 * @param num_samples how many are drawn
 * @param replacement whether an index may come again. Default: true
 * @param generator draws them. Default: the default generator
 * @throws ValueError for wrong options
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * [...new torch.utils.data.WeightedRandomSampler([0, 3, 0], 2)] // [1, 1]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.WeightedRandomSampler
 */
export class WeightedRandomSampler extends Sampler {
  readonly weights: Tensor
  readonly num_samples: number
  readonly replacement: boolean
  readonly generator: Generator | null

  constructor(...args: Call<typeof WEIGHTED_RANDOM_SAMPLER>)
  constructor(...args: UsualCall<typeof WEIGHTED_RANDOM_SAMPLER>)
  constructor(...args: unknown[]) {
    super()
    const given = WEIGHTED_RANDOM_SAMPLER.take(args)
    check_count(given.num_samples, 'num_samples')
    check_boolean(given.replacement, 'replacement')
    this.weights = as_tensor(given.weights, { dtype: dtypes.float64 })
    if (this.weights.ndim !== 1) {
      throw value_error(
        `weights should be a 1d sequence but given weights have shape (${this.weights.shape.join(', ')})`,
      )
    }
    this.num_samples = given.num_samples
    this.replacement = given.replacement
    this.generator = given.generator
  }

  override *[Symbol.iterator](): Iterator<number> {
    const { weights, num_samples, replacement, generator } = this
    yield* multinomial(weights, num_samples, replacement, { generator }).tolist() as number[]
  }

  override get length(): number {
    return this.num_samples
  }
}

const BATCH_SAMPLER = signature(
  'BatchSampler',
  { sampler: of_objects(required<Iterable<never>>()) },
  { batch_size: required<number>() },
  { drop_last: required<boolean>() },
)

/**
 * Lists of what another sampler yields.
 *
 * @param sampler any iterable
 * @param batch_size how many a list
 * @param drop_last whether a last list that is not full is left out
 * @throws ValueError for wrong arguments
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * [...new torch.utils.data.BatchSampler([0, 1, 2], 2, false)] // [[0, 1], [2]]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.BatchSampler
 */
export class BatchSampler<K = number> extends Sampler<K[]> {
  readonly sampler: Iterable<K>
  readonly batch_size: number
  readonly drop_last: boolean

  constructor(sampler: Iterable<K>, batch_size: number, drop_last: boolean)
  constructor(sampler: Iterable<K>, options: { batch_size: number; drop_last: boolean })
  constructor(sampler: Iterable<K>, batch_size: number, options: { drop_last: boolean })
  constructor(options: { sampler: Iterable<K>; batch_size: number; drop_last: boolean })
  constructor(...args: unknown[]) {
    super()
    const given = BATCH_SAMPLER.take(args)
    check_count(given.batch_size, 'batch_size')
    check_boolean(given.drop_last, 'drop_last')
    this.sampler = given.sampler
    this.batch_size = given.batch_size
    this.drop_last = given.drop_last
  }

  override *[Symbol.iterator](): Iterator<K[]> {
    let batch: K[] = []
    for (const index of this.sampler) {
      batch.push(index)
      if (batch.length < this.batch_size) continue
      yield batch
      batch = []
    }
    if (batch.length > 0 && !this.drop_last) yield batch
  }

  override get length(): number {
    const n = length_of(this.sampler)
    return this.drop_last ? Math.floor(n / this.batch_size) : Math.ceil(n / this.batch_size)
  }
}
