import type { Budget } from './budget.js'
import type { Source } from './source.js'

const WINDOW = 1 << 16

/** Longest line: a class's module or name. */
const LONGEST_LINE = 1 << 12

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads one thing after the other from a part of a source, through a window of it. */
export class PickleCursor {
  readonly #source: Source
  readonly #end: number
  #window: Buffer = Buffer.alloc(0)
  #window_at = 0
  // Up to where the budget has grown.
  #granted: number
  /** Where the next byte stands in the source. */
  at: number
  /** Makes the errors. */
  error: (message: string) => Error = (message) => new Error(message)

  constructor(source: Source, at = 0, end = source.size) {
    this.#source = source
    this.at = at
    this.#granted = at
    this.#end = end
  }

  get budget(): Budget {
    return this.#source.budget
  }

  /** Goes back to read a part once more. */
  rewind(at: number): void {
    this.at = at
    this.#granted = at
  }

  /** The next bytes. */
  take(size: number): Buffer {
    const start = this.#pass(size)
    return this.#window.subarray(start, start + size)
  }

  byte(): number {
    const start = this.#pass(1)
    return this.#window[start]!
  }

  /** An unsigned number of so many bytes, little-endian. */
  uint(size: 1 | 2 | 4): number {
    const start = this.#pass(size)
    return this.#window.readUIntLE(start, size)
  }

  uint64(): number {
    const start = this.#pass(8)
    return Number(this.#window.readBigUInt64LE(start))
  }

  /** A whole number in two's complement; a bigint where a number would not hold it. */
  long(size: number): number | bigint {
    const bytes = this.take(size)
    if (size === 0) return 0
    const unsigned = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
    const value = BigInt.asIntN(8 * size, unsigned)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }

  text(size: number): string {
    const bytes = this.take(size)
    try {
      return utf8.decode(bytes)
    } catch {
      throw this.error('a string is not UTF-8')
    }
  }

  /** Up to the end of a line, which is left out. */
  line(): string {
    this.#load(Math.min(this.#end - this.at, LONGEST_LINE))
    const start = this.at - this.#window_at
    const end = this.#window.indexOf(0x0a, start)
    if (end < 0 || end - start > LONGEST_LINE)
      throw this.error('pickle data was truncated: a line has no end')
    const line = this.text(end - start)
    this.at++
    return line
  }

  /** Goes on behind the next bytes; they begin at the returned place in the window, which may be a new one. */
  #pass(size: number): number {
    if (!(size <= this.#end - this.at))
      throw this.error(`pickle data was truncated: ${size} bytes are wanted`)
    this.#load(size)
    const start = this.at - this.#window_at
    this.at += size
    return start
  }

  #load(size: number): void {
    const start = this.at - this.#window_at
    if (start >= 0 && start + size <= this.#window.length) return
    const length = Math.min(Math.max(size, WINDOW), this.#end - this.at)
    this.#window = this.#source.read(this.at, length)
    this.#window_at = this.at
    const end = this.at + length
    if (end <= this.#granted) return
    // A long literal is one value.
    const fresh = end - this.#granted
    this.budget.read_text(Math.min(fresh, WINDOW))
    this.budget.read_literal(Math.max(0, fresh - WINDOW))
    this.#granted = end
  }
}
