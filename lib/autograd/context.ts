import { AsyncLocalStorage } from 'node:async_hooks'
import { native } from '../native.js'

// LibTorch's modes belong to the thread; ours belong to the asynchronous context. As long as only synchronous
// callbacks set modes, the thread's mode is the context's and a call costs nothing; while an asynchronous one is
// under way, each call first sets the thread's mode to its context's.

/** 0 records, 1 records nothing, 2 is inference mode. */
export type Mode = 0 | 1 | 2

interface AsyncMode {
  mode: Mode
  /** Over: what the callback left behind (a timer) is no longer in the mode. */
  over: boolean
  outer: AsyncMode | undefined
}

/** What every call looks at: kept to two numbers. */
export const context = {
  /** Asynchronous modes under way. */
  attention: 0,
  /** Tensors with JavaScript hooks were made in this process. */
  carriers: 0,
}

let storage: AsyncLocalStorage<AsyncMode | undefined> | undefined
/** The thread's mode as synchronous code has set it. */
let sync_mode: Mode = 0
/** How many synchronous blocks are open: inside one its mode counts, not the context's. */
let sync_depth = 0
let thread_mode: Mode = 0

function set_thread(mode: Mode): void {
  if (mode === thread_mode) return
  native.set_mode(mode)
  thread_mode = mode
}

function async_mode(): Mode {
  let found = storage?.getStore()
  while (found?.over) found = found.outer
  return found?.mode ?? 0
}

/** The mode that counts here and now. */
export function current_mode(): Mode {
  return sync_depth > 0 || context.attention === 0 ? sync_mode : async_mode()
}

/** Sets the thread's mode to the context's, on the way into LibTorch. */
export function enter_context(): void {
  set_thread(current_mode())
}

/** Opens a synchronous block; the function returned closes it. */
export function open_sync(mode: Mode): () => void {
  const outer = current_mode()
  const outer_sync = sync_mode
  sync_depth++
  sync_mode = mode
  set_thread(mode)
  let open = true
  return () => {
    if (!open) return
    open = false
    sync_depth--
    sync_mode = outer_sync
    set_thread(outer)
  }
}

/** Sets the mode for good, as torch.set_grad_enabled called as a function does. */
export function set_mode(mode: Mode): void {
  const found = sync_depth > 0 || context.attention === 0 ? undefined : storage?.getStore()
  if (found !== undefined && !found.over) {
    found.mode = mode
    return
  }
  sync_mode = mode
  set_thread(mode)
}

/** Runs a callback, synchronous or asynchronous, in a mode. */
export function run_in_mode<T>(mode: Mode, callback: () => T): T {
  storage ??= new AsyncLocalStorage()
  const own: AsyncMode = { mode, over: false, outer: storage.getStore() }
  const close = open_sync(mode)
  let result: T
  try {
    result = storage.run(own, callback)
  } catch (error) {
    own.over = true
    close()
    throw error
  }
  close()
  if (!is_promise(result)) {
    own.over = true
    return result
  }
  context.attention++
  enter_context()
  const end = () => {
    own.over = true
    context.attention--
    enter_context()
  }
  return result.then(
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

function is_promise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
