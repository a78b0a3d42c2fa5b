import {
  assertion_error,
  index_error,
  not_implemented_error,
  type_error,
  type_name,
  value_error,
} from '../../errors.js'
import { member } from '../../own.js'
import { required, variadic } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { is_map, is_set } from '../../realm.js'
import type { IndexItem } from '../../tensor/indexing.js'
import { expect_tensor, type Tensor } from '../../tensor.js'

/**
 * What a DataLoader reads by index: a {@link Dataset}, and just as well an array, a typed array or a Tensor. What
 * Python writes `dataset[i]` and `len(dataset)` is `at(i)` and `length`. `at` may return a promise where the loader
 * has workers or is gone through with `for await`.
 */
export interface MapDataset<T> {
  at(index: number): T | Promise<T> | undefined
  readonly length?: number
  /** The samples of a whole batch at once, where that is faster. */
  __getitems__?(indices: number[]): T[] | Promise<T[]>
}

/** A dataset of either kind. */
export type AnyDataset<T> = MapDataset<T> | IterableDataset<T>

/** The number of samples; a TypeError in Python's words where there is none. */
export function length_of(value: object): number {
  const sized = Object(value) as { length?: unknown; size?: unknown }
  const [length, size] = [member(sized, 'length'), member(sized, 'size')]
  if (typeof length === 'number') return length
  if ((is_set(value) || is_map(value)) && typeof size === 'number') return size
  throw type_error(`object of type '${type_name(value)}' has no len()`)
}

/**
 * Samples read by index. A subclass has `at(index)` and `length`, which Python writes `__getitem__` and `__len__`; it may
 * have `__getitems__(indices)`, which reads a batch at once.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * class Squares extends torch.utils.data.Dataset<number> {
 *   override at(index: number) {
 *     return index ** 2
 *   }
 *   override get length() {
 *     return 10
 *   }
 * }
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.Dataset
 */
export class Dataset<T = unknown> {
  /**
   * One sample.
   *
   * @param index its place, or whatever key the sampler yields
   * @throws NotImplementedError where the subclass has none
   */
  at(_index: number): T | Promise<T> {
    throw not_implemented_error(
      'Subclasses of Dataset should implement at(index), which is __getitem__ in Python.',
    )
  }

  /** The number of samples. */
  get length(): number {
    throw type_error(`object of type '${this.constructor.name}' has no len()`)
  }

  /** Python's `a + b`: the samples of both, one after the other. */
  add(other: MapDataset<T>): ConcatDataset<T> {
    return new ConcatDataset([this as MapDataset<T>, other])
  }
}

/**
 * Samples that come as a stream. A subclass has `[Symbol.iterator]`, or `[Symbol.asyncIterator]` where the loader has
 * workers or is gone through with `for await`. Each worker has a copy of its own: {@link get_worker_info} says which part
 * of the stream it should yield.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * class Count extends torch.utils.data.IterableDataset<number> {
 *   override *[Symbol.iterator]() {
 *     for (let i = 0; i < 4; i++) yield i
 *   }
 * }
 * [...new torch.utils.data.DataLoader(new Count(), { batch_size: 2 })].length // 2
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.IterableDataset
 */
export class IterableDataset<T = unknown> {
  [Symbol.iterator](): Iterator<T> {
    throw not_implemented_error('Subclasses of IterableDataset should implement [Symbol.iterator]().')
  }

  /** The number of samples, where it is known. */
  get length(): number {
    throw type_error(`object of type '${this.constructor.name}' has no len()`)
  }

  /** Python's `a + b`: the samples of both, one after the other. */
  add(other: IterableDataset<T>): ChainDataset<T> {
    return new ChainDataset([this, other])
  }
}

const TENSOR_DATASET = signature('TensorDataset', { tensors: variadic<Tensor>(expect_tensor) })

/**
 * The rows of tensors that have the same first dimension: sample `i` is `[tensors[0].at(i), tensors[1].at(i), …]`.
 *
 * @param tensors at least one
 * @throws AssertionError where their first dimensions differ
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * new torch.utils.data.TensorDataset(torch.ones(5, 2), torch.zeros(5)).length // 5
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.TensorDataset
 */
export class TensorDataset<T extends Tensor[] = Tensor[]> extends Dataset<T> {
  readonly tensors: T

  constructor(...tensors: T)
  constructor(...args: unknown[]) {
    super()
    const [tensors] = TENSOR_DATASET.bind(args)
    const first = tensors[0]
    if (first === undefined) throw type_error('TensorDataset(): expected at least one Tensor')
    if (tensors.some((tensor) => tensor.size(0) !== first.size(0)))
      throw assertion_error('Size mismatch between tensors')
    this.tensors = tensors as T
  }

  override at(index: IndexItem): T {
    return this.tensors.map((tensor) => tensor.at(index)) as T
  }

  override get length(): number {
    return this.tensors[0]!.size(0)
  }
}

/** The sizes added up: where each dataset ends. */
function cumsum(datasets: readonly object[]): number[] {
  let sum = 0
  return datasets.map((dataset) => (sum += length_of(dataset)))
}

const expect_datasets = (value: unknown, name: string, argument: string): Iterable<never> => {
  if (typeof (value as Partial<Iterable<never>> | null)?.[Symbol.iterator] === 'function')
    return value as Iterable<never>
  throw type_error(`${name}(): argument '${argument}' must be iterable, not ${type_name(value)}`, name)
}

const CONCAT_DATASET = signature('ConcatDataset', {
  datasets: required<Iterable<MapDataset<never>>>(expect_datasets),
})
const CHAIN_DATASET = signature('ChainDataset', {
  datasets: required<Iterable<IterableDataset<never>>>(expect_datasets),
})

/**
 * Datasets one after the other.
 *
 * @param datasets at least one, read by index
 * @throws AssertionError for none, or for one that is a stream
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * new torch.utils.data.ConcatDataset([[1, 2], [3]]).at(2) // 3
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.ConcatDataset
 */
export class ConcatDataset<T = unknown> extends Dataset<T> {
  readonly datasets: MapDataset<T>[]
  /** Where each dataset ends. */
  readonly cumulative_sizes: number[]

  constructor(datasets: Iterable<MapDataset<T>>)
  constructor(options: { datasets: Iterable<MapDataset<T>> })
  constructor(...args: unknown[]) {
    super()
    const { datasets } = CONCAT_DATASET.take(args)
    this.datasets = [...datasets]
    if (this.datasets.length === 0) throw assertion_error('datasets should not be an empty iterable')
    if (this.datasets.some((dataset) => dataset instanceof IterableDataset))
      throw assertion_error('ConcatDataset does not support IterableDataset')
    this.cumulative_sizes = cumsum(this.datasets)
  }

  static cumsum(datasets: readonly object[]): number[] {
    return cumsum(datasets)
  }

  override get length(): number {
    return this.cumulative_sizes.at(-1)!
  }

  override at(index: number): T | Promise<T> {
    if (index < 0 && -index > this.length)
      throw value_error('absolute value of index should not exceed dataset length')
    const place = index < 0 ? this.length + index : index
    const which = this.cumulative_sizes.findIndex((end) => place < end)
    if (which < 0) throw index_error('list index out of range')
    const before = which === 0 ? 0 : this.cumulative_sizes[which - 1]!
    return this.datasets[which]!.at(place - before) as T | Promise<T>
  }
}

function* streams_of<T>(datasets: Iterable<IterableDataset<T>>): Generator<IterableDataset<T>> {
  for (const dataset of datasets) {
    if (!(dataset instanceof IterableDataset))
      throw assertion_error('ChainDataset only supports IterableDataset')
    yield dataset
  }
}

/**
 * Streams one after the other.
 *
 * @param datasets the streams
 * @throws AssertionError, when it comes to one that is no stream
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.ChainDataset
 */
export class ChainDataset<T = unknown> extends IterableDataset<T> {
  readonly datasets: Iterable<IterableDataset<T>>

  constructor(datasets: Iterable<IterableDataset<T>>)
  constructor(options: { datasets: Iterable<IterableDataset<T>> })
  constructor(...args: unknown[]) {
    super()
    this.datasets = CHAIN_DATASET.take(args).datasets
  }

  override *[Symbol.iterator](): Generator<T> {
    for (const dataset of streams_of(this.datasets)) for (const sample of dataset) yield sample
  }

  override get length(): number {
    let total = 0
    for (const dataset of streams_of(this.datasets)) total += length_of(dataset)
    return total
  }
}
