import { AsyncLocalStorage } from 'node:async_hooks'
import { is_promise } from '../callback.js'
import { type Mode, native } from '../native.js'

// LibTorch's modes belong to the thread; ours belong to the asynchronous context. As long as only synchronous
// callbacks set modes, the thread's mode is the context's and a call costs nothing; while an asynchronous one is
// under way, each call first sets the thread's modes to its context's.

/** What every call looks at: kept to two numbers. */
export const context = {
  /** Asynchronous modes under way. */
  attention: 0,
  /** Tensors with JavaScript hooks were made in this process. */
  carriers: 0,
}

interface AsyncMode<T> {
  mode: T
  /** Over: what the callback left behind (a timer) is no longer in the mode. */
  over: boolean
  outer: AsyncMode<T> | undefined
}

/** One kind of mode, as grad mode or autocast: a value that is compared by identity. */
export class ContextMode<T> {
  #storage: AsyncLocalStorage<AsyncMode<T> | undefined> | undefined
  /** The mode outside of all blocks, as a setter called as a function leaves it. */
  #base: T
  /** The synchronous blocks that are open: inside one its mode counts, not the context's. */
  readonly #blocks: { mode: T }[] = []
  #thread: T

  /**
   * @param base the thread's mode at the start
   * @param apply sets the thread's mode
   */
  constructor(
    base: T,
    private readonly apply: (mode: T, before: T) => void,
  ) {
    this.#base = base
    this.#thread = base
  }

  #set_thread(mode: T): void {
    if (mode === this.#thread) return
    this.apply(mode, this.#thread)
    this.#thread = mode
  }

  #async_mode(): AsyncMode<T> | undefined {
    let found = this.#storage?.getStore()
    while (found?.over) found = found.outer
    return found
  }

  /** The mode that counts here and now. */
  current(): T {
    if (this.#blocks.length > 0) return this.#blocks[this.#blocks.length - 1]!.mode
    if (context.attention === 0) return this.#base
    const found = this.#async_mode()
    return found === undefined ? this.#base : found.mode
  }

  /** Sets the thread's mode to the context's. */
  enter(): void {
    this.#set_thread(this.current())
  }

  /**
   * Opens a synchronous block; the function returned closes it, and with `inner` also what was left open inside it.
   */
  open(mode: T): (inner?: boolean) => void {
    const blocks = this.#blocks
    const block = { mode }
    blocks.push(block)
    this.#set_thread(mode)
    return (inner = false) => {
      const place = blocks.lastIndexOf(block)
      if (place < 0) return
      if (inner || place === blocks.length - 1) blocks.length = place
      else blocks.splice(place, 1)
      this.enter()
    }
  }

  /** Runs a callback that backward calls: the engine has set the thread's mode by itself, and will set it back. */
  within<R>(mode: T, callback: () => R): R {
    const before = this.#thread
    const place = this.#blocks.push({ mode }) - 1
    this.#thread = mode
    try {
      return callback()
    } finally {
      this.#blocks.length = place
      this.#set_thread(mode)
      this.#thread = before
    }
  }

  /** Sets the mode until the block or the asynchronous callback ends, or for good outside of both. */
  set(mode: T): void {
    const block = this.#blocks[this.#blocks.length - 1]
    const found = context.attention === 0 ? undefined : this.#async_mode()
    if (block !== undefined) block.mode = mode
    else if (found !== undefined) found.mode = mode
    else this.#base = mode
    this.enter()
  }

  /** Runs a callback, synchronous or asynchronous, in a mode. */
  run<R>(mode: T, callback: () => R): R {
    const storage = (this.#storage ??= new AsyncLocalStorage())
    const own: AsyncMode<T> = { mode, over: false, outer: storage.getStore() }
    const close = this.open(mode)
    const block = this.#blocks[this.#blocks.length - 1]!
    let result: R
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
    this.enter()
    const end = () => {
      own.over = true
      context.attention--
      this.enter()
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
    ) as R
  }
}

/** How operators may record on a thread. */
export const MODE = native.constants.mode

/** True if operators record for backward in this mode. */
export const records = (mode: Mode): boolean => mode === MODE.grad || mode === MODE.grad_in_inference

/** True for inference mode. */
export const is_inference = (mode: Mode): boolean =>
  mode === MODE.inference || mode === MODE.grad_in_inference

/** Whether operators record for backward. */
export const grad_mode = new ContextMode<Mode>(MODE.grad, (mode) => native.set_mode(mode))

const modes: { enter(): void }[] = [grad_mode]

/** Lets another kind of mode be set on the way into LibTorch. */
export function add_mode(mode: { enter(): void }): void {
  modes.push(mode)
}

/** Sets the thread's modes to the context's, on the way into LibTorch. */
export function enter_context(): void {
  for (const mode of modes) mode.enter()
}
