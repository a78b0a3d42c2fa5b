import { type_error } from '../../../errors.js'
import type { Importable } from '../../../multiprocessing/importable.js'
import { discard, unpack } from '../../../multiprocessing/reductions.js'
import { own, own_value } from '../../../own.js'
import { DONE, type Iteration } from './iteration.js'
import type { Answer } from './messages.js'
import type { WorkerPool } from './pool.js'
import { revive_error, with_class } from './worker_error.js'

export interface WorkerIterationOptions {
  prefetch_factor: number
  in_order: boolean
  /** In seconds; 0 for none. */
  timeout: number
  /** Whether the workers stay for another epoch. */
  persistent: boolean
  /** Which time the workers read the dataset. */
  epoch: number
  /** How many batches of the epoch were given out before, elsewhere. */
  first_task: number
  rng_states: readonly (Uint8Array | null)[]
  process: (data: unknown) => unknown
}

type Reply = Exclude<Answer, { kind: 'fatal' }>
interface Pending {
  worker: number
  answer?: Reply
}

function refuse({ name }: Importable): never {
  throw type_error(
    `DataLoader: a worker cannot send an instance of ${name}: let collate_fn return tensors, numbers, strings, lists and plain objects`,
  )
}

/**
 * Hands indices to workers by turns, a few ahead, and gives their batches out in that order: the order of tasks is the one
 * of torch/utils/data/dataloader.py, so that each worker reads what Python's would.
 */
export class WorkerIteration implements Iteration {
  readonly rng_states: (Uint8Array | null)[]
  #sent: number
  #received: number
  #cycle: number
  readonly #pending = new Map<number, Pending>()
  readonly #active: boolean[]
  readonly #loads: number[]

  constructor(
    readonly indices: Iterator<unknown>,
    readonly pool: WorkerPool,
    readonly options: WorkerIterationOptions,
  ) {
    const { num_workers } = pool.options
    this.#sent = this.#received = options.first_task
    this.#cycle = options.first_task % num_workers
    this.#active = Array.from({ length: num_workers }, () => true)
    this.#loads = this.#active.map(() => 0)
    this.rng_states = this.#active.map((_, worker) => options.rng_states[worker] ?? null)
    if (options.epoch > 0) for (const worker of this.#active.keys()) pool.post(worker, null)
    for (let i = 0; i < this.#most; i++) this.#send()
  }

  get #most(): number {
    return this.options.prefetch_factor * this.#active.length
  }

  /** Which worker is next, or -1 where none reads any more. */
  #choose(): number {
    const active = this.#active.filter(Boolean).length
    for (let i = 0; i < this.#active.length; i++) {
      const worker = this.#cycle
      this.#cycle = (worker + 1) % this.#active.length
      if (!this.#active[worker]) continue
      if (this.options.in_order || this.#loads[worker]! < Math.floor(this.#most / active)) return worker
    }
    return -1
  }

  #send(): void {
    const index = this.indices.next()
    if (index.done) return
    const worker = this.#choose()
    if (worker < 0) return
    this.pool.post(worker, { epoch: this.options.epoch, task: this.#sent, index: index.value })
    this.#pending.set(this.#sent, { worker })
    this.#loads[worker]!++
    this.#sent++
  }

  /** Passes over tasks of workers whose stream has ended; whether one is left to wait for. */
  #seek(): boolean {
    for (; this.#received < this.#sent; this.#received++) {
      const pending = this.#pending.get(this.#received)
      if (pending === undefined) continue
      if (own_value(pending, 'answer') !== undefined || this.#active[pending.worker]) return true
      this.#pending.delete(this.#received)
    }
    return false
  }

  #give_out(worker: number, answer: Reply): IteratorResult<unknown, undefined> {
    this.#pending.delete(answer.task)
    if (answer.task === this.#received) this.#received++
    this.#loads[worker]!--
    this.#send()
    if (answer.kind === 'ended') return DONE
    this.rng_states[worker] = answer.rng_state
    if (answer.kind === 'error') throw revive_error(answer.error, `in DataLoader worker process ${worker}`)
    return { done: false, value: this.options.process(unpack(answer.packed, refuse)) }
  }

  #stream_ended(worker: number): void {
    if (this.#active[worker]) {
      this.#active[worker] = false
      if (!this.options.persistent) this.pool.release(worker)
    }
    this.#send()
  }

  /** The next batch where it has come, undefined where it must be waited for. */
  #step(): IteratorResult<unknown, undefined> | undefined {
    for (;;) {
      if (!this.#seek()) {
        if (!this.options.persistent) this.pool.shutdown()
        return DONE
      }
      const { worker, answer: kept } = own(this.#pending.get(this.#received)!)
      if (kept !== undefined) return this.#give_out(worker, kept)
      const taken = this.pool.take()
      if (taken === undefined) return undefined
      const [from, answer] = taken
      // What an epoch that was left early had asked for.
      if (answer.epoch !== this.options.epoch) {
        if (answer.kind === 'data') discard(answer.packed)
        continue
      }
      if (answer.kind === 'ended') this.#stream_ended(from)
      else if (answer.task === this.#received || !this.options.in_order) return this.#give_out(from, answer)
      else this.#pending.get(answer.task)!.answer = answer
    }
  }

  next(): IteratorResult<unknown, undefined> {
    for (;;) {
      const result = this.#step()
      if (result !== undefined) return result
      this.pool.wait(this.options.timeout)
    }
  }

  async next_async(): Promise<IteratorResult<unknown, undefined>> {
    try {
      for (;;) {
        const result = this.#step()
        if (result !== undefined) return result
        await this.pool.wait_async(this.options.timeout)
      }
    } catch (error) {
      throw await with_class(error)
    }
  }

  next_eager(): IteratorResult<unknown, undefined> | Promise<IteratorResult<unknown, undefined>> {
    try {
      return this.#step() ?? this.next_async()
    } catch (error) {
      return with_class(error).then((complete) => Promise.reject(complete))
    }
  }

  close(): void {
    this.indices.return?.()
    for (const pending of this.#pending.values()) {
      const answer = own_value(pending, 'answer')
      if (answer?.kind === 'data') discard(answer.packed)
    }
    this.#pending.clear()
    if (!this.options.persistent) this.pool.shutdown()
  }
}
