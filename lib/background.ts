import { AsyncLocalStorage } from 'node:async_hooks'
import { autocast_mode } from './amp/autocast_state.js'
import { frames_of } from './call_stack.js'
import { type_error, type_name } from './errors.js'
import { native, type Settle } from './native.js'
import { own } from './own.js'
import { is_abort_signal, is_error } from './realm.js'

// Calls on a thread of ours: a promise for what the addon does there, one call after the other.

/** What asynchronous calls take last. */
export interface AsyncOptions {
  /** Gives the call up: one that has not begun never runs, and of one that runs nobody hears any more. */
  signal?: AbortSignal | null | undefined
}

/** A call under way, as its hooks find it on their way back to this thread. */
interface Call {
  /** What must live as long as the call: hooks live by the tensors that carry them. */
  keep: unknown
  /** Runs a hook in the call's asynchronous context and modes. */
  within<T>(callback: () => T): T
}

const calls = new Map<number, Call>()
let watches_exit = false

/** Runs a hook that the addon was asked for by a call on another thread, 0 for one on this. */
export function within_call<T>(call: number, callback: () => T): T {
  const found = call === 0 ? undefined : calls.get(call)
  return found === undefined ? callback() : found.within(callback)
}

/** A `signal` after its check. */
export function check_signal(signal: unknown, operator: string): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined
  if (is_abort_signal(signal)) return signal
  throw type_error(`${operator}(): argument 'signal' must be AbortSignal, not ${type_name(signal)}`, operator)
}

// LibTorch's own errors are made when the call is through, where no line of the caller's is on the stack.
function with_stack(error: unknown, called: object): unknown {
  if (is_error(error)) error.stack = [`${error.name}: ${error.message}`, ...frames_of(called)].join('\n')
  return error
}

export interface Background<T> {
  signal: AbortSignal | undefined
  /** Starts the call; the addon's number of it. */
  begin: (settle: Settle) => number
  /** Makes the value from what the addon gives. */
  finish: (result: unknown) => T
  keep: unknown
  /** Around each hook. */
  around?: (<R>(callback: () => R) => R) | undefined
  /** Called when it is over, or was given up before it began. */
  end?: (() => void) | undefined
  /** The public function, which no stack shows. */
  method: (...args: never[]) => unknown
}

/** A promise for a call on the thread of ours. */
export function on_background<T>(options: Background<T>): Promise<T> {
  options = own(options)
  const { signal, begin, finish, keep, around, method } = options
  const called = {}
  Error.captureStackTrace(called, method)
  if (!watches_exit) {
    watches_exit = true
    // The process must not take LibTorch down while the thread is in it.
    process.once('exit', () => native.stop_background())
  }
  const in_context = AsyncLocalStorage.snapshot() as <R>(callback: () => R) => R
  const autocast = autocast_mode.current()
  const within = <R>(callback: () => R): R =>
    in_context(() => {
      const inside = () => autocast_mode.within(autocast, callback)
      return around === undefined ? inside() : around(inside)
    })
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) {
      options.end?.()
      reject(signal.reason)
      return
    }
    const end = () => {
      calls.delete(id)
      options.end?.()
      signal?.removeEventListener('abort', abort)
    }
    const abort = () => {
      if (native.cancel_job(id)) end()
      reject(signal!.reason)
    }
    const id = begin((failed, error, from_javascript, result) => {
      end()
      try {
        if (failed) reject(from_javascript ? error : with_stack(error, called))
        else resolve(finish(result))
      } catch (thrown) {
        reject(thrown)
      }
    })
    calls.set(id, { keep, within })
    signal?.addEventListener('abort', abort, { once: true })
  })
}
