import { readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { import_finder } from '../../../multiprocessing/importable.js'
import { pack, unpack } from '../../../multiprocessing/reductions.js'
import { get_rng_state, manual_seed, set_rng_state } from '../../../random.js'
import { from_numpy } from '../../../tensor/from_memory.js'
import { ENDED, type Fetcher, make_fetcher, type Reading } from './fetch.js'
import { type Answer, SIGNAL, type Task, type WorkerStart } from './messages.js'
import { type Forwarded, forward_error } from './worker_error.js'
import { note_worker } from './worker_info.js'

type InitFunction = ((worker_id: number) => unknown) | null

/** Tells a loader, which may be blocked, that something was posted. */
function ring(signal: Int32Array): void {
  Atomics.add(signal, SIGNAL.POSTED, 1)
  Atomics.notify(signal, SIGNAL.POSTED)
}

/** The state of this thread's generator, in memory of its own. */
function rng_bytes(): Uint8Array {
  return new Uint8Array(get_rng_state().typed_array() as Uint8Array)
}

/** Reads batches as they are asked for. An error before the first is the answer to that one. */
class Loop {
  #reading: Reading | undefined
  #fetch: Fetcher | undefined
  #error: unknown = undefined
  #failed = false
  #ended = false

  constructor(readonly start: WorkerStart) {}

  /** Seeds the generator, finds the dataset, calls `worker_init_fn`. */
  async prepare(library: object): Promise<void> {
    const { worker_module, packed, id, num_workers, seed, rng_state } = this.start
    try {
      manual_seed(seed)
      note_worker('bootstrapping')
      const find = await import_finder(worker_module, library, 'the DataLoader')
      const given = unpack(packed, find) as [Reading, InitFunction]
      this.#reading = given[0]
      note_worker({ id, num_workers, seed, dataset: given[0].dataset })
      await given[1]?.(id)
      if (rng_state !== null) set_rng_state(from_numpy(rng_state))
      this.#fetch = make_fetcher(given[0], true)
    } catch (error) {
      this.#error = error
      this.#failed = true
    }
  }

  forward(error: unknown): Forwarded {
    return forward_error(error, this.start.packed.channel, this.start.worker_module)
  }

  /** Another epoch. */
  resume(): void {
    this.#ended = false
    try {
      if (this.#reading !== undefined) this.#fetch = make_fetcher(this.#reading, true)
    } catch (error) {
      this.#error = error
      this.#failed = true
    }
  }

  /** A batch, or null for one that is asked for after the end of the stream was told. */
  async answer({ epoch, task, index }: NonNullable<Task>): Promise<Answer | null> {
    if (this.#ended) return null
    try {
      if (this.#failed) throw this.#error
      const data = await this.#fetch!(unpack(index, () => undefined))
      if (data === ENDED) {
        this.#ended = true
        return { kind: 'ended', epoch, task }
      }
      return {
        kind: 'data',
        epoch,
        task,
        packed: pack(data, this.start.packed.channel),
        rng_state: rng_bytes(),
      }
    } catch (error) {
      return { kind: 'error', epoch, task, error: this.forward(error), rng_state: rng_bytes() }
    }
  }
}

/**
 * What a worker thread does until the loader lets it go.
 *
 * @param start what the loader gave it
 * @param library where the library's own classes and functions are found
 */
export async function worker_loop(start: WorkerStart, library: object): Promise<void> {
  const { port, signal, id } = start
  // The thread's number tells a blocked loader, whose event loop stands still, whether the thread still lives.
  Atomics.store(signal, SIGNAL.THREADS + id, Number(basename(readlinkSync('/proc/thread-self'))))
  const tell = (answer: Answer) => {
    port.postMessage(answer)
    ring(signal)
  }
  const loop = new Loop(start)
  process.on('uncaughtExceptionMonitor', (error) => tell({ kind: 'fatal', error: loop.forward(error) }))
  process.on('exit', () => ring(signal))
  let turn = loop.prepare(library)
  const serve = async (task: Task) => {
    if (Atomics.load(signal, SIGNAL.STOP) === 1) return
    if (task === null) return loop.resume()
    const answer = await loop.answer(task)
    if (answer !== null && Atomics.load(signal, SIGNAL.STOP) === 0) tell(answer)
  }
  port.on('message', (task: Task | 'stop') => {
    turn = turn.then(() => (task === 'stop' ? process.exit() : serve(task)))
  })
}
