import { runtime_error } from '../errors.js'

/** A mode opened by `using`: closed at the block's end. */
export interface ModeGuard extends Disposable {
  [Symbol.dispose](): void
}

interface OpenGuard {
  close: () => void
  /** The error that disposing of a guard throws after the guard was left open. */
  opened: Error
}

const open_guards: OpenGuard[] = []
let watching = false
/** Counts the synchronous stretches of code in which guards were opened. */
let stretch = 0

// A block that `using` opened is synchronous: a guard still open when the turn of the event loop ends was left open
// by an await or a generator, and would put everybody else's code into the mode. So it is closed; its block learns of it when
// it ends, and the warning is for one that never does.
function watch(): void {
  if (watching) return
  watching = true
  queueMicrotask(() => {
    watching = false
    stretch++
    const left = open_guards.splice(0)
    for (const guard of left.toReversed()) guard.close()
    for (const { opened } of left)
      process.emitWarning(`${opened.message}\n${opened.stack?.split('\n')[1] ?? ''}`, 'RuntimeWarning')
  })
}

/**
 * Makes the object that `using` disposes of at the end of a block. Disposing of it closes the mode that the function
 * `name` has just opened.
 *
 * @throws RuntimeError at the block's end, where an await or a generator has left it open
 */
export function open_guard(close: () => void, name: string): ModeGuard {
  const guard: OpenGuard = {
    close,
    opened: runtime_error(
      `${name}() was opened by 'using' here and was still open when the turn of the event loop ended; it was closed then, and what followed ran without it. Use ${name}(async () => {…}) around code that awaits`,
    ),
  }
  open_guards.push(guard)
  watch()
  let is_over = false
  return {
    [Symbol.dispose]() {
      if (is_over) return
      is_over = true
      const place = open_guards.indexOf(guard)
      if (place < 0) throw guard.opened
      open_guards.splice(place, 1)
      close()
    },
  }
}

/**
 * The same for a function that sets a mode for good, and for a block only where `using` disposes of what it returns: over an
 * await the mode was everybody's.
 *
 * @throws RuntimeError at the block's end, where an await or a generator has left it open
 */
export function open_setting(restore: () => void, name: string): ModeGuard {
  const opened_in = stretch
  watch()
  return {
    [Symbol.dispose]() {
      restore()
      // The error is made here: programs set modes far more often than they get this wrong.
      if (stretch !== opened_in)
        throw runtime_error(
          `${name}() was set by 'using' here over an await, for everybody else's code as well; it is put back now. Use ${name}(…, async () => {…}) around code that awaits`,
        )
    },
  }
}
