import { setImmediate as event_loop_turn } from 'node:timers/promises'

/** After how many milliseconds timers, sockets and signals get their turn, where steps are shorter. */
const TURN_MS = 50

/** When the event loop has its turn, and whether the loop waits. */
export class Turns {
  #turned_at = 0
  #waiting: { promise: Promise<void>; resolve: () => void } | undefined

  begin(): void {
    this.#turned_at = performance.now()
  }

  /** Whether the event loop should have its turn now. */
  get due(): boolean {
    return performance.now() - this.#turned_at >= TURN_MS
  }

  async take(): Promise<void> {
    await event_loop_turn()
    this.#turned_at = performance.now()
  }

  pause(): void {
    if (this.#waiting !== undefined) return
    let resolve!: () => void
    const promise = new Promise<void>((resolved) => {
      resolve = resolved
    })
    this.#waiting = { promise, resolve }
  }

  resume(): void {
    this.#waiting?.resolve()
    this.#waiting = undefined
  }

  get paused(): boolean {
    return this.#waiting !== undefined
  }

  async wait(): Promise<void> {
    await this.#waiting?.promise
    this.begin()
  }
}
