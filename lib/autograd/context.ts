import { AsyncLocalStorage } from 'node:async_hooks'
import { type Mode, native } from '../native.js'

// LibTorch's modes belong to the thread; ours belong to the asynchronous context. As long as only synchronous
// callbacks set modes, the thread's mode is the context's and a call costs nothing; while an asynchronous one is
// under way, each call first sets the thread's mode to its context's.

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
/** The mode outside of all blocks, as set_grad_enabled called as a function leaves it. */
let base_mode: Mode = 0
/** The synchronous blocks that are open: inside one its mode counts, not the context's. */
const blocks: { mode: Mode }[] = []
let thread_mode: Mode = 0

function set_thread(mode: Mode): void {
  if (mode === thread_mode) return
  native.set_mode(mode)
  thread_mode = mode
}

function async_mode(): Mode {
  let found = storage?.getStore()
  while (found?.over) found = found.outer
  return found?.mode ?? base_mode
}

/** The mode that counts here and now. */
export function current_mode(): Mode {
  if (blocks.length > 0) return blocks[blocks.length - 1]!.mode
  return context.attention === 0 ? base_mode : async_mode()
}

/** Sets the thread's mode to the context's, on the way into LibTorch. */
export function enter_context(): void {
  set_thread(current_mode())
}

/**
 * Opens a synchronous block; the function returned closes it, and with `inner` also what was left open inside it.
 */
export function open_sync(mode: Mode): (inner?: boolean) => void {
  const block = { mode }
  blocks.push(block)
  set_thread(mode)
  return (inner = false) => {
    const place = blocks.lastIndexOf(block)
    if (place < 0) return
    if (inner || place === blocks.length - 1) blocks.length = place
    else blocks.splice(place, 1)
    set_thread(current_mode())
  }
}

/** Runs a callback that backward calls: the engine has set the thread's mode by itself, and will set it back. */
export function in_thread_mode<T>(mode: Mode, callback: () => T): T {
  const before = thread_mode
  const place = blocks.push({ mode }) - 1
  thread_mode = mode
  try {
    return callback()
  } finally {
    blocks.length = place
    set_thread(mode)
    thread_mode = before
  }
}

/** Sets the mode until the block or the asynchronous callback ends, or for good outside of both. */
export function set_mode(mode: Mode): void {
  const block = blocks[blocks.length - 1]
  let found = context.attention === 0 ? undefined : storage?.getStore()
  while (found?.over) found = found.outer
  if (block !== undefined) block.mode = mode
  else if (found !== undefined) found.mode = mode
  else base_mode = mode
  enter_context()
}

/** Runs a callback, synchronous or asynchronous, in a mode. */
export function run_in_mode<T>(mode: Mode, callback: () => T): T {
  storage ??= new AsyncLocalStorage()
  const own: AsyncMode = { mode, over: false, outer: storage.getStore() }
  const close = open_sync(mode)
  const block = blocks[blocks.length - 1]!
  let result: T
  try {
    result = storage.run(own, callback)
  } catch (error) {
    own.over = true
    close(true)
    throw error
  }
  own.mode = block.mode
  close(true)
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
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
