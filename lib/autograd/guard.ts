import { runtime_error } from '../errors.js'

/** A mode opened by `using`: closed at the block's end. */
export interface ModeGuard extends Disposable {
  [Symbol.dispose](): void
}

interface OpenGuard {
  close: () => void
  opened: Error
  name: string
}

const open_guards: OpenGuard[] = []
let watching = false

// A block that `using` opened is synchronous: a guard still open when the turn of the event loop ends was left open
// by an await or a generator, and would put everybody else's code into the mode.
function watch(): void {
  if (watching) return
  watching = true
  queueMicrotask(() => {
    watching = false
    const left = open_guards.splice(0)
    for (const guard of left.reverse()) guard.close()
    const first = left[0]
    if (first !== undefined) throw first.opened
  })
}

/** What `using` disposes of: closes a block that was opened just now by the function `name`. */
export function open_guard(close: () => void, name: string): ModeGuard {
  const guard: OpenGuard = {
    close,
    name,
    opened: runtime_error(
      `${name}() was opened by 'using' here and was still open when the turn of the event loop ended; it is closed now. Use ${name}(async () => {…}) around code that awaits`,
    ),
  }
  open_guards.push(guard)
  watch()
  return {
    [Symbol.dispose]() {
      const place = open_guards.indexOf(guard)
      if (place >= 0) open_guards.splice(place, 1)
      close()
    },
  }
}
