import { runtime_error, value_error } from '../errors.js'
import { own } from '../own.js'
import type { Tensor } from '../tensor.js'
import { check_json } from './check_json.js'
import { Storage } from './found.js'
import type { Restore } from './location.js'
import { mapped_record } from './mapped.js'
import { PickleCursor } from './pickle_cursor.js'
import { KINDS_RECORD, type Kinds } from './pickle_types.js'
import { empty_bytes } from './read_storage.js'
import { part_of, type Source } from './source.js'
import { storage_id } from './storage_id.js'
import { type PickleEnvironment, Unpickler } from './unpickler.js'
import { ZipReader } from './zip_reader.js'

/** The newest version of the format that LibTorch 2.13 reads. */
const NEWEST = 10

// A record that begins here is aligned for every dtype.
const ALIGNMENT = 16

const LONGEST_WORD = 40

/** Whether a file begins as a zip archive does. */
export function is_archive(source: Source): boolean {
  return source.size >= 4 && source.read(0, 4).readUInt32LE(0) === 0x04034b50
}

/** The pickle of an archive, and what is said of the archive itself: that it is one of ours, its version and byte order. */
export class CheckpointArchive {
  readonly #source: Source
  readonly #zip: ZipReader
  readonly #is_swapped: boolean

  constructor(source: Source) {
    this.#source = source
    this.#zip = new ZipReader(source)
    const where = `load(): '${source.name}'`
    if (this.#zip.has('constants.pkl')) {
      throw runtime_error(
        `${where}: Cannot use \`weights_only=True\` with TorchScript archives passed to \`torch.load\``,
      )
    }
    if (!this.#zip.has('data.pkl'))
      throw runtime_error(`${where} holds no data.pkl: it is no file of torch.save`)
    const version = this.#text('version') ?? this.#text('.data/version')
    if (version !== null && !(Number(version) <= NEWEST)) {
      throw runtime_error(
        `${where}: Attempted to read a PyTorch file with version ${version.trim()}, but the maximum supported version for reading is ${NEWEST}. Your PyTorch installation may be too old.`,
      )
    }
    const order = this.#text('byteorder') ?? 'little'
    if (order !== 'little' && order !== 'big')
      throw value_error(`${where}: Unknown endianness type: ${order}`)
    this.#is_swapped = order === 'big'
  }

  /** The object. `persistent` of the environment is what the archive knows itself. */
  load(environment: PickleEnvironment, restore: Restore, mapped: Tensor | null): unknown {
    const storages = new Map<string, Tensor>()
    const persistent = (id: readonly unknown[]): Storage => {
      const { dtype, untyped, key, saved_on, length } = storage_id(id)
      let bytes = storages.get(String(key))
      if (bytes === undefined) {
        const unit = dtype.itemsize / (dtype.is_complex ? 2 : 1)
        const held = this.#zip.size(`data/${key}`)
        // Before anything is read.
        if (held < length) throw too_short(key, held, length)
        bytes = restore(this.#bytes(`data/${key}`, unit, restore, mapped), saved_on)
        storages.set(String(key), bytes)
      }
      if (bytes.numel() < length) throw too_short(key, bytes.numel(), length)
      return new Storage(bytes, dtype, untyped)
    }
    return this.unpickle({ ...environment, persistent, ...this.#kinds() })
  }

  /** What JavaScript noted beside the pickle. */
  #kinds(): Pick<PickleEnvironment, 'kinds'> {
    if (!this.#zip.has(KINDS_RECORD)) return {}
    const text = this.#zip.record(KINDS_RECORD)
    check_json(text, this.#source.budget)
    let given: Partial<Kinds> | null = null
    try {
      given = JSON.parse(text.toString('latin1')) as Partial<Kinds> | null
    } catch {
      // Refused below.
    }
    const { maps, bigints } = own(given ?? {})
    if (!is_places(maps) || !is_places(bigints))
      throw runtime_error(`load(): '${this.#source.name}': the record ${KINDS_RECORD} is damaged`)
    return { kinds: { maps: new Set(maps), bigints: new Set(bigints) } }
  }

  unpickle(environment: PickleEnvironment): unknown {
    // Places in errors are the pickle's own.
    const pickle = part_of(this.#source, this.#zip.record('data.pkl'))
    return new Unpickler(new PickleCursor(pickle), environment, this.#source.name).load()
  }

  #bytes(name: string, unit: number, restore: Restore, mapped: Tensor | null): Tensor {
    const size = this.#zip.size(name)
    if (restore.is_meta) return empty_bytes(size, 'meta')
    const place = this.#zip.place(name)
    if (mapped === null || size === 0 || this.#is_swapped || place === null || place % ALIGNMENT !== 0) {
      return this.#zip.storage(name, this.#is_swapped ? unit : 1)
    }
    return mapped_record(mapped, place, size)
  }

  /** A record of one word. */
  #text(name: string): string | null {
    if (!this.#zip.has(name)) return null
    const size = this.#zip.size(name)
    if (size > LONGEST_WORD)
      throw runtime_error(`load(): '${this.#source.name}': record '${name}' of ${size} bytes is no word`)
    return this.#zip.record(name).toString('latin1')
  }
}

function is_places(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((place) => Number.isSafeInteger(place))
}

function too_short(key: string | number, held: number, wanted: number): Error {
  return runtime_error(`record 'data/${key}' has ${held} bytes, and ${wanted} are wanted`)
}
