import { stack_of } from '../call_stack.js'
import { type_error, type_name } from '../errors.js'
import { own } from '../own.js'
import { check_options } from '../python/options.js'
import { Process } from './process.js'

/** A thread of {@link spawn} that did not end well. */
export class ProcessException extends Error {
  override name = 'ProcessException'
  readonly msg: string

  /**
   * @param error_index which of the threads it was
   * @param error_pid its number
   */
  constructor(
    msg: string,
    readonly error_index: number,
    readonly error_pid: number,
  ) {
    super(msg)
    this.msg = msg
  }
}

/** A thread of {@link spawn} whose function threw. */
export class ProcessRaisedException extends ProcessException {
  override name = 'ProcessRaisedException'
}

/** A thread of {@link spawn} that ended with another code than 0. */
export class ProcessExitedException extends ProcessException {
  override name = 'ProcessExitedException'
  readonly signal_name: string | null

  constructor(
    msg: string,
    error_index: number,
    error_pid: number,
    readonly exit_code: number,
    signal_name: string | null = null,
  ) {
    super(msg, error_index, error_pid)
    this.signal_name = signal_name
  }
}

/** The threads of a {@link spawn}. */
export class ProcessContext {
  readonly #pids: (number | null)[]

  constructor(readonly processes: readonly Process[]) {
    this.#pids = processes.map((process) => process.pid)
  }

  /** The threads' numbers. */
  pids(): (number | null)[] {
    return [...this.#pids]
  }

  /**
   * Waits for all threads. As soon as one has failed, the others are terminated.
   *
   * @param timeout for how many seconds at most; null for as long as it takes
   * @returns whether all have ended
   * @throws ProcessRaisedException with the stack that the function's error had there
   * @throws ProcessExitedException where one ended with another code than 0
   */
  async join(timeout: number | null = null): Promise<boolean> {
    const end = timeout === null ? Number.POSITIVE_INFINITY : performance.now() + timeout * 1000
    for (;;) {
      const failed = this.processes.findIndex(({ exitcode }) => exitcode !== null && exitcode !== 0)
      if (failed >= 0) {
        for (const process of this.processes) process.terminate()
        await Promise.all(this.processes.map((process) => process.join()))
        throw this.#failure(failed)
      }
      const alive = this.processes.filter((process) => process.is_alive())
      if (alive.length === 0) return true
      const left = (end - performance.now()) / 1000
      if (left <= 0) return false
      await Promise.race(alive.map((process) => process.join(Number.isFinite(left) ? left : null)))
    }
  }

  #failure(index: number): ProcessException {
    const { error, exitcode } = this.processes[index]!
    const pid = this.#pids[index] ?? -1
    if (error === null) {
      const message =
        exitcode === -15
          ? `process ${index} terminated with signal SIGTERM`
          : `process ${index} terminated with exit code ${exitcode}`
      return new ProcessExitedException(message, index, pid, exitcode!, exitcode === -15 ? 'SIGTERM' : null)
    }
    const failure = new ProcessRaisedException(
      `\n\n-- Process ${index} terminated with the following error:\n${stack_of(error)}\n`,
      index,
      pid,
    )
    failure.cause = error
    return failure
  }
}

/** Keywords of {@link spawn}. */
export interface SpawnOptions<A extends unknown[] = unknown[]> {
  /** What the function is given after the thread's place. */
  args?: A
  /** How many threads (default 1). */
  nprocs?: number
  /** Whether to wait for them (default true). */
  join?: boolean
  daemon?: boolean
  worker_module?: string | URL | null
}

/**
 * Runs `fn(i, …args)` on `nprocs` threads, i from 0 on.
 *
 * @param fn a function that the module given as `worker_module` exports
 * @throws ProcessRaisedException, ProcessExitedException, by rejecting: see {@link ProcessContext.join}
 * @example
 * ```ts
 * // in a module of its own, so that threads find `work` in it
 * export function work(rank: number, x: torch.Tensor) {
 *   x.at(rank).fill_(rank)
 * }
 * await torch.multiprocessing.spawn(work, { args: [x], nprocs: 4, worker_module: import.meta.url })
 * ```
 * @see https://docs.pytorch.org/docs/2.13/multiprocessing.html#torch.multiprocessing.spawn.spawn
 */
export function spawn<A extends unknown[]>(
  fn: (i: number, ...args: A) => unknown,
  options: SpawnOptions<A> & { join: false },
): Promise<ProcessContext>
export function spawn<A extends unknown[]>(
  fn: (i: number, ...args: A) => unknown,
  options?: SpawnOptions<A>,
): Promise<null>
export async function spawn<A extends unknown[]>(
  fn: (i: number, ...args: A) => unknown,
  options: SpawnOptions<A> = {},
): Promise<ProcessContext | null> {
  check_options('spawn', options, ['args', 'nprocs', 'join', 'daemon', 'worker_module'])
  const {
    args = [] as unknown as A,
    nprocs = 1,
    join = true,
    daemon = false,
    worker_module = null,
  } = own(options)
  if (typeof fn !== 'function')
    throw type_error(`spawn(): argument 'fn' must be function, not ${type_name(fn)}`, 'spawn')
  const processes = Array.from(
    { length: nprocs },
    (_, i) =>
      new Process({
        target: fn as (...args: unknown[]) => unknown,
        args: [i, ...args],
        daemon,
        worker_module,
      }),
  )
  for (const process of processes) process.start()
  const context = new ProcessContext(processes)
  if (!join) return context
  await context.join()
  return null
}
