import { deserialize, serialize } from 'node:v8'
import { python_type_name, type_error, value_error } from '../errors.js'
import { IDENTITY, next_identity } from '../identity.js'
import { native } from '../native.js'
import { is_options } from '../ops/keywords.js'
import { own_value } from '../own.js'
import { check_options } from '../python/options.js'
import { type Channel, close_channel, open_channel } from './hand_over.js'
import { find_here } from './importable.js'
import { discard, type Packed, pack, unpack } from './reductions.js'

/** `queue.Empty` of Python: nothing was there, or not in time. */
export class Empty extends Error {
  override name = 'Empty'
}
/** `queue.Full` of Python: there was no room, or not in time. */
export class Full extends Error {
  override name = 'Full'
}

/** What a queue is in another thread. */
interface QueueState {
  channel: Channel
  signal: Int32Array
  maxsize: number
}

// ES2024, which Node has had since its 16th.
const { waitAsync } = Atomics as unknown as {
  waitAsync(
    array: Int32Array,
    index: number,
    value: number,
    timeout: number,
  ): { async: boolean; value: unknown }
}

// Queues that are gone close their channels, and what waits in them goes.
const gone = new FinalizationRegistry<Channel>(close_channel)

/**
 * A queue between threads, first in, first out: any number of them may put and get. Tensors in it share their memory with
 * those that were put; everything else is copied. It is given to other threads as an argument of {@link Process} or
 * {@link spawn}, and ends with the thread that made it.
 *
 * What waits returns a promise, where Python's blocks.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const queue = new torch.multiprocessing.Queue()
 * await queue.put({ x: torch.ones(2) })
 * const { x } = (await queue.get()) as { x: torch.Tensor }
 * ```
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue
 */
export class Queue {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  #channel: Channel
  // Changes with every put, get and close: those that wait are woken by it.
  #signal: Int32Array
  #maxsize: number

  /** @param maxsize how much may wait in it; 0, the default, is without end */
  constructor(maxsize = 0) {
    if (!Number.isInteger(maxsize))
      throw type_error(`'${python_type_name(maxsize)}' object cannot be interpreted as an integer`)
    this.#channel = open_channel()
    this.#signal = new Int32Array(new SharedArrayBuffer(4))
    this.#maxsize = maxsize
    gone.register(this, this.#channel, this)
  }

  #changed(): void {
    Atomics.add(this.#signal, 0, 1)
    Atomics.notify(this.#signal, 0)
  }

  /** Waits for a change since `seen`; false where the time is over. */
  async #wait(seen: number, end: number): Promise<boolean> {
    // Another thread's wake is heard by a look now and then too: a thread that ends in the middle of a call wakes nobody.
    const left = Math.min(end - performance.now(), 1000)
    if (left <= 0) return false
    const waiting = waitAsync(this.#signal, 0, seen, left)
    // A pending wait alone does not keep the process alive.
    const alive = setTimeout(() => {}, left + 1)
    try {
      if (waiting.async) await waiting.value
    } finally {
      clearTimeout(alive)
    }
    return true
  }

  #try_put(value: unknown): boolean {
    if (this.full()) return false
    const packed = pack(value, this.#channel)
    let put = false
    try {
      put = native.put_message(this.#channel, serialize(packed), this.#maxsize)
    } finally {
      // What was packed for nothing is taken out again.
      if (!put) discard(packed)
    }
    if (put) this.#changed()
    return put
  }

  #try_get(): { value: unknown } | null {
    const bytes = native.take_message(this.#channel)
    if (bytes === null) return null
    this.#changed()
    return {
      value: unpack(deserialize(new Uint8Array(bytes)) as Packed, find_here),
    }
  }

  /**
   * Puts a value at the end.
   *
   * @param block whether to wait for room (default true)
   * @param timeout for how many seconds at most; null for as long as it takes
   * @throws Full where there is no room, or not in time
   * @throws ValueError where the queue is closed
   */
  async put(
    value: unknown,
    block: boolean | WaitOptions = true,
    timeout: number | null = null,
  ): Promise<void> {
    const end = end_of(block, timeout)
    for (;;) {
      const seen = Atomics.load(this.#signal, 0)
      if (this.#try_put(value)) return
      if (!(await this.#wait(seen, end))) throw new Full()
    }
  }

  /**
   * Takes the oldest value.
   *
   * @param block whether to wait for one (default true)
   * @param timeout for how many seconds at most; null for as long as it takes
   * @throws Empty where there is none, or not in time
   * @throws ValueError where the queue is closed
   */
  async get(block: boolean | WaitOptions = true, timeout: number | null = null): Promise<unknown> {
    const end = end_of(block, timeout)
    for (;;) {
      const seen = Atomics.load(this.#signal, 0)
      const got = this.#try_get()
      if (got !== null) return got.value
      if (!(await this.#wait(seen, end))) throw new Empty()
    }
  }

  /** Puts a value at the end, or throws {@link Full}. */
  put_nowait(value: unknown): void {
    if (!this.#try_put(value)) throw new Full()
  }

  /** Takes the oldest value, or throws {@link Empty}. */
  get_nowait(): unknown {
    const got = this.#try_get()
    if (got === null) throw new Empty()
    return got.value
  }

  /** How many values wait in it now. */
  qsize(): number {
    const count = native.message_count(this.#channel)
    if (count < 0) throw value_error('Queue is closed')
    return count
  }

  empty(): boolean {
    return this.qsize() === 0
  }

  full(): boolean {
    return this.#maxsize > 0 && this.qsize() >= this.#maxsize
  }

  /** Closes it for all threads: what waits in it goes. */
  close(): void {
    close_channel(this.#channel)
    this.#changed()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  __getstate__(): QueueState {
    return { channel: this.#channel, signal: this.#signal, maxsize: this.#maxsize }
  }

  /** The queue of another thread, in this one. */
  static __revive__({ channel, signal, maxsize }: QueueState): Queue {
    const queue = new Queue(maxsize)
    close_channel(queue.#channel)
    gone.unregister(queue)
    queue.#channel = channel
    queue.#signal = signal
    return queue
  }
}

/** How long to wait. */
export interface WaitOptions {
  block?: boolean
  timeout?: number | null
}

/** When a wait is over, by performance.now(). */
function end_of(block: boolean | WaitOptions, timeout: number | null): number {
  if (is_options(block)) check_options('Queue.put/get', block, ['block', 'timeout'])
  const options = is_options(block) ? (block as WaitOptions) : { block: block as boolean, timeout }
  const waits = own_value(options, 'block')
  const seconds = own_value(options, 'timeout') ?? null
  if (waits === false) return Number.NEGATIVE_INFINITY
  return seconds === null ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000
}
