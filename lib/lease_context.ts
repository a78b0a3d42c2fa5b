import { AsyncLocalStorage } from 'node:async_hooks'
import { is_promise } from './callback.js'

// Which lease code works for belongs to its asynchronous context. The addon asks for it where somebody uses a tensor that
// has been lent, so that no operator has to be told.

/** A lease that a callback gets when it goes on after an await. */
interface Made {
  readonly use: number
  end(): void
}

/** A callback that runs, or waits for something. */
class Context {
  /** Over: what the callback left behind (a timer) is no longer part of the lease. */
  over = false
  #made: Made | undefined

  constructor(
    public lease: number,
    readonly outer: Context | undefined,
    readonly make: (() => Made) | undefined,
  ) {}

  begin(): void {
    if (this.#made !== undefined || this.over || this.make === undefined) return
    this.#made = this.make()
    this.lease = this.#made.use
  }

  end(): void {
    this.over = true
    this.#made?.end()
  }
}

const storage = new AsyncLocalStorage<Context | undefined>()

/** The lease of a thread that works for another thread's call. */
let base = 0
/** The callback whose first, synchronous part runs. */
let beginning: Context | undefined

/** The lease that this code works for, by its number; 0 for none. */
export function current_lease(): number {
  let context = storage.getStore()
  while (context?.over) context = context.outer
  return context === undefined ? base : context.lease
}

/** Says that this thread works for a lease of another thread's, 0 for none. */
export function work_for(lease: number): void {
  base = lease
}

/** Has the callback that runs get its lease now: what it is about to begin is to be part of that. */
export function begin_own_lease(): void {
  const context = beginning
  beginning = undefined
  context?.begin()
}

function run_first_part<T>(context: Context, callback: () => T): T {
  const outer = beginning
  beginning = context
  try {
    return callback()
  } finally {
    beginning = outer
  }
}

/**
 * Runs a callback, which may be asynchronous, as part of a lease.
 *
 * @param make - makes a lease of its own where the callback is asynchronous, until it has settled
 */
// Called in each step of training: without closures, which the bundle's code would have to name each time.
export function run_within<T>(lease: number, callback: () => T, make?: () => Made): T {
  let outer = storage.getStore()
  while (outer?.over) outer = outer.outer
  const own = new Context(lease, outer, make)
  let result: T
  try {
    result = storage.run(own, run_first_part<T>, own, callback)
  } catch (error) {
    own.end()
    throw error
  }
  if (!is_promise(result)) {
    own.end()
    return result
  }
  return while_pending(own, result) as T
}

function while_pending<T>(own: Context, result: PromiseLike<T>): PromiseLike<T> {
  try {
    own.begin()
  } catch (error) {
    own.end()
    result.then(undefined, () => {})
    throw error
  }
  return result.then(
    (value) => {
      own.end()
      return value
    },
    (error: unknown) => {
      own.end()
      throw error
    },
  )
}
