import { constants as buffers } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runtime_error, type_error, type_name } from '../errors.js'
import { is_array_buffer, is_bytes, is_url } from '../realm.js'
import { Budget } from './budget.js'

// What the system reads in one call, a little less than 2 GiB.
const MOST_AT_ONCE = 2 ** 31 - 4096

/** Bytes to read: a file's, or those of an array. Nothing is ever allocated for more than there is. */
export interface Source {
  /** What errors call it. */
  readonly name: string
  /** The file's path; null for bytes in memory. */
  readonly path: string | null
  readonly size: number
  /** The file's descriptor; null for bytes in memory. */
  readonly file: number | null
  /** What reading it may take. */
  readonly budget: Budget
  /** Exactly these bytes; an error where there are not so many. They may be written to `scratch`, where it is long enough. */
  read(at: number, length: number, scratch?: Buffer): Buffer
  close(): void
}

/** A path as given, or of a `file:` URL. */
export function path_of(operator: string, f: unknown, argument = 'f'): string {
  if (typeof f === 'string') return f
  if (is_url(f)) return fileURLToPath(f)
  throw type_error(
    `${operator}(): argument '${argument}' must be a path (string or URL), not ${type_name(f)}`,
  )
}

/**
 * Opens a file by its path, or bytes.
 *
 * @param limits what the caller gave as {@link LoadLimits}
 */
export function open_source(operator: string, f: unknown, argument = 'f', limits: unknown = null): Source {
  if (is_bytes(f) || is_array_buffer(f)) {
    const bytes = is_bytes(f) ? f : new Uint8Array(f)
    return new Memory(bytes, '<bytes>', new Budget(operator, "'<bytes>'", bytes.byteLength, limits))
  }
  if (typeof f !== 'string' && !is_url(f)) {
    throw type_error(
      `${operator}(): argument '${argument}' must be a path (string or URL) or bytes (Uint8Array), not ${type_name(f)}`,
    )
  }
  return new File(operator, path_of(operator, f), limits)
}

/**
 * A regular file's bytes, read while the event loop goes on.
 *
 * @throws RuntimeError for a folder, a pipe or a device, of which some never end
 */
export async function read_bytes(operator: string, path: string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const status = await file.stat()
    if (!status.isFile()) throw irregular(operator, path, status.isDirectory())
    if (status.size > MOST_AT_ONCE)
      throw runtime_error(
        `${operator}(): '${path}' has ${status.size} bytes, and at most ${MOST_AT_ONCE} are read`,
      )
    return await file.readFile()
  } finally {
    await file.close()
  }
}

function irregular(operator: string, path: string, is_folder: boolean): Error {
  return runtime_error(`${operator}(): '${path}' is ${is_folder ? 'a folder' : 'no regular file'}`)
}

/** Bytes that were read from a source, which are read on its budget. */
export function part_of({ budget }: Source, bytes: Uint8Array, name = '<bytes>'): Source {
  return new Memory(bytes, name, budget)
}

// Files that nobody closed and nobody can reach.
const unclosed = new FinalizationRegistry<number>(closeSync)

class File implements Source {
  readonly path: string
  readonly name: string
  readonly size: number
  readonly file: number
  readonly budget: Budget

  constructor(operator: string, path: string, limits: unknown) {
    this.path = path
    this.name = path
    // A pipe would be waited for.
    this.file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    unclosed.register(this, this.file, this)
    const status = fstatSync(this.file)
    if (!status.isFile()) {
      this.close()
      throw irregular(operator, path, status.isDirectory())
    }
    this.size = status.size
    try {
      this.budget = new Budget(operator, `'${path}'`, this.size, limits)
    } catch (error) {
      this.close()
      throw error
    }
  }

  read(at: number, length: number, scratch?: Buffer): Buffer {
    check_range(this, at, length)
    const bytes =
      scratch !== undefined && scratch.length >= length
        ? scratch.subarray(0, length)
        : Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const got = readSync(this.file, bytes, done, Math.min(length - done, MOST_AT_ONCE), at + done)
      if (got === 0) throw runtime_error(`'${this.name}' was cut at byte ${at + done} while it was read`)
      done += got
    }
    return bytes
  }

  close(): void {
    unclosed.unregister(this)
    closeSync(this.file)
  }
}

class Memory implements Source {
  readonly path = null
  readonly file = null
  readonly size: number
  readonly #bytes: Buffer

  constructor(
    bytes: Uint8Array,
    readonly name: string,
    readonly budget: Budget,
  ) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.size = bytes.byteLength
  }

  read(at: number, length: number): Buffer {
    check_range(this, at, length)
    return this.#bytes.subarray(at, at + length)
  }

  close(): void {}
}

function check_range(source: Source, at: number, length: number): void {
  if (length > buffers.MAX_LENGTH)
    throw runtime_error(`'${source.name}': ${length} bytes at byte ${at} are more than a Buffer holds`)
  if (at >= 0 && length >= 0 && at + length <= source.size) return
  throw runtime_error(
    `'${source.name}' is cut short: bytes ${at} to ${at + length} are wanted, and it has ${source.size}`,
  )
}
