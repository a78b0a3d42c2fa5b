import { crc32, inflateRawSync } from 'node:zlib'
import { runtime_error } from '../errors.js'
import type { Tensor } from '../tensor.js'
import type { Budget } from './budget.js'
import { empty_bytes, read_into, write_bytes } from './read_storage.js'
import type { Source } from './source.js'

const END = 0x06054b50
const END64 = 0x06064b50
const LOCATOR64 = 0x07064b50
const ENTRY = 0x02014b50
const LOCAL = 0x04034b50
const STORED = 0
const DEFLATED = 8
const LOCAL_BYTES = 30
// What V8 takes for an entry.
const ENTRY_BYTES = 512

interface Entry {
  name: string
  method: number
  encrypted: boolean
  crc: number
  packed: number
  size: number
  header: number
  /** Where the bytes end that are its own. */
  end: number
}

/**
 * A zip archive as PyTorch writes it: everything in one folder, which names leave out; or, without `in_folder`, any. Lengths
 * are checked against the file.
 */
export class ZipReader {
  readonly #source: Source
  readonly #entries = new Map<string, Entry>()
  readonly #budget: Budget

  constructor(source: Source, in_folder = true) {
    this.#source = source
    this.#budget = source.budget
    const { at, length, count } = this.#find_directory()
    this.#budget.take('records', count)
    this.#budget.read_literal(length)
    this.#budget.take_heap(count * ENTRY_BYTES + length)
    const directory = source.read(at, length)
    let next = 0
    let folder: string | null = in_folder ? null : ''
    for (let i = 0; i < count; i++) {
      if (next + 46 > length || directory.readUInt32LE(next) !== ENTRY) {
        throw this.#error(`the directory's entry ${i} of ${count} is damaged (byte ${at + next})`)
      }
      const entry = this.#entry(directory, next)
      const lengths = [28, 30, 32].map((field) => directory.readUInt16LE(next + field))
      next += lengths.reduce((sum, length) => sum + length, 46)
      folder ??= entry.name.slice(0, entry.name.indexOf('/') + 1)
      if ((in_folder && folder === '') || !entry.name.startsWith(folder)) {
        throw this.#error(`record '${entry.name}' is not in the archive's folder '${folder}'`)
      }
      const name = entry.name.slice(folder.length)
      if (this.#entries.has(name)) throw this.#error(`record '${name}' is there twice`)
      this.#entries.set(name, entry)
    }
    this.#end_entries(at)
  }

  /** Notes where the next record begins, or the directory, and refuses records whose bytes another has too. */
  #end_entries(directory: number): void {
    const entries = [...this.#entries.values()].sort((a, b) => b.header - a.header)
    let end = directory
    for (const entry of entries) {
      entry.end = end
      if (entry.header + LOCAL_BYTES + entry.packed > end)
        throw this.#error(
          `record '${entry.name}' at byte ${entry.header} overlaps what begins at byte ${end}`,
        )
      end = entry.header
    }
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /** The names of all records. */
  names(): string[] {
    return [...this.#entries.keys()]
  }

  /** Bytes of a record. */
  size(name: string): number {
    return this.#find(name).size
  }

  /** Where in the file a record's bytes stand; null where they are compressed. */
  place(name: string): number | null {
    const entry = this.#find(name)
    return entry.method === STORED ? this.#data(entry) : null
  }

  /** A record's bytes. */
  record(name: string): Buffer {
    const entry = this.#find(name)
    const packed = this.#source.read(this.#data(entry), entry.packed)
    const bytes = entry.method === STORED ? packed : this.#inflate(entry, packed)
    this.#check(entry, crc32(bytes))
    return bytes
  }

  /** Reads a record into a new tensor of bytes; see {@link read_into}. */
  storage(name: string, swap = 1): Tensor {
    const entry = this.#find(name)
    const at = this.#data(entry)
    if (entry.method !== STORED) {
      const bytes = this.record(name)
      const tensor = empty_bytes(bytes.length)
      write_bytes(tensor, 0, bytes)
      return tensor
    }
    const tensor = empty_bytes(entry.size)
    this.#check(entry, read_into(this.#source, at, tensor, swap))
    return tensor
  }

  #find(name: string): Entry {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw runtime_error(`record '${name}' is missing`)
    return entry
  }

  // Zero where the writer did not compute it (torch.serialization.set_crc32_options(False)).
  #check(entry: Entry, checksum: number): void {
    if (entry.crc !== 0 && entry.crc !== checksum) {
      throw this.#error(`record '${entry.name}' is damaged: its checksum is not the one that was written`)
    }
  }

  #inflate(entry: Entry, packed: Buffer): Buffer {
    // Compression never gains more than 1032 to 1.
    if (entry.size > 1032 * packed.length + 64) {
      throw this.#error(
        `record '${entry.name}' says that it holds ${entry.size} bytes, and ${packed.length} cannot`,
      )
    }
    this.#budget.read_compressed(packed.length)
    this.#budget.take('bytes', entry.size)
    let bytes: Buffer
    try {
      // In one piece: several would be copied together.
      const chunkSize = Math.max(64, entry.size + 1)
      bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size), chunkSize })
    } catch (cause) {
      throw this.#error(`record '${entry.name}' is damaged: ${(cause as Error).message}`)
    }
    if (bytes.length !== entry.size) throw this.#error(`record '${entry.name}' is not as long as it says`)
    return bytes
  }

  // Where the bytes stand is known from the local header only: what is before them may be padded.
  #data(entry: Entry): number {
    const header = this.#source.read(entry.header, 30)
    if (header.readUInt32LE(0) !== LOCAL) {
      throw this.#error(`record '${entry.name}' is not where the directory says (byte ${entry.header})`)
    }
    const at = entry.header + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
    if (at + entry.packed > entry.end)
      throw this.#error(
        `record '${entry.name}' of ${entry.packed} bytes at byte ${at} overlaps what begins at byte ${entry.end}`,
      )
    return at
  }

  #entry(directory: Buffer, at: number): Entry {
    const name_length = directory.readUInt16LE(at + 28)
    const extra_length = directory.readUInt16LE(at + 30)
    const extra = directory.subarray(at + 46 + name_length, at + 46 + name_length + extra_length)
    const entry: Entry = {
      name: directory.toString('utf8', at + 46, at + 46 + name_length),
      encrypted: (directory.readUInt16LE(at + 8) & 1) !== 0,
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      header: directory.readUInt32LE(at + 42),
      end: 0,
    }
    const wide = wide_numbers(extra)
    for (const field of ['size', 'packed', 'header'] as const) {
      if (entry[field] === 0xffffffff) entry[field] = wide.shift() ?? entry[field]
    }
    if (entry.encrypted) throw this.#error(`record '${entry.name}' is encrypted`)
    if (entry.method !== STORED && entry.method !== DEFLATED) {
      throw this.#error(
        `record '${entry.name}' is compressed in a way that is not read (method ${entry.method})`,
      )
    }
    if (entry.method === STORED && entry.packed !== entry.size) {
      throw this.#error(`record '${entry.name}' has two lengths, ${entry.packed} and ${entry.size}`)
    }
    if (entry.header + entry.packed > this.#source.size) {
      throw this.#error(
        `record '${entry.name}' of ${entry.packed} bytes at byte ${entry.header} ends beyond the file's ${this.#source.size} bytes`,
      )
    }
    return entry
  }

  #find_directory(): { at: number; length: number; count: number } {
    const { size } = this.#source
    const tail_at = Math.max(0, size - 22 - 0xffff)
    const tail = this.#source.read(tail_at, size - tail_at)
    let end = tail.length - 22
    while (end >= 0 && tail.readUInt32LE(end) !== END) end--
    if (end < 0)
      throw this.#error('failed finding central directory: the file is cut short or no zip archive')
    let count = tail.readUInt16LE(end + 10)
    let length = tail.readUInt32LE(end + 12)
    let at = tail.readUInt32LE(end + 16)
    if (count === 0xffff || length === 0xffffffff || at === 0xffffffff) {
      const locator = tail_at + end - 20
      if (locator < 0 || this.#source.read(locator, 4).readUInt32LE(0) !== LOCATOR64) {
        throw this.#error('the end of its directory is damaged')
      }
      const place = number64(this.#source.read(locator + 8, 8), 0)
      const record = this.#source.read(place, 56)
      if (record.readUInt32LE(0) !== END64) throw this.#error('the end of its directory is damaged')
      count = number64(record, 32)
      length = number64(record, 40)
      at = number64(record, 48)
    }
    if (at + length > size || 46 * count > length) {
      throw this.#error(
        `the directory of ${count} entries and ${length} bytes at byte ${at} is not in the file`,
      )
    }
    return { at, length, count }
  }

  #error(message: string): Error {
    return runtime_error(`'${this.#source.name}': ${message}`)
  }
}

function number64(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at))
}

// The numbers of the extra field 1, for those that do not fit into 32 bits.
function wide_numbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const [kind, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)]
    if (kind === 1) {
      const field = extra.subarray(at + 4, at + 4 + length)
      return Array.from({ length: Math.floor(field.length / 8) }, (_, i) => number64(field, 8 * i))
    }
    at += 4 + length
  }
  return []
}
