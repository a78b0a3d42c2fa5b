import { is_promise } from '../callback.js'
import { member } from '../own.js'
import { DataLoader } from '../utils/data/dataloader.js'
import { EAGER } from '../utils/data/epoch.js'
import type { Batches } from './place.js'

type Result<Batch> = IteratorResult<Batch, unknown>

interface Reader<Batch> {
  next(): Result<Batch> | PromiseLike<Result<Batch>>
  return?(): unknown
}

function reader_of<Batch>(data: Batches<Batch>): { reader: Reader<Batch>; synchronous: boolean } {
  if (!(Symbol.asyncIterator in data))
    return { reader: data[Symbol.iterator]() as Reader<Batch>, synchronous: true }
  const make = data[Symbol.asyncIterator]
  // A loader that somebody has made go otherwise goes so.
  if (data instanceof DataLoader && make === DataLoader.prototype[Symbol.asyncIterator])
    return { reader: data[EAGER]() as Reader<Batch>, synchronous: false }
  return { reader: make.call(data) as Reader<Batch>, synchronous: false }
}

/** Goes through data as `for await` does; what is there already is not waited for. */
export class BatchReader<Batch> {
  readonly #reader: Reader<Batch>
  readonly #synchronous: boolean

  constructor(data: Batches<Batch>) {
    const { reader, synchronous } = reader_of(data)
    this.#reader = reader
    this.#synchronous = synchronous
  }

  /** The next batch; a promise only where it has to be waited for. */
  next(): Result<Batch> | PromiseLike<Result<Batch>> {
    const result = this.#reader.next()
    if (!this.#synchronous || (result as Result<Batch>).done) return result
    const { value } = result as IteratorYieldResult<Batch>
    return is_promise(value) ? this.#settled(value) : result
  }

  async #settled(value: PromiseLike<unknown>): Promise<Result<Batch>> {
    try {
      return { done: false, value: (await value) as Batch }
    } catch (error) {
      member(this.#reader, 'return')?.call(this.#reader)
      throw error
    }
  }

  /** Ends it before its end. */
  async close(): Promise<void> {
    await member(this.#reader, 'return')?.call(this.#reader)
  }
}
