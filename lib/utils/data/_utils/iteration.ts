import { is_promise } from '../../../callback.js'
import { type_error } from '../../../errors.js'
import { ENDED, type Fetcher, make_fetcher, type Reading } from './fetch.js'

/** One way through a dataset. */
export interface Iteration {
  /** The next batch; blocks the thread. */
  next(): IteratorResult<unknown, undefined>
  next_async(): Promise<IteratorResult<unknown, undefined>>
  /** As {@link next_async}; a promise only where something has to be waited for. */
  next_eager(): IteratorResult<unknown, undefined> | Promise<IteratorResult<unknown, undefined>>
  /** Ends it before its end. */
  close(): void
  /** The states of the workers' generators after what was given out. */
  readonly rng_states: (Uint8Array | null)[]
}

export const DONE: IteratorResult<never, undefined> = { done: true, value: undefined }

/** Reads batches on this thread, as they are asked for. */
export class SingleIteration implements Iteration {
  readonly rng_states: never[] = []
  #fetch: Fetcher | undefined

  /**
   * @param indices what the sampler yields
   * @param reading the dataset, and how it is read
   * @param process does what is left to do with a batch
   */
  constructor(
    readonly indices: Iterator<unknown>,
    readonly reading: Reading,
    readonly process: (data: unknown) => unknown,
  ) {}

  #begin(waits: boolean): unknown {
    this.#fetch ??= make_fetcher(this.reading, waits)
    const index = this.indices.next()
    return index.done ? ENDED : this.#fetch(index.value)
  }

  #result(data: unknown): IteratorResult<unknown, undefined> {
    return data === ENDED ? DONE : { done: false, value: this.process(data) }
  }

  next(): IteratorResult<unknown, undefined> {
    const data = this.#begin(false)
    if (is_promise(data)) {
      Promise.resolve(data).catch(() => {})
      throw type_error(
        'DataLoader: the dataset gives promises: go through the loader with for await, or give it workers',
      )
    }
    return this.#result(data)
  }

  async next_async(): Promise<IteratorResult<unknown, undefined>> {
    return this.#result(await this.#begin(true))
  }

  next_eager(): IteratorResult<unknown, undefined> | Promise<IteratorResult<unknown, undefined>> {
    const data = this.#begin(true)
    return is_promise(data) ? Promise.resolve(data).then((found) => this.#result(found)) : this.#result(data)
  }

  close(): void {
    this.indices.return?.()
  }
}
