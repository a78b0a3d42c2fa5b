import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type_error, value_error } from '../../errors.js'
import { expect_number, expect_string } from '../../expect.js'
import { Generator } from '../../generator.js'
import { keyword, of_objects, optional, required } from '../../python/parameters.js'
import { type GivenBy, signature } from '../../python/signature.js'
import { default_collate, default_convert } from './_utils/collate.js'
import { type AnyDataset, IterableDataset } from './dataset.js'
import { BatchSampler, RandomSampler, SequentialSampler } from './sampler.js'

/** Options of a DataLoader, under PyTorch's names. `T` is a sample, `S` the `batch_size`, `B` a batch. */
export interface DataLoaderOptions<T, S extends number | null, B> {
  /** Samples a batch; null gives samples out one by one as they are (default 1). */
  batch_size?: S
  /** Whether each epoch has another order (default false). */
  shuffle?: boolean | null
  /** The order of the samples; mutually exclusive with `shuffle`. */
  sampler?: Iterable<unknown> | null
  /** The indices of each batch; mutually exclusive with `batch_size`, `shuffle`, `sampler`, `drop_last`. */
  batch_sampler?: Iterable<readonly unknown[]> | null
  /** How many threads read the dataset; 0 reads it on the caller's own (default 0). */
  num_workers?: number
  /** Makes a batch of samples, or, with `batch_size` null, something of one (default {@link default_collate}). */
  collate_fn?: ((data: [S] extends [null] ? T : T[]) => B | Promise<B>) | null
  /** Whether batches are put into pinned memory, where there is an accelerator (default false). */
  pin_memory?: boolean
  /** Whether a last batch that is not full is left out (default false). */
  drop_last?: boolean
  /** How many seconds a batch of a worker may take; 0 waits for ever (default 0). */
  timeout?: number
  /** Called in each worker with its number, after seeding. */
  worker_init_fn?: ((worker_id: number) => unknown) | null
  /** How workers start: they are threads which load their modules anew, as `'spawn'` says. No other way exists here. */
  multiprocessing_context?: 'spawn' | null
  /** Draws the order, and the workers' seeds (default: the default generator). */
  generator?: Generator | null
  /** How many batches each worker reads ahead (default 2, with workers). */
  prefetch_factor?: number | null
  /** Whether workers stay for the next epoch (default false). */
  persistent_workers?: boolean
  /** Of no effect, as in Python: the current accelerator is taken. */
  pin_memory_device?: string
  /** Whether batches of workers are given out in the order in which they were asked for (default true). */
  in_order?: boolean
  /**
   * Typetorch's own: the module whose exports workers find the dataset's class, `collate_fn` and `worker_init_fn` among, by
   * their names: usually `import.meta.url` of the module which defines them. The library's own classes need none.
   */
  worker_module?: string | URL | null
}

/** The options, checked and completed. */
export interface Settings {
  dataset: AnyDataset<unknown>
  batch_size: number | null
  sampler: Iterable<unknown>
  batch_sampler: Iterable<readonly unknown[]> | null
  num_workers: number
  collate_fn: (data: never) => unknown
  pin_memory: boolean
  pin_memory_device: string
  drop_last: boolean
  timeout: number
  worker_init_fn: ((worker_id: number) => unknown) | null
  multiprocessing_context: 'spawn' | null
  generator: Generator | null
  prefetch_factor: number | null
  persistent_workers: boolean
  in_order: boolean
  worker_module: string | null
}

type Unknown = Required<DataLoaderOptions<unknown, number | null, unknown>>

/** Every parameter in Python's order, and after them our own. */
export const DATA_LOADER = signature(
  'DataLoader',
  { dataset: of_objects(required<AnyDataset<unknown>>()) },
  { batch_size: optional<number | null>(1) },
  { shuffle: optional<boolean | null>(null) },
  { sampler: optional<Iterable<unknown> | null>(null) },
  { batch_sampler: optional<Iterable<readonly unknown[]> | null>(null) },
  { num_workers: optional(0) },
  { collate_fn: optional<Unknown['collate_fn']>(null) },
  { pin_memory: optional(false) },
  { drop_last: optional(false) },
  { timeout: optional(0, expect_number) },
  { worker_init_fn: optional<Unknown['worker_init_fn']>(null) },
  { multiprocessing_context: optional<'spawn' | null>(null) },
  { generator: optional<Generator | null>(null) },
  { prefetch_factor: keyword<number | null>(null) },
  { persistent_workers: keyword(false) },
  { pin_memory_device: keyword<string>('', expect_string) },
  { in_order: keyword(true) },
  { worker_module: keyword<string | URL | null>(null) },
)

type Given = GivenBy<typeof DATA_LOADER>

/** For ever: how much a stream gives is its own business. */
class InfiniteConstantSampler {
  *[Symbol.iterator](): Iterator<null> {
    for (;;) yield null
  }
}

function check_numbers(given: Given): void {
  const { num_workers, timeout, prefetch_factor, persistent_workers } = given
  for (const [name, value] of Object.entries({ num_workers, prefetch_factor: prefetch_factor ?? 0 })) {
    if (!Number.isInteger(value))
      throw type_error(`DataLoader(): argument '${name}' must be int, not ${String(value)}`)
  }
  if (num_workers < 0) {
    throw value_error(
      'num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.',
    )
  }
  if (!(timeout >= 0)) throw value_error('timeout option should be non-negative')
  if (num_workers === 0 && prefetch_factor !== null) {
    throw value_error(
      'prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None.',
    )
  }
  if (prefetch_factor !== null && prefetch_factor < 0)
    throw value_error('prefetch_factor option should be non-negative')
  if (prefetch_factor === 0)
    throw value_error('prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter')
  if (persistent_workers && num_workers === 0)
    throw value_error('persistent_workers option needs num_workers > 0')
  if (timeout !== 0 && num_workers === 0) throw value_error('timeout option needs num_workers > 0')
}

function check_context({ multiprocessing_context, num_workers }: Given): void {
  if (multiprocessing_context === null) return
  if (num_workers === 0) {
    throw value_error(
      `multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got num_workers=${num_workers}`,
    )
  }
  if (multiprocessing_context !== 'spawn') {
    throw value_error(
      `multiprocessing_context option should specify a valid start method in ['spawn'], but got multiprocessing_context=${String(multiprocessing_context)}`,
    )
  }
}

function check_stream({ shuffle, sampler, batch_sampler }: Given): void {
  const refuse = (option: string, value: unknown) =>
    value_error(
      `DataLoader with IterableDataset: expected unspecified ${option} option, but got ${option}=${String(value)}`,
    )
  if (shuffle) throw refuse('shuffle', shuffle)
  if (sampler !== null) throw refuse('sampler', sampler)
  if (batch_sampler !== null) throw refuse('batch_sampler', batch_sampler)
}

function check_functions(given: Given): void {
  for (const name of ['collate_fn', 'worker_init_fn'] as const) {
    const value: unknown = given[name]
    if (value !== null && typeof value !== 'function')
      throw type_error(`DataLoader(): argument '${name}' must be a function, not ${typeof value}`)
  }
  for (const name of ['sampler', 'batch_sampler'] as const) {
    const value: unknown = given[name]
    if (value !== null && typeof (value as Iterable<unknown>)[Symbol.iterator] !== 'function')
      throw type_error(`DataLoader(): argument '${name}' must be iterable, not ${typeof value}`)
  }
  const { generator } = given
  if (generator !== null && !(generator instanceof Generator))
    throw type_error(`DataLoader(): argument 'generator' must be Generator, not ${typeof generator}`)
}

function check_parallelism(num_workers: number): void {
  const cores = availableParallelism()
  if (num_workers <= cores) return
  process.emitWarning(
    `This DataLoader will create ${num_workers} worker processes in total. Our suggested max number of worker in current system is ${cores}, which is smaller than what this DataLoader is going to create. Please be aware that excessive worker creation might get DataLoader running slow or even freeze, lower the worker number to avoid potential slowness/freeze if necessary.`,
    'UserWarning',
  )
}

/** A module's address: a path counts from the current folder. */
function address_of(module: string | URL): string {
  const text = String(module)
  return /^[a-z][a-z\d+.-]+:/i.test(text) ? text : pathToFileURL(resolve(text)).href
}

/** Checks the options in Python's order and words, and completes them. */
export function settle(given: Given): Settings {
  check_numbers(given)
  check_functions(given)
  check_context(given)
  const { dataset, shuffle, generator, num_workers } = given
  if (typeof dataset !== 'object' && typeof dataset !== 'function')
    throw type_error(`DataLoader(): argument 'dataset' must be a dataset, not ${typeof dataset}`)
  const stream = dataset instanceof IterableDataset
  if (stream) check_stream(given)
  if (given.sampler !== null && shuffle)
    throw value_error('sampler option is mutually exclusive with shuffle')
  let { batch_size, batch_sampler } = given
  if (batch_sampler !== null) {
    if (batch_size !== 1 || shuffle || given.sampler !== null || given.drop_last) {
      throw value_error(
        'batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last',
      )
    }
    batch_size = null
  } else if (batch_size === null && given.drop_last) {
    throw value_error(
      'batch_size=None option disables auto-batching and is mutually exclusive with drop_last',
    )
  }
  const ordered = () => (shuffle ? new RandomSampler(dataset, { generator }) : new SequentialSampler(dataset))
  const sampler = given.sampler ?? (stream ? new InfiniteConstantSampler() : ordered())
  if (batch_size !== null) batch_sampler = new BatchSampler(sampler, batch_size, given.drop_last)
  check_parallelism(num_workers)
  const collate_fn = given.collate_fn ?? (batch_sampler === null ? default_convert : default_collate)
  return {
    ...given,
    batch_size,
    sampler,
    batch_sampler,
    collate_fn: collate_fn as Settings['collate_fn'],
    prefetch_factor: num_workers > 0 ? (given.prefetch_factor ?? 2) : null,
    worker_module: given.worker_module === null ? null : address_of(given.worker_module),
  }
}
