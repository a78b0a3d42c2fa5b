import { BudgetError, runtime_error } from '../errors.js'
import type { Tensor } from '../tensor.js'
import { Anything, DRY } from './dry.js'
import { Storage } from './found.js'
import type { Restore } from './location.js'
import { PickleCursor } from './pickle_cursor.js'
import { empty_bytes, read_into } from './read_storage.js'
import { shown } from './shown.js'
import type { Source } from './source.js'
import { is_count, storage_id } from './storage_id.js'
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
    throw cause instanceof BudgetError ? cause : not_known(source, cause)
  }
  if (magic !== MAGIC) throw not_known(source)
  const protocol = next(environment)
  if (protocol !== PROTOCOL)
    throw runtime_error(`load(): '${source.name}': Invalid protocol version: ${shown(protocol)}`)
  next(environment)

  // Storages stand behind the pickle that refers to them: it is read once to see where, and then to make something.
  const start = cursor.at
  const described = new Map<unknown, number>()
  next({
    ...DRY,
    persistent: (id) => {
      const { key, length } = storage_id(id)
      if (length > source.size)
        throw runtime_error(`storage '${shown(key)}' of ${length} bytes is not in the file`)
      described.set(key, Math.max(length, described.get(key) ?? 0))
      return new Anything()
    },
  })
  const places = find_storages(source, described, next(environment), cursor.at)
  cursor.rewind(start)
  const storages = new LegacyStorages(source, restore, places)
  return next({ ...environment, persistent: (id) => storages.find(id) })
}

interface Place {
  at: number
  length: number
}

/** Where each storage's bytes are: in the order of a list of their keys, each behind its number of elements. */
function find_storages(
  source: Source,
  described: ReadonlyMap<unknown, number>,
  keys: unknown,
  start: number,
): Map<unknown, Place> {
  const where = `load(): '${source.name}'`
  if (!Array.isArray(keys)) throw runtime_error(`${where} has no list of its storages`)
  const places = new Map<unknown, Place>()
  let next = start
  for (const key of keys as unknown[]) {
    const length = described.get(key)
    if (length === undefined)
      throw runtime_error(`${where}: storage key '${shown(key)}' belongs to no tensor`)
    const count = Number(source.read(next, 8).readBigInt64LE())
    // The size of its elements is known from the tensors only.
    const fits = length === 0 ? count === 0 : count > 0 && length % count === 0 && length / count <= 16
    if (!fits) {
      throw runtime_error(
        `${where}: storage '${shown(key)}' at byte ${next} has ${count} elements, and ${length} bytes are wanted`,
      )
    }
    next += 8 + length
    if (next > source.size)
      throw runtime_error(
        `${where} is cut short: storage '${shown(key)}' ends at byte ${next} of ${source.size}`,
      )
    places.set(key, { at: next - length, length })
  }
  for (const key of described.keys())
    if (!places.has(key)) throw runtime_error(`${where}: storage '${shown(key)}' is missing`)
  return places
}

function not_known(source: Source, cause?: unknown): Error {
  const error = runtime_error(
    `load(): '${source.name}' is no zip archive and no file of an older PyTorch: Invalid magic number; corrupt file?`,
  )
  return cause === undefined ? error : Object.assign(error, { cause })
}

/** Storages of a legacy file, each read once. */
class LegacyStorages {
  readonly #source: Source
  readonly #restore: Restore
  readonly #places: ReadonlyMap<unknown, Place>
  readonly #read = new Map<unknown, Tensor>()

  constructor(source: Source, restore: Restore, places: ReadonlyMap<unknown, Place>) {
    this.#source = source
    this.#restore = restore
    this.#places = places
  }

  find(id: readonly unknown[]): Storage {
    const { dtype, untyped, key, saved_on, length, part } = storage_id(id)
    let bytes = this.#read.get(key)
    if (bytes === undefined) {
      bytes = this.#restore(this.#bytes(this.#places.get(key)!), saved_on)
      this.#read.set(key, bytes)
    }
    if (bytes.numel() < length)
      throw runtime_error(`storage '${shown(key)}' has ${bytes.numel()} bytes, and ${length} are wanted`)
    if (!Array.isArray(part)) return new Storage(bytes, dtype, untyped)
    const [, offset, size] = part as unknown[]
    if (!is_count(offset) || !is_count(size) || (offset + size) * dtype.itemsize > bytes.numel())
      throw runtime_error(`a part of storage '${shown(key)}' is not in it`)
    return new Storage(bytes.narrow(0, offset * dtype.itemsize, size * dtype.itemsize), dtype, untyped)
  }

  #bytes({ at, length }: Place): Tensor {
    if (this.#restore.is_meta) return empty_bytes(length, 'meta')
    const bytes = empty_bytes(length)
    read_into(this.#source, at, bytes)
    return bytes
  }
}
