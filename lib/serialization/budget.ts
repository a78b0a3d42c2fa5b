import { getHeapStatistics } from 'node:v8'
import { make_error } from '../errors.js'
import { own_value } from '../own.js'
import { type LoadLimits, limits_of } from './limits.js'

type Limit = keyof LoadLimits
type Counted = 'bytes' | 'objects' | 'records' | 'tensors'
// A tensor stands for a record, which is counted itself.
const LIMIT_OF = { bytes: 'bytes', objects: 'objects', records: 'records', tensors: 'records' } as const

const DEFAULTS: Readonly<Record<Limit, number>> = {
  bytes: 128 << 20,
  objects: 1 << 20,
  depth: 1000,
  records: 100_000,
  pixels: 178_956_970,
  seconds: 60,
}
const NAMES = Object.keys(DEFAULTS) as Limit[]

const UNITS: Readonly<Record<Limit, string>> = {
  bytes: 'bytes of memory would be needed',
  objects: 'values are in it',
  depth: 'containers are inside each other',
  records: 'records or tensors are in it',
  pixels: 'pixels are in it',
  seconds: 'seconds were needed',
}

/** Bytes of memory that a compressed byte may become, and one of a pickle or of a header in JSON. */
const OF_COMPRESSED = 16
const OF_TEXT = 32
const OF_JSON = 12
const OF_LITERAL = 4

// Of V8's heap that is free, what one file may take: beyond it the process would end.
const SHARE_OF_HEAP = 0.5
const LOOK_AT_CLOCK = 4096

const BYTES_A_RECORD = 256

// Lines of an image that a decoder holds beside the whole.
const LINES_HELD = 16

/** What reading one file has taken, and may take. */
export class Budget {
  /** What errors begin with: the operator and the file. */
  readonly #subject: string
  readonly #given: LoadLimits
  readonly #most: Record<Limit, number>
  readonly #spent: Record<Counted, number> = { bytes: 0, objects: 0, records: 0, tensors: 0 }
  readonly #started = performance.now()
  #heap = 0
  #most_heap = -1

  /**
   * @param size - the file's bytes
   * @param limits - as the caller gave them; null or undefined for none
   */
  constructor(operator: string, name: string, size: number, limits: unknown = null) {
    this.#subject = `${operator}(): ${name}`
    this.#given = limits_of(operator, limits)
    this.#most = { ...DEFAULTS }
    this.#most.records += size / BYTES_A_RECORD
    this.#most.seconds += size / 2 ** 20
    for (const name of NAMES) this.#most[name] = own_value(this.#given, name) ?? this.#most[name]
  }

  /** Counts what is made, before it is. */
  take(what: Counted, amount = 1): void {
    const spent = (this.#spent[what] += amount)
    if (spent > this.#most[LIMIT_OF[what]]) throw this.#error(LIMIT_OF[what])
    if (what !== 'bytes' && spent % LOOK_AT_CLOCK === 0) this.look_at_clock()
  }

  /** Counts memory of V8's heap, whose end would be the process's. */
  take_heap(bytes: number): void {
    this.#heap += bytes
    this.take('bytes', bytes)
    if (this.#heap <= this.#most_heap) return
    const { heap_size_limit, used_heap_size } = getHeapStatistics()
    if (this.#most_heap < 0) this.#most_heap = (heap_size_limit - used_heap_size) * SHARE_OF_HEAP
    if (this.#heap > this.#most_heap)
      throw this.#error(
        'bytes',
        `more than ${Math.floor(this.#most_heap)} bytes of V8's heap would be needed, half of what is free`,
        'Give Node more of it with --max-old-space-size',
      )
  }

  /** Raises the limits for bytes that were compressed. */
  read_compressed(bytes: number): void {
    this.#grant('bytes', bytes * OF_COMPRESSED)
  }

  /** Raises the limits for bytes that are taken as they are, or as text. */
  read_literal(bytes: number): void {
    this.#grant('bytes', bytes * OF_LITERAL)
  }

  /** Raises the limits for bytes of a pickle. */
  read_text(bytes: number): void {
    this.#grant('bytes', bytes * OF_TEXT)
    this.#grant('objects', bytes * 2)
  }

  /** Raises the limits for bytes of a text in JSON. */
  read_json(bytes: number): void {
    this.#grant('bytes', bytes * OF_JSON)
    this.#grant('objects', bytes)
  }

  /** How much may still be made. */
  left(limit: 'bytes' | 'objects'): number {
    return this.#most[limit] - this.#spent[limit]
  }

  /** Refuses a depth of nesting. */
  check_depth(depth: number): void {
    if (depth > this.#most.depth) throw this.#error('depth')
  }

  /** Refuses an image by its size, before memory is taken for it, and counts its bytes. */
  take_image(width: number, height: number, bytes_of_pixel: number): void {
    const pixels = width * height
    if (pixels > this.#most.pixels)
      throw this.#error(
        'pixels',
        `Image size (${pixels} pixels) exceeds limit of ${this.#most.pixels} pixels, could be decompression bomb DOS attack`,
      )
    this.take('bytes', (pixels + width * LINES_HELD) * bytes_of_pixel)
  }

  /** The greatest number of pixels. */
  get pixels(): number {
    return this.#most.pixels
  }

  /** The seconds that are left, at least one. */
  get seconds_left(): number {
    return Math.max(1, this.#most.seconds - this.#seconds())
  }

  /** Refuses a file that takes too long. */
  look_at_clock(): void {
    if (this.#seconds() > this.#most.seconds) throw this.#error('seconds')
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000
  }

  #grant(limit: 'bytes' | 'objects', amount: number): void {
    if (own_value(this.#given, limit) === undefined) this.#most[limit] += amount
  }

  #error(
    limit: Limit,
    what = `more than ${Math.floor(this.#most[limit])} ${UNITS[limit]}`,
    advice = `For a file that you trust pass { limits: { ${limit}: … } }, or call ` +
      `torch.serialization.set_default_load_limits({ ${limit}: … }) for all`,
  ): Error {
    const nested = limit === 'depth' ? 'the object is nested too deeply: ' : ''
    const error = make_error(
      'BudgetError',
      `${this.#subject}: ${nested}${what} (limit '${limit}'). ${advice}`,
    )
    return Object.assign(error, { limit })
  }
}

// The load under way, for what a file calls: it is synchronous.
let current: Budget | null = null

/** Runs a load, whose budget {@link spend} knows. */
export function with_budget<T>(budget: Budget, callback: () => T): T {
  const outer = current
  current = budget
  try {
    return callback()
  } finally {
    current = outer
  }
}

/** Counts what the load under way makes. */
export function spend(what: Counted, amount = 1): void {
  current?.take(what, amount)
}
