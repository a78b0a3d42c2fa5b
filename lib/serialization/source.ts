import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runtime_error, type_error, type_name } from '../errors.js'
import { is_array_buffer, is_bytes, is_url } from '../realm.js'

/** Bytes to read: a file's, or those of an array. Nothing is ever allocated for more than there is. */
export interface Source {
  /** What errors call it. */
  readonly name: string
  /** The file's path; null for bytes in memory. */
  readonly path: string | null
  readonly size: number
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
 * @param name what errors call the bytes
 */
export function open_source(operator: string, f: unknown, argument = 'f', name = '<bytes>'): Source {
  if (is_bytes(f)) return new Memory(f, name)
  if (is_array_buffer(f)) return new Memory(new Uint8Array(f), name)
  if (typeof f !== 'string' && !is_url(f)) {
    throw type_error(
      `${operator}(): argument '${argument}' must be a path (string or URL) or bytes (Uint8Array), not ${type_name(f)}`,
    )
  }
  return new File(operator, path_of(operator, f))
}

class File implements Source {
  readonly path: string
  readonly name: string
  readonly size: number
  readonly #file: number

  constructor(operator: string, path: string) {
    this.path = path
    this.name = path
    this.#file = openSync(path, 'r')
    const status = fstatSync(this.#file)
    if (!status.isFile()) {
      this.close()
      throw runtime_error(
        `${operator}(): '${path}' is ${status.isDirectory() ? 'a folder' : 'no regular file'}`,
      )
    }
    this.size = status.size
  }

  read(at: number, length: number, scratch?: Buffer): Buffer {
    check_range(this, at, length)
    const bytes =
      scratch !== undefined && scratch.length >= length
        ? scratch.subarray(0, length)
        : Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const got = readSync(this.#file, bytes, done, length - done, at + done)
      if (got === 0) throw runtime_error(`'${this.name}' was cut at byte ${at + done} while it was read`)
      done += got
    }
    return bytes
  }

  close(): void {
    closeSync(this.#file)
  }
}

class Memory implements Source {
  readonly path = null
  readonly size: number
  readonly #bytes: Buffer

  constructor(
    bytes: Uint8Array,
    readonly name: string,
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
  if (at >= 0 && length >= 0 && at + length <= source.size) return
  throw runtime_error(
    `'${source.name}' is cut short: bytes ${at} to ${at + length} are wanted, and it has ${source.size}`,
  )
}
