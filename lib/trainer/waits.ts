import { runtime_error } from '../errors.js'

/** For how long `fit` waits for a promise once it was stopped. */
const DEFAULT_LIMIT_MS = 60_000

interface Waiting {
  what: string
  /** Ends the wait with an Error; undefined once it is over, so that a promise that hangs keeps nothing of `fit`. */
  give_up: ((error: Error) => void) | undefined
  timer: NodeJS.Timeout | undefined
}

/** What `fit` waits for: after a stop, for no longer than the limit. */
export class Waits {
  readonly #open = new Set<Waiting>()
  #stopped = false
  /** Whether something was given up. */
  gave_up = false

  constructor(readonly limit_ms: number = DEFAULT_LIMIT_MS) {}

  begin(): void {
    this.#stopped = this.gave_up = false
  }

  /** From now on the limit counts, for what is waited for now and for what follows. */
  stop(): void {
    this.#stopped = true
    for (const waiting of this.#open) this.#limit(waiting)
  }

  #limit(waiting: Waiting): void {
    // One of 2^31 ms or more would be none to Node.
    if (waiting.timer !== undefined || this.limit_ms >= 2 ** 31) return
    waiting.timer = setTimeout(() => {
      this.gave_up = true
      waiting.give_up?.(
        runtime_error(
          `fit(): was stopped, and ${waiting.what} has not settled its Promise within ${this.limit_ms} ms since ` +
            '(stop_timeout_ms); it is left behind',
        ),
      )
    }, this.limit_ms)
  }

  /**
   * Waits for a promise.
   *
   * @param what - what an error calls it: `the step of batch 3`
   */
  for<T>(promise: PromiseLike<T>, what: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { what, give_up: undefined, timer: undefined }
      let settle: { resolve: typeof resolve; reject: typeof reject } | undefined = { resolve, reject }
      const end = () => {
        const ends = settle
        settle = waiting.give_up = undefined
        clearTimeout(waiting.timer)
        this.#open.delete(waiting)
        return ends
      }
      waiting.give_up = (error) => end()?.reject(error)
      this.#open.add(waiting)
      if (this.#stopped) this.#limit(waiting)
      promise.then(
        (value) => end()?.resolve(value),
        (error: unknown) => end()?.reject(error),
      )
    })
  }
}
