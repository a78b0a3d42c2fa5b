import { is_promise } from '../../../callback.js'
import { index_error, type_error, type_name } from '../../../errors.js'
import { member, own } from '../../../own.js'
import { type AnyDataset, IterableDataset, type MapDataset } from '../dataset.js'

/** How samples are read and put together; the same with and without workers. */
export interface Reading {
  dataset: AnyDataset<unknown>
  /** Whether an index is a list of them, and what was read is put together. */
  auto_collation: boolean
  collate_fn: (data: never) => unknown
  drop_last: boolean
}

/** What a fetcher gives when a stream has ended. */
export const ENDED: unique symbol = Symbol('ended')

/** From an index, or a list of them, to a batch. */
export type Fetcher = (index: unknown) => unknown

const present = (sample: unknown, index: unknown, options: MapDataset<unknown>): unknown => {
  const { length } = own(options)
  if (sample !== undefined) return sample
  throw index_error(
    `the dataset has no sample at index ${String(index)}${typeof length === 'number' ? `: its length is ${length}` : ''}`,
  )
}

/** Calls a function with a value, or with what a promise comes to. */
export function then<T>(value: unknown, use: (value: never) => T): T | Promise<T> {
  return is_promise(value) ? Promise.resolve(value).then(use as (value: unknown) => T) : use(value as never)
}

/** All of them, once those that are promises have come. */
function all(items: unknown[]): unknown[] | Promise<unknown[]> {
  return items.some((item) => is_promise(item)) ? Promise.all(items) : items
}

function map_fetcher({ dataset, auto_collation, collate_fn }: Reading): Fetcher {
  const source = dataset as MapDataset<unknown>
  if (typeof member(source as { at?: unknown }, 'at') !== 'function') {
    throw type_error(
      `DataLoader: a dataset must have at(index) and length, or be an IterableDataset; ${type_name(source)} has no at`,
    )
  }
  const read = (index: unknown) =>
    then(source.at(index as number), (sample) => present(sample, index, source))
  if (!auto_collation) return (index) => then(read(index), collate_fn)
  return (indices) => {
    const list = indices as number[]
    if (typeof member(source, '__getitems__') !== 'function') return then(all(list.map(read)), collate_fn)
    return then(source.__getitems__!(list), (samples: unknown[]) => {
      const found = all(samples.map((sample, i) => present(sample, list[i], source)))
      return then(found, collate_fn)
    })
  }
}

type Streamed = IterableDataset<unknown> & { [Symbol.asyncIterator]?: () => AsyncIterator<unknown> }

/** The stream's own iterator: the asynchronous one where it has one and may be waited for. */
function stream_of(dataset: Streamed, waits: boolean): Iterator<unknown> | AsyncIterator<unknown> {
  const make = dataset[Symbol.asyncIterator]
  if (typeof make === 'function' && waits) return make.call(dataset)
  if (typeof make === 'function' && dataset[Symbol.iterator] === IterableDataset.prototype[Symbol.iterator]) {
    throw type_error(
      `DataLoader: ${type_name(dataset)} has only [Symbol.asyncIterator]: go through the loader with for await, or give it workers`,
    )
  }
  return dataset[Symbol.iterator]()
}

function stream_fetcher(reading: Reading, waits: boolean): Fetcher {
  const { dataset, auto_collation, collate_fn, drop_last } = reading
  const stream = stream_of(dataset as Streamed, waits)
  let ended = false
  const take = (result: IteratorResult<unknown>): unknown => {
    if (!result.done) return result.value
    ended = true
    return ENDED
  }
  const next = () => then(stream.next(), take)
  const collated = (samples: unknown[], wanted: number) =>
    samples.length === 0 || (drop_last && samples.length < wanted) ? ENDED : collate_fn(samples as never)
  const fill = async (samples: unknown[], wanted: number, first: Promise<unknown>): Promise<unknown> => {
    for (let sample = await first; sample !== ENDED; sample = await next()) {
      samples.push(await sample)
      if (samples.length === wanted) break
    }
    return collated(samples, wanted)
  }
  return (index) => {
    if (ended) return ENDED
    if (!auto_collation) return then(next(), (sample) => (sample === ENDED ? ENDED : collate_fn(sample)))
    const wanted = (index as unknown[]).length
    const samples: unknown[] = []
    while (samples.length < wanted) {
      const sample = next()
      if (is_promise(sample)) return fill(samples, wanted, Promise.resolve(sample))
      if (sample === ENDED) break
      samples.push(sample)
    }
    return collated(samples, wanted)
  }
}

/**
 * Begins to read a dataset.
 *
 * @param reading what is read, and how
 * @param waits whether promises may be waited for
 */
export function make_fetcher(reading: Reading, waits: boolean): Fetcher {
  return reading.dataset instanceof IterableDataset ? stream_fetcher(reading, waits) : map_fetcher(reading)
}
