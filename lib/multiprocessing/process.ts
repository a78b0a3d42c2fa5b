import { inspect } from 'node:util'
import { MessageChannel, type Worker } from 'node:worker_threads'
import { assertion_error, type_error, type_name, value_error } from '../errors.js'
import { IDENTITY, next_identity } from '../identity.js'
import { own } from '../own.js'
import { check_options } from '../python/options.js'
import { is_error } from '../realm.js'
import { type Forwarded, same_error, with_class } from '../utils/data/_utils/worker_error.js'
import { close_channel, open_channel } from './hand_over.js'
import { pack } from './reductions.js'
import type { ProcessStart } from './run_process.js'
import { worker_program } from './worker_program.js'

/** What a {@link Process} runs, and how. */
export interface ProcessOptions<A extends unknown[] = unknown[]> {
  /** A function that a module exports: the thread finds it there by its name. */
  target: (...args: A) => unknown
  args?: A
  name?: string
  /** Whether the program's end does not wait for it (default false). */
  daemon?: boolean
  /** The module that exports `target`, and the classes of what it is given: `import.meta.url` in that module. */
  worker_module?: string | URL | null
}

let next_number = 1

// Threads that run: what they were given lives as long, also where nobody holds the Process.
const running = new Set<Process>()

/**
 * A function on a worker thread of its own, where Python starts a process. Tensors among the arguments share their memory
 * with those given, modules their parameters; plain values are copied, classes and functions found by their names.
 *
 * @example
 * ```ts
 * // worker.ts
 * export function add_one(x: torch.Tensor) {
 *   x.add_(1)
 * }
 * // main.ts
 * const process = new torch.multiprocessing.Process({ target: add_one, args: [x], worker_module: new URL('./worker.js', import.meta.url) })
 * process.start()
 * await process.join()
 * ```
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process
 */
export class Process<A extends unknown[] = unknown[]> {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  readonly name: string
  daemon: boolean
  readonly #options: ProcessOptions<A>
  #worker: Worker | undefined
  #exit: Promise<void> | undefined
  #exitcode: number | null = null
  #terminated = false
  #error: Error | undefined

  constructor(options: ProcessOptions<A>) {
    check_options('Process', options ?? {}, ['target', 'args', 'name', 'daemon', 'worker_module'])
    if (typeof options?.target !== 'function')
      throw type_error(`Process(): argument 'target' must be function, not ${type_name(options?.target)}`)
    this.#options = own(options)
    this.name = this.#options.name ?? `Process-${next_number++}`
    this.daemon = this.#options.daemon ?? false
  }

  /** What the function threw, or null. */
  get error(): Error | null {
    return this.#error ?? null
  }

  /** 0 where the function has returned, 1 where it threw, what process.exit was given, -15 when terminated; null before. */
  get exitcode(): number | null {
    return this.#exitcode
  }

  /** The number of the thread, or null before its start. */
  get pid(): number | null {
    return this.#worker === undefined ? null : this.#worker.threadId
  }

  /** Whether the thread runs. */
  is_alive(): boolean {
    return this.#exit !== undefined && this.#exitcode === null
  }

  /** Starts the thread. */
  start(): void {
    if (this.#exit !== undefined) throw assertion_error('cannot start a process twice')
    const { target, args = [], worker_module = null } = this.#options
    const channel = open_channel()
    const { port1, port2 } = new MessageChannel()
    let worker: Worker
    try {
      const start: ProcessStart = {
        kind: 'process',
        port: port2,
        worker_module: worker_module === null ? null : String(worker_module),
        packed: pack([target, [...args]], channel),
      }
      worker = worker_program(this.name, start, [port2])
    } catch (error) {
      port1.close()
      close_channel(channel)
      throw error
    }
    this.#worker = worker
    const self = this as unknown as Process
    running.add(self)
    port1.on('message', (error: Forwarded) => {
      const thrown = same_error(error)
      this.#error = is_error(thrown) ? thrown : new Error(inspect(thrown), { cause: thrown })
    })
    port1.unref()
    if (this.daemon) worker.unref()
    worker.on('error', (error: Error) => {
      this.#error ??= error
    })
    this.#exit = new Promise((take) => {
      worker.once('exit', (code) => {
        // A message on the port may be behind the exit.
        setImmediate(async () => {
          port1.close()
          close_channel(channel)
          running.delete(self)
          this.#exitcode = this.#terminated ? -15 : code
          this.#error = (await with_class(this.#error)) as Error | undefined
          take()
        })
      })
    })
  }

  /**
   * Waits for the thread's end.
   *
   * @param timeout for how many seconds at most; null for as long as it takes
   */
  async join(timeout: number | null = null): Promise<void> {
    if (this.#exit === undefined) throw assertion_error('can only join a started process')
    if (timeout === null) return this.#exit
    let timer: NodeJS.Timeout | undefined
    await Promise.race([
      this.#exit,
      new Promise<void>((take) => {
        timer = setTimeout(take, timeout * 1000)
      }),
    ])
    clearTimeout(timer)
  }

  /** Stops the thread between two operators. */
  terminate(): void {
    if (!this.is_alive()) return
    this.#terminated = true
    void this.#worker!.terminate()
  }

  /** As {@link terminate}. */
  kill(): void {
    this.terminate()
  }

  /** Lets go of what it was given. */
  close(): void {
    if (this.is_alive())
      throw value_error(
        'Cannot close a process while it is still running. You should first call join() or terminate().',
      )
    this.#worker = undefined
  }
}
