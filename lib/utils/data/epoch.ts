import { is_promise } from '../../callback.js'
import { IDENTITY, next_identity } from '../../identity.js'
import { DONE, type Iteration } from './_utils/iteration.js'
import { type DataLoaderState, type EpochStart, with_rng_state } from './loader_state.js'

/** A DataLoader's method whose iterator gives promises only where something has to be waited for. */
export const EAGER: unique symbol = Symbol('eager')

/** An iterator whose batches may or may not have to be waited for. */
export interface EagerIterator {
  next(): IteratorResult<unknown, undefined> | Promise<IteratorResult<unknown, undefined>>
  return(): IteratorResult<unknown, undefined>
}

/** What goes through a DataLoader once. */
export interface DataLoaderIterator<B> extends Iterator<B, undefined, undefined> {
  next(): IteratorResult<B, undefined>
  return(): IteratorResult<B, undefined>
  [Symbol.iterator](): DataLoaderIterator<B>
}

/** What goes through a DataLoader once and waits for its workers. */
export interface AsyncDataLoaderIterator<B> extends AsyncIterator<B, undefined, undefined> {
  next(): Promise<IteratorResult<B, undefined>>
  return(): Promise<IteratorResult<B, undefined>>
  [Symbol.asyncIterator](): AsyncDataLoaderIterator<B>
}

interface EpochOptions {
  start: EpochStart
  base_seed: bigint
  drew_base_seed: boolean
  num_yielded: number
  /** How many batches are read and not given out. */
  to_skip: number
  /** How long the stream said it is, where it was asked. */
  length_told: number | null
  num_workers: number
}

/** An iteration, how far it has come, and what it began from. */
export class Epoch {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  /** Whether all batches were given out. One that was left early keeps its place, for `state_dict`. */
  finished = false
  #closed = false
  #num_yielded: number
  #to_skip: number
  #on_iterator: ((iterator: object) => void) | undefined

  constructor(
    readonly iteration: Iteration,
    readonly options: EpochOptions,
  ) {
    this.#num_yielded = options.num_yielded
    this.#to_skip = options.to_skip
  }

  /** Called with the iterator that is handed out. */
  on_iterator(callback: (iterator: object) => void): void {
    this.#on_iterator = callback
  }

  state(): Omit<DataLoaderState, 'dataset'> {
    const { start, base_seed, drew_base_seed, num_workers } = this.options
    return {
      ...start,
      num_yielded: this.#num_yielded,
      started: true,
      base_seed,
      drew_base_seed,
      num_workers,
      worker_rng_states: [...this.iteration.rng_states],
    }
  }

  #note(result: IteratorResult<unknown, undefined>): IteratorResult<unknown, undefined> {
    if (result.done) {
      this.finished = true
      return result
    }
    this.#num_yielded++
    const { length_told, num_workers } = this.options
    if (length_told !== null && this.#num_yielded > length_told) {
      const workers =
        num_workers > 0
          ? 'For multiprocessing data-loading, this could be caused by not properly configuring the IterableDataset replica at each worker. Please see https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples.'
          : ''
      process.emitWarning(
        `Length of IterableDataset was reported to be ${length_told}(when accessing len(dataloader)), but ${this.#num_yielded} samples have been fetched. ${workers}`,
        'UserWarning',
      )
    }
    return result
  }

  #next(): IteratorResult<unknown, undefined> {
    if (this.finished || this.#closed) return DONE
    const skip = () => {
      for (; this.#to_skip > 0; this.#to_skip--) if (this.iteration.next().done) return
    }
    if (this.#to_skip > 0) with_rng_state(this.options.start.rng_state, skip)
    return this.#note(this.iteration.next())
  }

  async #next_async(): Promise<IteratorResult<unknown, undefined>> {
    if (this.finished || this.#closed) return DONE
    for (; this.#to_skip > 0; this.#to_skip--) if ((await this.iteration.next_async()).done) break
    return this.#note(await this.iteration.next_async())
  }

  #next_eager(): IteratorResult<unknown, undefined> | Promise<IteratorResult<unknown, undefined>> {
    if (this.finished || this.#closed) return DONE
    if (this.#to_skip > 0) return this.#next_async()
    const result = this.iteration.next_eager()
    return is_promise(result) ? result.then((found) => this.#note(found)) : this.#note(result)
  }

  #close(): void {
    if (!this.finished && !this.#closed) this.iteration.close()
    this.#closed = true
  }

  iterator(): DataLoaderIterator<unknown> {
    const iterator: DataLoaderIterator<unknown> = {
      next: () => this.#next(),
      return: () => {
        this.#close()
        return DONE
      },
      [Symbol.iterator]: () => iterator,
    }
    this.#on_iterator?.(iterator)
    return iterator
  }

  /** For one reader, who asks for a batch once the one before has come. */
  eager_iterator(): EagerIterator {
    const iterator: EagerIterator = {
      next: () => this.#next_eager(),
      return: () => {
        this.#close()
        return DONE
      },
    }
    this.#on_iterator?.(iterator)
    return iterator
  }

  async_iterator(): AsyncDataLoaderIterator<unknown> {
    // Calls that do not wait for each other are served one after the other.
    let turn: Promise<unknown> = Promise.resolve()
    const iterator: AsyncDataLoaderIterator<unknown> = {
      next: () => {
        const result = turn.then(() => this.#next_async())
        turn = result.catch(() => {})
        return result
      },
      return: async () => {
        this.#close()
        return DONE
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    this.#on_iterator?.(iterator)
    return iterator
  }
}
