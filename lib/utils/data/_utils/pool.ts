import { existsSync } from 'node:fs'
import { inspect } from 'node:util'
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads'
import { assertion_error, runtime_error } from '../../../errors.js'
import { type Channel, close_channel, open_channel } from '../../../multiprocessing/hand_over.js'
import { pack } from '../../../multiprocessing/reductions.js'
import { worker_program } from '../../../multiprocessing/worker_program.js'
import { is_error } from '../../../realm.js'
import type { Reading } from './fetch.js'
import { type Answer, SIGNAL, type Task, type WorkerStart } from './messages.js'
import { revive_error } from './worker_error.js'
import { is_bootstrapping } from './worker_info.js'

export interface PoolOptions {
  num_workers: number
  base_seed: bigint
  worker_module: string | null
  worker_init_fn: ((worker_id: number) => unknown) | null
  /** States that the workers' generators go on from. */
  rng_states: readonly (Uint8Array | null)[]
  reading: Reading
}

/** How long a worker may take to end by itself, in milliseconds. */
const GRACE_MS = 5000
/** How often a blocked loader looks whether its workers live, in milliseconds. */
const CHECK_MS = 200
/** How long a thread may take until it runs, in milliseconds. */
const START_MS = 60_000

const BOOTSTRAPPING = `An attempt has been made to start a new worker before the current worker has finished its bootstrapping phase.
This probably means that the module given as worker_module makes and reads a DataLoader with workers itself.
Move the dataset to a module of its own, or do so only where isMainThread of node:worker_threads is true.`

class Member {
  readonly port: MessagePort
  readonly worker: Worker
  readonly started_at = performance.now()
  alive = true
  /** Whether it was let go, and may end. */
  released = false
  failure: unknown

  constructor(
    readonly id: number,
    signal: Int32Array,
    channel: Channel,
    options: PoolOptions,
    on_change: (member: Member, answer: Answer | null) => void,
  ) {
    const { port1, port2 } = new MessageChannel()
    const start: WorkerStart = {
      kind: 'data',
      port: port2,
      signal,
      worker_module: options.worker_module,
      id,
      num_workers: options.num_workers,
      seed: options.base_seed + BigInt(id),
      rng_state: options.rng_states[id] ?? null,
      packed: pack([options.reading, options.worker_init_fn], channel),
    }
    this.port = port1
    this.worker = worker_program(`pt_data_worker ${id}`, start, [port2])
    port1.on('message', (answer: Answer) => on_change(this, answer))
    this.worker.on('error', (error: Error) => {
      this.failure ??= error
    })
    this.worker.on('exit', () => {
      this.alive = false
      on_change(this, null)
    })
    this.unref()
  }

  ref(): void {
    this.port.ref()
    this.worker.ref()
  }

  // Only while somebody waits for them do workers keep the process alive.
  unref(): void {
    this.port.unref()
    this.worker.unref()
  }

  /** Looks at the system's list of threads: exit events need the event loop, which may be blocked. */
  check(signal: Int32Array): boolean {
    const thread = Atomics.load(signal, SIGNAL.THREADS + this.id)
    if (this.alive && thread !== 0) this.alive = existsSync(`/proc/self/task/${thread}`)
    else if (performance.now() - this.started_at > START_MS) this.alive &&= thread !== 0
    return this.alive
  }
}

/** Worker threads, tasks on their way to them, and answers on their way back. */
export class WorkerPool {
  readonly #signal: Int32Array
  readonly #members: Member[]
  readonly #channel = open_channel()
  readonly #inbox: [worker: number, answer: Exclude<Answer, { kind: 'fatal' }>][] = []
  #wake: (() => void) | undefined
  #closed = false

  constructor(readonly options: PoolOptions) {
    if (is_bootstrapping()) throw runtime_error(BOOTSTRAPPING)
    this.#signal = new Int32Array(new SharedArrayBuffer(4 * (SIGNAL.THREADS + options.num_workers)))
    this.#members = Array.from({ length: options.num_workers }, (_, id) => {
      return new Member(id, this.#signal, this.#channel, options, (member, answer) => {
        if (answer !== null) this.#receive(member, answer)
        this.#wake?.()
      })
    })
  }

  get closed(): boolean {
    return this.#closed
  }

  post(worker: number, task: { epoch: number; task: number; index: unknown } | null): void {
    const message: Task = task === null ? null : { ...task, index: pack(task.index, this.#channel) }
    this.#members[worker]!.port.postMessage(message)
  }

  /** The oldest answer that has come, or undefined. */
  take() {
    return this.#inbox.shift()
  }

  #receive(member: Member, answer: Answer): void {
    if (this.#closed) return
    if (answer.kind === 'fatal') {
      member.failure = revive_error(answer.error, `in DataLoader worker process ${member.id}`)
    } else this.#inbox.push([member.id, answer])
  }

  #drain(): boolean {
    for (const member of this.#members) {
      for (;;) {
        const received = receiveMessageOnPort(member.port) as { message: Answer } | undefined
        if (received === undefined) break
        this.#receive(member, received.message)
      }
    }
    return this.#inbox.length > 0
  }

  /** What a worker that died is reported as; the others end with it. */
  #dead(): Error | undefined {
    const dead = this.#members.filter((member) => !member.alive && !member.released)
    if (dead.length === 0 || this.#drain()) return undefined
    const ids = dead.map((member) => member.id).join(', ')
    this.shutdown()
    const cause = dead.find((member) => member.failure !== undefined)?.failure
    const why =
      cause === undefined ? '' : `: ${(is_error(cause) ? cause.message : inspect(cause)).split('\n')[0]}`
    return Object.assign(runtime_error(`DataLoader worker (id(s) ${ids}) exited unexpectedly${why}`), {
      cause,
    })
  }

  #check_open(): void {
    if (this.#closed) throw assertion_error('Invalid iterator state: shutdown when fetching next data')
  }

  /** Blocks the thread until there is an answer. */
  wait(timeout: number): void {
    this.#check_open()
    const end = timeout > 0 ? performance.now() + timeout * 1000 : Number.POSITIVE_INFINITY
    for (;;) {
      const seen = Atomics.load(this.#signal, SIGNAL.POSTED)
      if (this.#drain()) return
      for (const member of this.#members) member.check(this.#signal)
      const error = this.#dead()
      if (error !== undefined) throw error
      if (this.#inbox.length > 0) return
      const left = end - performance.now()
      if (left <= 0) throw timed_out(timeout)
      Atomics.wait(this.#signal, SIGNAL.POSTED, seen, Math.min(CHECK_MS, left))
    }
  }

  /** The same without blocking it. */
  async wait_async(timeout: number): Promise<void> {
    this.#check_open()
    let timer: NodeJS.Timeout | undefined
    let late = false
    for (const member of this.#members) member.ref()
    try {
      while (!this.#drain()) {
        const error = this.#dead()
        if (error !== undefined) throw error
        if (late) throw timed_out(timeout)
        await new Promise<void>((take) => {
          this.#wake = take
          if (timeout > 0 && timer === undefined) {
            timer = setTimeout(() => {
              late = true
              take()
            }, timeout * 1000)
          }
        })
        this.#check_open()
      }
    } finally {
      clearTimeout(timer)
      this.#wake = undefined
      for (const member of this.#members) member.unref()
    }
  }

  /** Lets one worker go, whose part of a stream has ended. */
  release(worker: number): void {
    const member = this.#members[worker]!
    member.released = true
    member.port.postMessage('stop')
  }

  /** Ends all workers: they finish the batch under way, and are stopped where that takes long. */
  shutdown(): void {
    if (this.#closed) return
    this.#closed = true
    Atomics.store(this.#signal, SIGNAL.STOP, 1)
    this.#inbox.length = 0
    close_channel(this.#channel)
    this.#wake?.()
    for (const { port, worker, alive } of this.#members) {
      if (!alive) continue
      port.postMessage('stop')
      const timer = setTimeout(() => void worker.terminate(), GRACE_MS).unref()
      worker.once('exit', () => {
        clearTimeout(timer)
        port.close()
      })
    }
  }
}

const timed_out = (timeout: number) => runtime_error(`DataLoader timed out after ${timeout} seconds`)
