import { AsyncLocalStorage } from 'node:async_hooks'
import { is_promise } from './callback.js'

// Which lease code works for belongs to its asynchronous context. The addon asks for it where somebody uses a tensor that
// has been lent, so that no operator has to be told.

interface Context {
  lease: number
  /** Over: what the callback left behind (a timer) is no longer part of the lease. */
  over: boolean
  outer: Context | undefined
}

const storage = new AsyncLocalStorage<Context | undefined>()

/** The lease of a thread that works for another thread's call. */
let base = 0

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

/** Runs a callback, which may be asynchronous, as part of a lease. */
export function run_within<T>(lease: number, callback: () => T): T {
  return run_pending(callback, lease, () => ({ lease, end: () => {} }))
}

/**
 * Runs a callback that gets a lease of its own where it is asynchronous, until it has settled; or sooner, by the function
 * that it is given.
 *
 * @param lease - the one that counts before
 */
export function run_pending<T>(
  callback: (begin: () => void) => T,
  lease: number,
  make: () => { lease: number; end: () => void },
): T {
  let outer = storage.getStore()
  while (outer?.over) outer = outer.outer
  const own: Context = { lease, over: false, outer }
  let made: ReturnType<typeof make> | undefined
  const begin = () => {
    if (made !== undefined || own.over) return
    made = make()
    own.lease = made.lease
  }
  const end = () => {
    own.over = true
    made?.end()
  }
  let result: T
  try {
    result = storage.run(own, callback, begin)
  } catch (error) {
    end()
    throw error
  }
  if (!is_promise(result)) {
    end()
    return result
  }
  const settled: PromiseLike<unknown> = result
  try {
    begin()
  } catch (error) {
    end()
    settled.then(undefined, () => {})
    throw error
  }
  return settled.then(
    (value) => {
      end()
      return value
    },
    (error: unknown) => {
      end()
      throw error
    },
  ) as T
}
