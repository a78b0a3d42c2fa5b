import type { DType } from '../dtype.js'
import { stack } from '../ops/generated/torch.js'
import { keep } from '../scope.js'
import { Tensor } from '../tensor.js'

/**
 * A number that a step came to. On another device than the CPU it stays there until somebody asks for it, so that the
 * device need not be waited for in each step.
 */
export class Reading {
  #held: number | Tensor | readonly Reading[]

  private constructor(held: number | Tensor | readonly Reading[]) {
    this.#held = held
  }

  static of(source: number | Tensor): Reading {
    if (typeof source === 'number') return new Reading(source)
    if (source.device.type === 'cpu') return new Reading(Number(source.item()))
    return new Reading(keep(source.detach()))
  }

  /** The mean of others. */
  static mean(parts: readonly Reading[]): Reading {
    return parts.length === 1 ? parts[0]! : new Reading(parts)
  }

  /** Whether reading it waits for no device. */
  get is_here(): boolean {
    return typeof this.#held === 'number'
  }

  get value(): number {
    const held = this.#held
    if (typeof held === 'number') return held
    const value =
      held instanceof Tensor
        ? Number(held.item())
        : held.reduce((sum, part) => sum + part.value, 0) / held.length
    this.#held = value
    return value
  }

  /** Brings many to the CPU in one transfer for each dtype and device. */
  static read_all(readings: readonly Reading[]): number[] {
    const groups = new Map<string, Reading[]>()
    const collect = (reading: Reading): void => {
      const held = reading.#held
      if (typeof held === 'number') return
      if (!(held instanceof Tensor)) {
        held.forEach(collect)
        return
      }
      const key = `${String(held.device)} ${(held.dtype as DType).name}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [reading])
      else group.push(reading)
    }
    readings.forEach(collect)
    for (const group of groups.values()) {
      const values = stack(group.map((reading) => (reading.#held as Tensor).reshape([]))).tolist() as number[]
      group.forEach((reading, i) => {
        reading.#held = Number(values[i])
      })
    }
    return readings.map(({ value }) => value)
  }
}

/** How many numbers may wait on a device before they are fetched. */
const MOST_WAITING = 256

/** Numbers in the order of their steps. */
export class History {
  readonly #values: number[] = []
  #waiting: Reading[] = []

  push(reading: Reading): void {
    if (this.#waiting.length === 0 && reading.is_here) {
      this.#values.push(reading.value)
      return
    }
    this.#waiting.push(reading)
    if (this.#waiting.length >= MOST_WAITING) this.values()
  }

  values(): number[] {
    for (const value of Reading.read_all(this.#waiting)) this.#values.push(value)
    this.#waiting = []
    return this.#values
  }
}

/** What a mean is computed from. */
export interface MeanState {
  sum: number
  count: number
}

/** Means of numbers by name, each over the steps that gave it. */
export class Means {
  readonly #sums = new Map<string, MeanState>()
  #waiting: [name: string, reading: Reading][] = []

  add(name: string, reading: Reading): void {
    if (this.#waiting.length === 0 && reading.is_here) {
      this.#sum(name, reading.value)
      return
    }
    this.#waiting.push([name, reading])
    if (this.#waiting.length >= MOST_WAITING) this.#read()
  }

  #sum(name: string, value: number): void {
    const mean = this.#sums.get(name)
    if (mean === undefined) this.#sums.set(name, { sum: value, count: 1 })
    else {
      mean.sum += value
      mean.count++
    }
  }

  // In the order in which they came, so that the sum does not depend on when it is asked for.
  #read(): void {
    Reading.read_all(this.#waiting.map(([, reading]) => reading)).forEach((value, i) => {
      this.#sum(this.#waiting[i]![0], value)
    })
    this.#waiting = []
  }

  values(): Record<string, number> {
    this.#read()
    return Object.fromEntries(Array.from(this.#sums, ([name, { sum, count }]) => [name, sum / count]))
  }

  clear(): void {
    this.#waiting = []
    this.#sums.clear()
  }

  state_dict(): Record<string, MeanState> {
    this.#read()
    return Object.fromEntries(Array.from(this.#sums, ([name, mean]) => [name, { ...mean }]))
  }

  load_state_dict(state: Readonly<Record<string, MeanState>>): void {
    this.clear()
    for (const [name, { sum, count }] of Object.entries(state)) this.#sums.set(name, { sum, count })
  }
}
