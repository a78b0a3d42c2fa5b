import { is_promise } from '../../callback.js'
import { type_error, value_error } from '../../errors.js'
import { is_options } from '../../ops/keywords.js'
import { member } from '../../own.js'
import { Dataset, length_of, type MapDataset } from './dataset.js'

type Named = { readonly [name: string]: MapDataset<unknown> }
type SampleOf<D> = D extends { at(index: number): infer T } ? Exclude<Awaited<T>, undefined> : never
type Stacked<D> = { -readonly [K in keyof D]: SampleOf<D[K]> }

const entries_of = (datasets: object) => Object.entries(datasets) as [string, MapDataset<unknown>][]

/** A sample from the datasets' own, each by its key. */
function sample_of<D>(datasets: D, items: [string, unknown][]): Stacked<D> {
  const sample = Array.isArray(datasets) ? items.map(([, item]) => item) : Object.fromEntries(items)
  return sample as Stacked<D>
}

/**
 * Datasets side by side: a sample is a list of one sample of each, or an object of them where the datasets are given by
 * name.
 *
 * @param datasets of the same length, one after the other or in one object
 * @throws ValueError for none, or for unequal lengths
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * new torch.utils.data.StackDataset({ image: torch.zeros(2, 3), text: ['a', 'b'] }).at(1).text // 'b'
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.StackDataset
 */
export class StackDataset<const D extends readonly MapDataset<unknown>[] | Named> extends Dataset<
  Stacked<D>
> {
  readonly datasets: D
  /** The length of each. */
  readonly _length: number

  constructor(datasets: D & Named)
  constructor(...datasets: D & readonly MapDataset<unknown>[])
  constructor(...args: unknown[]) {
    super()
    const named = args.length === 1 && is_options(args[0])
    if (!named && args.some(is_options)) {
      throw value_error(
        'Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like input/output, but both types are given.',
      )
    }
    this.datasets = (named ? args[0] : args) as D
    const all = entries_of(this.datasets)
    if (all.length === 0) throw value_error('At least one dataset should be passed')
    for (const [key, dataset] of all) {
      if (typeof member((dataset as Partial<MapDataset<unknown>> | null) ?? {}, 'at') !== 'function')
        throw type_error(`StackDataset(): dataset '${key}' has no at(index)`)
    }
    this._length = length_of(all[0]![1])
    if (all.some(([, dataset]) => length_of(dataset) !== this._length))
      throw value_error('Size mismatch between datasets')
  }

  override at(index: number): Stacked<D> | Promise<Stacked<D>> {
    const items = entries_of(this.datasets).map(
      ([key, dataset]) => [key, dataset.at(index)] as [string, unknown],
    )
    if (!items.some(([, item]) => is_promise(item))) return sample_of(this.datasets, items)
    const settled = items.map(async ([key, item]) => [key, await item] as [string, unknown])
    return Promise.all(settled).then((done) => sample_of(this.datasets, done))
  }

  /** A batch, from each dataset by its own `__getitems__` where it has one. */
  __getitems__(indices: number[]): Stacked<D>[] | Promise<Stacked<D>[]> {
    const columns = entries_of(this.datasets).map(([key, dataset]) => {
      const items =
        (member(dataset, '__getitems__') === undefined ? null : dataset.__getitems__!(indices)) ??
        indices.map((index) => dataset.at(index))
      return [key, items] as const
    })
    const rows = (filled: (readonly [string, readonly unknown[]])[]) => {
      for (const [, items] of filled) {
        if (items.length === indices.length) continue
        throw value_error(
          `Nested dataset's output size mismatch. Expected ${indices.length}, got ${items.length}`,
        )
      }
      return indices.map((_, i) =>
        sample_of(
          this.datasets,
          filled.map(([key, items]) => [key, items[i]]),
        ),
      )
    }
    const waits = columns.some(([, items]) => is_promise(items) || items.some((i) => is_promise(i)))
    if (!waits) return rows(columns as (readonly [string, unknown[]])[])
    const settled = columns.map(async ([key, items]) => [key, await Promise.all(await items)] as const)
    return Promise.all(settled).then(rows)
  }

  override get length(): number {
    return this._length
  }
}
