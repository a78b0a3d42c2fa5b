import { runtime_error, type_name } from '../errors.js'
import type { Tensor } from '../tensor.js'
import type { Restore } from './location.js'
import { PickleCursor } from './pickle_cursor.js'
import { empty_bytes, read_into } from './read_storage.js'
import { Storage, StorageType } from './rebuild.js'
import type { Source } from './source.js'
import { type PickleEnvironment, Unpickler } from './unpickler.js'

const MAGIC = 0x1950a86a20f9469cfc6cn
const PROTOCOL = 1001

/** Reads a file as PyTorch before 1.6 wrote it: pickles one after the other, then each storage's length and bytes. */
export function load_legacy(source: Source, environment: PickleEnvironment, restore: Restore): unknown {
  if (source.size > 262 && source.read(257, 5).toString('latin1') === 'ustar') {
    throw runtime_error(
      `load(): '${source.name}': Cannot use \`weights_only=True\` with files saved in the legacy .tar format.`,
    )
  }
  const cursor = new PickleCursor(source)
  const next = (outside: PickleEnvironment) => new Unpickler(cursor, outside, source.name).load()
  let magic: unknown
  try {
    magic = next(environment)
  } catch (cause) {
    throw not_known(source, cause)
  }
  if (magic !== MAGIC) throw not_known(source)
  const protocol = next(environment)
  if (protocol !== PROTOCOL)
    throw runtime_error(`load(): '${source.name}': Invalid protocol version: ${show(protocol)}`)
  next(environment)

  const storages = new LegacyStorages(source, restore)
  const value = next({ ...environment, persistent: (id) => storages.find(id) })
  storages.read(next(environment), cursor.at)
  return value
}

function not_known(source: Source, cause?: unknown): Error {
  const error = runtime_error(
    `load(): '${source.name}' is no zip archive and no file of an older PyTorch: Invalid magic number; corrupt file?`,
  )
  return cause === undefined ? error : Object.assign(error, { cause })
}

const show = (value: unknown) => (typeof value === 'number' ? String(value) : type_name(value))

/** Storages of a legacy file: the tensors come before the bytes, so these are filled at the end. */
class LegacyStorages {
  readonly #source: Source
  readonly #restore: Restore
  readonly #roots = new Map<unknown, { bytes: Tensor; itemsize: number }>()
  readonly #views = new Map<unknown, Tensor>()
  #total = 0

  constructor(source: Source, restore: Restore) {
    this.#source = source
    this.#restore = restore
  }

  /** ('storage', class, key, where it was, number of elements, null or (key of a part, offset, elements)) */
  find([, kind, key, saved_on, count, part]: readonly unknown[]): Storage {
    if (!(kind instanceof StorageType) || !is_count(count)) {
      throw runtime_error('a storage is described in a way that is not known')
    }
    const { itemsize } = kind.dtype
    let root = this.#roots.get(key)
    if (root === undefined) {
      const length = count * itemsize
      this.#total += length
      if (this.#total > this.#source.size) {
        throw runtime_error(
          `storages of ${this.#total} bytes are described, and the file has ${this.#source.size}`,
        )
      }
      root = { bytes: this.#restore(empty_bytes(length), String(saved_on)), itemsize }
      this.#roots.set(key, root)
    }
    if (root.bytes.numel() < count * itemsize)
      throw runtime_error(`storage '${String(key)}' is described with two lengths`)
    if (!Array.isArray(part)) return new Storage(root.bytes, kind.dtype)
    const [view_key, offset, size] = part as unknown[]
    if (!is_count(offset) || !is_count(size) || (offset + size) * itemsize > root.bytes.numel())
      throw runtime_error(`a part of storage '${String(key)}' is not in it`)
    let view = this.#views.get(view_key)
    if (view === undefined) {
      view = root.bytes.narrow(0, offset * itemsize, size * itemsize)
      this.#views.set(view_key, view)
    }
    return new Storage(view, kind.dtype)
  }

  read(keys: unknown, at: number): void {
    const { name } = this.#source
    if (!Array.isArray(keys)) throw runtime_error(`load(): '${name}' has no list of its storages`)
    let next = at
    for (const key of keys) {
      const root = this.#roots.get(key)
      if (root === undefined)
        throw runtime_error(`load(): '${name}': storage key '${String(key)}' belongs to no tensor`)
      const count = Number(this.#source.read(next, 8).readBigInt64LE())
      const length = root.bytes.numel()
      if (count * root.itemsize !== length) {
        throw runtime_error(
          `load(): '${name}': storage '${String(key)}' at byte ${next} has ${count} elements, and ${length / root.itemsize} are wanted`,
        )
      }
      read_into(this.#source, next + 8, root.bytes)
      next += 8 + length
    }
    const read = new Set<unknown>(keys)
    const missing = [...this.#roots.keys()].find((key) => !read.has(key))
    if (missing !== undefined)
      throw runtime_error(`load(): '${name}': storage '${String(missing)}' is missing`)
  }
}

function is_count(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
