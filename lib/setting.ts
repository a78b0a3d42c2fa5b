import { run_then } from './callback.js'

/**
 * A setting of the process or the thread that callbacks change for their length. Asynchronous ones may overlap, and end in any
 * order: each takes its own change out, and the last to end puts back what the first one found.
 */
export class Setting<V> {
  /** What each callback that runs found, in the order of their beginnings. */
  readonly #found: { value: V }[] = []

  constructor(
    readonly get: () => V,
    readonly set: (value: V) => void,
  ) {}

  /**
   * Notes how things are before a change.
   *
   * @returns takes the change out again; does nothing the second time
   */
  begin(): () => void {
    const found = { value: this.get() }
    this.#found.push(found)
    return () => {
      const place = this.#found.indexOf(found)
      if (place < 0) return
      this.#found.splice(place, 1)
      const later = this.#found[place]
      if (later === undefined) this.set(found.value)
      else later.value = found.value
    }
  }

  /** Runs a callback, which may be asynchronous, under a change. */
  run<T>(change: () => void, callback: () => T): T {
    const restore = this.begin()
    try {
      change()
    } catch (error) {
      restore()
      throw error
    }
    return run_then(callback, restore)
  }
}
