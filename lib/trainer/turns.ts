import { setImmediate as event_loop_turn } from 'node:timers/promises'

/** After how many milliseconds timers, sockets and signals get their turn, where steps are shorter. */
const DEFAULT_EVERY_MS = 50

/** Turns in a row: a request takes some (its connection, its head, its body), and shall not wait for a step at each. */
const ROUNDS = 4

interface Held {
  promise: Promise<void>
  resolve: () => void
}

function held(): Held {
  let resolve!: () => void
  const promise = new Promise<void>((resolved) => {
    resolve = resolved
  })
  return { promise, resolve }
}

/** When the event loop has its turn, and whether the loop waits. */
export class Turns {
  #turned_at = 0
  #is_paused = false
  #guests = 0
  /** Settled when training may go on. */
  #going_on: Held | undefined
  /** Settled when training waits, or has ended. */
  #waiting: Held | undefined
  #runs = false

  /** @param guest - runs what {@link between} is given, as part of what goes on where training waits */
  constructor(
    readonly every_ms: number = DEFAULT_EVERY_MS,
    readonly guest: <T>(callback: () => T) => T = (callback) => callback(),
  ) {}

  begin(): void {
    this.#runs = true
    this.#turned_at = performance.now()
  }

  /** Says that no step follows: those who wait for the end of one need not. */
  end(): void {
    this.#runs = false
    this.#waiting?.resolve()
    this.#waiting = undefined
  }

  /** Whether the event loop should have its turn now. */
  get due(): boolean {
    return performance.now() - this.#turned_at >= this.every_ms
  }

  async take(): Promise<void> {
    for (let round = 0; round < ROUNDS && !this.is_held; round++) await event_loop_turn()
    this.#turned_at = performance.now()
  }

  pause(): void {
    this.#is_paused = true
  }

  resume(): void {
    this.#is_paused = false
    this.#let_go()
  }

  /** Whether training is to wait. */
  get is_held(): boolean {
    return this.#is_paused || this.#guests > 0
  }

  #let_go(): void {
    if (this.is_held) return
    this.#going_on?.resolve()
    this.#going_on = undefined
  }

  /** Waits until training may go on. */
  async wait(): Promise<void> {
    while (this.is_held) {
      this.#waiting?.resolve()
      this.#waiting = undefined
      this.#going_on ??= held()
      await this.#going_on.promise
      // So that what a callback's end leads to, a response say, doesn't wait for the next step.
      await event_loop_turn()
    }
    this.#turned_at = performance.now()
  }

  /** Runs a callback while training waits: at once where it waits already or doesn't run. */
  async between<T>(callback: () => T | PromiseLike<T>): Promise<T> {
    this.#guests++
    try {
      if (this.#runs && this.#going_on === undefined) await (this.#waiting ??= held()).promise
      return await this.guest(callback)
    } finally {
      this.#guests--
      this.#let_go()
    }
  }
}
