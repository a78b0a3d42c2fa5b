import * as accelerator from '../../accelerator/index.js'
import { type_error } from '../../errors.js'
import type { Generator } from '../../generator.js'
import { IDENTITY, next_identity } from '../../identity.js'
import { is_options } from '../../ops/keywords.js'
import { has_member, member } from '../../own.js'
import { check_number, check_numbers } from '../../state_numbers.js'
import { not_json, uncloneable } from '../../uncloneable.js'
import type { Collated, Converted } from './_utils/collate.js'
import type { Reading } from './_utils/fetch.js'
import { type Iteration, SingleIteration } from './_utils/iteration.js'
import { pin_memory } from './_utils/pin_memory.js'
import { WorkerPool } from './_utils/pool.js'
import { WorkerIteration } from './_utils/worker_iteration.js'
import { type AnyDataset, IterableDataset, length_of } from './dataset.js'
import {
  type AsyncDataLoaderIterator,
  type DataLoaderIterator,
  EAGER,
  type EagerIterator,
  Epoch,
} from './epoch.js'
import { DATA_LOADER, type DataLoaderOptions, type Settings, settle } from './loader_options.js'
import {
  type DataLoaderState,
  is_stateful,
  note_start,
  restore_start,
  with_rng_state,
} from './loader_state.js'
import { draw_seed } from './sampler.js'

/** Ends the workers of what was forgotten: an iterator left in the middle, a loader whose workers persist. */
const forgotten = new FinalizationRegistry<WorkerPool>((pool) => pool.shutdown())

/**
 * Goes through a dataset in batches, in order or shuffled, reading it on this thread or ahead in worker threads. Under the
 * same seed the order is Python's. Both `for (…)` and `for await (…)` go through it, any number of times; the first blocks
 * while a worker reads, the second does not.
 *
 * @param dataset read by index (a {@link Dataset}, an array, a Tensor) or as a stream ({@link IterableDataset})
 * @typeParam T a sample
 * @typeParam S `batch_size`: null where samples are given out one by one
 * @typeParam B a batch
 * @param options PyTorch's keywords, and `worker_module`: see {@link DataLoaderOptions}
 * @throws ValueError, TypeError for options that do not exist or do not go together
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const { DataLoader, TensorDataset } = torch.utils.data
 * const dataset = new TensorDataset(torch.randn(100, 3), torch.randn(100, 1))
 * for (const [x, y] of new DataLoader(dataset, { batch_size: 32, shuffle: true })) console.log(x.shape, y.shape)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.DataLoader
 */
export class DataLoader<
  T = unknown,
  S extends number | null = number,
  B = [S] extends [null] ? Converted<T> : Collated<T>,
> {
  /** @internal */
  readonly _uncloneable: symbol = uncloneable('DataLoader: send its dataset; a DataLoader')
  readonly [IDENTITY]: string = next_identity()
  readonly #settings: Settings
  readonly #reading: Reading
  #pool: WorkerPool | null = null
  #pool_epochs = 0
  #base_seed = 0n
  #epoch: Epoch | null = null
  #loaded: DataLoaderState | null = null
  #length_told: number | null = null

  /** Refuses `JSON.stringify`. */
  toJSON(): never {
    throw not_json(this, 'use its state_dict()')
  }

  constructor(dataset: AnyDataset<T>, options?: DataLoaderOptions<T, S, B>)
  constructor(dataset: AnyDataset<T>, batch_size: S, options?: Omit<DataLoaderOptions<T, S, B>, 'batch_size'>)
  constructor(
    dataset: AnyDataset<T>,
    batch_size: S,
    shuffle: boolean | null,
    options?: Omit<DataLoaderOptions<T, S, B>, 'batch_size' | 'shuffle'>,
  )
  constructor(
    dataset: AnyDataset<T>,
    batch_size: S,
    shuffle: boolean | null,
    sampler: Iterable<unknown> | null,
    batch_sampler?: Iterable<readonly unknown[]> | null,
    num_workers?: number,
    collate_fn?: DataLoaderOptions<T, S, B>['collate_fn'] | null,
    pin_memory?: boolean,
    drop_last?: boolean,
    timeout?: number,
    worker_init_fn?: ((worker_id: number) => unknown) | null,
    multiprocessing_context?: 'spawn' | null,
    generator?: Generator | null,
    options?: Pick<
      DataLoaderOptions<T, S, B>,
      'prefetch_factor' | 'persistent_workers' | 'pin_memory_device' | 'in_order' | 'worker_module'
    >,
  )
  constructor(options: DataLoaderOptions<T, S, B> & { dataset: AnyDataset<T> })
  constructor(...args: unknown[]) {
    // A plain object by itself is a dataset; one that cannot be read by index may hold keywords.
    const [alone] = args.length === 1 ? args : []
    const named =
      is_options(alone) &&
      typeof member(alone, 'at') !== 'function' &&
      DATA_LOADER.names.some((name) => has_member(alone, name))
    this.#settings = settle(DATA_LOADER.take(named ? [undefined, alone] : args))
    const { collate_fn, drop_last } = this.#settings
    const auto_collation = this.#settings.batch_sampler !== null
    this.#reading = { dataset: this.#settings.dataset, auto_collation, collate_fn, drop_last }
  }

  get dataset(): AnyDataset<T> {
    return this.#settings.dataset as AnyDataset<T>
  }
  get batch_size(): number | null {
    return this.#settings.batch_size
  }
  get sampler(): Iterable<unknown> {
    return this.#settings.sampler
  }
  get batch_sampler(): Iterable<readonly unknown[]> | null {
    return this.#settings.batch_sampler
  }
  get num_workers(): number {
    return this.#settings.num_workers
  }
  get collate_fn(): (data: never) => unknown {
    return this.#settings.collate_fn
  }
  get pin_memory(): boolean {
    return this.#settings.pin_memory
  }
  get drop_last(): boolean {
    return this.#settings.drop_last
  }
  get timeout(): number {
    return this.#settings.timeout
  }
  get worker_init_fn(): ((worker_id: number) => unknown) | null {
    return this.#settings.worker_init_fn
  }
  get multiprocessing_context(): 'spawn' | null {
    return this.#settings.multiprocessing_context
  }
  get generator(): Generator | null {
    return this.#settings.generator
  }
  get prefetch_factor(): number | null {
    return this.#settings.prefetch_factor
  }
  get persistent_workers(): boolean {
    return this.#settings.persistent_workers
  }
  get in_order(): boolean {
    return this.#settings.in_order
  }

  /** The number of batches of an epoch, as Python's `len(loader)`; of a stream as far as its own length tells. */
  get length(): number {
    const { dataset, batch_size, drop_last } = this.#settings
    if (!(dataset instanceof IterableDataset)) return length_of(this.#index_sampler)
    const samples = length_of(dataset)
    this.#length_told = samples
    if (batch_size === null) return samples
    return drop_last ? Math.floor(samples / batch_size) : Math.ceil(samples / batch_size)
  }

  get #index_sampler(): Iterable<unknown> {
    return this.#settings.batch_sampler ?? this.#settings.sampler
  }

  /** Goes through the dataset once; where there are workers, blocks while they read. */
  [Symbol.iterator](): DataLoaderIterator<B> {
    return this.#begin().iterator() as DataLoaderIterator<B>
  }

  /** Goes through the dataset once and leaves the event loop its turn while workers read. */
  [Symbol.asyncIterator](): AsyncDataLoaderIterator<B> {
    return this.#begin().async_iterator() as AsyncDataLoaderIterator<B>
  }

  /** As the asynchronous iterator, for a reader who waits only where he has to. @internal */
  [EAGER](): EagerIterator {
    return this.#begin().eager_iterator()
  }

  /** What is left to do with a batch on this thread. */
  #process(): (data: unknown) => unknown {
    if (!this.#settings.pin_memory) return (data) => data
    const warn = (text: string) => process.emitWarning(text, 'UserWarning')
    if (this.#settings.pin_memory_device !== '') {
      warn(
        `pin_memory_device is deprecated, the current accelerator will be used as the device,ignore pin_memory_device='${this.#settings.pin_memory_device}'.`,
      )
    }
    if (accelerator.is_available()) return pin_memory
    warn(
      "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.",
    )
    return (data) => data
  }

  #begin(): Epoch {
    const loaded = this.#loaded
    this.#loaded = null
    if (loaded === null) return this.#make_epoch(null)
    restore_start(this.#settings, loaded)
    if (!loaded.started) return this.#make_epoch(null)
    return with_rng_state(loaded.rng_state, () => this.#make_epoch(loaded))
  }

  /** A new epoch, or one that goes on where a state was saved. */
  #make_epoch(loaded: DataLoaderState | null): Epoch {
    const start = note_start(this.#settings)
    const indices = this.#index_sampler[Symbol.iterator]()
    const keeps_pool = this.#pool !== null && !this.#pool.closed
    const drew = loaded === null ? !keeps_pool : loaded.drew_base_seed
    if (drew) this.#base_seed = draw_seed(this.#settings.generator)
    // A file gives a small bigint back as a number.
    if (loaded !== null) this.#base_seed = BigInt(loaded.base_seed)
    const { dataset, num_workers } = this.#settings
    const stream = dataset instanceof IterableDataset
    const own_state = num_workers === 0 && is_stateful(dataset)
    if (loaded !== null && own_state) dataset.load_state_dict(loaded.dataset)
    const skipped = loaded?.num_yielded ?? 0
    if (!stream) for (let i = 0; i < skipped; i++) indices.next()
    const iteration = this.#make_iteration(indices, stream ? null : loaded)
    const made = new Epoch(iteration, {
      start,
      base_seed: this.#base_seed,
      drew_base_seed: drew,
      num_yielded: skipped,
      // A stream that cannot go anywhere by itself is read anew up to its place.
      to_skip: stream && !own_state ? skipped : 0,
      length_told: stream ? this.#length_told : null,
      num_workers,
    })
    if (iteration instanceof WorkerIteration && !this.persistent_workers)
      made.on_iterator((iterator) => forgotten.register(iterator, iteration.pool))
    this.#epoch = made
    return made
  }

  #make_iteration(indices: Iterator<unknown>, loaded: DataLoaderState | null): Iteration {
    const settings = this.#settings
    const process = this.#process()
    if (settings.num_workers === 0) return new SingleIteration(indices, this.#reading, process)
    const same_workers = loaded !== null && loaded.num_workers === settings.num_workers
    const rng_states = same_workers ? loaded.worker_rng_states : []
    const pool = this.#take_pool(rng_states)
    return new WorkerIteration(indices, pool, {
      prefetch_factor: settings.prefetch_factor!,
      in_order: settings.in_order,
      timeout: settings.timeout,
      persistent: settings.persistent_workers,
      epoch: this.#pool_epochs++,
      first_task: loaded?.num_yielded ?? 0,
      rng_states,
      process,
    })
  }

  /** Workers: those that are there where they persist, otherwise new ones. */
  #take_pool(rng_states: readonly (Uint8Array | null)[]): WorkerPool {
    const { persistent_workers, num_workers, worker_module, worker_init_fn } = this.#settings
    if (persistent_workers && this.#pool !== null && !this.#pool.closed) return this.#pool
    this.#pool_epochs = 0
    const pool = new WorkerPool({
      num_workers,
      base_seed: this.#base_seed,
      worker_module,
      worker_init_fn,
      rng_states,
      reading: this.#reading,
    })
    if (persistent_workers) {
      this.#pool = pool
      forgotten.register(this, pool)
    }
    return pool
  }

  /**
   * The place within the epoch and what its order was drawn from, as torchdata's StatefulDataLoader gives it. The default
   * generator's present state is not in it: save it beside, as Trainer does.
   */
  state_dict(): DataLoaderState {
    if (this.#loaded !== null) return this.#loaded
    const { dataset, num_workers } = this.#settings
    const own = num_workers === 0 && is_stateful(dataset) ? dataset.state_dict() : null
    const epoch = this.#epoch
    if (epoch !== null && !epoch.finished) return { ...epoch.state(), dataset: own }
    return {
      num_yielded: 0,
      started: false,
      base_seed: 0n,
      drew_base_seed: true,
      ...note_start(this.#settings),
      dataset: own,
      num_workers,
      worker_rng_states: [],
    }
  }

  /**
   * Has the next epoch go on where `state` was saved; the numbers that were drawn for its order are drawn again, and the
   * default generator is left as it is.
   *
   * @throws TypeError for something that is no state of a DataLoader; ValueError for a count that is none
   */
  load_state_dict(state: DataLoaderState): void {
    const is_state = (given: object) =>
      Object.hasOwn(given, 'num_yielded') && Object.hasOwn(given, 'rng_state')
    if (typeof state !== 'object' || state === null || !is_state(state))
      throw type_error('load_state_dict(): expected what state_dict() of a DataLoader gave')
    check_number('num_yielded', state.num_yielded, 'count')
    check_numbers('', state, { num_workers: 'count', base_seed: 'any' })
    this.#pool?.shutdown()
    this.#pool = null
    this.#loaded = state
  }
}
