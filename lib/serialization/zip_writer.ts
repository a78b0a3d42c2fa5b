import { crc32, deflateRawSync } from 'node:zlib'
import { write_all } from './atomic.js'

const WIDE = 0xffffffff
// 1 January 1980, before which no date of a zip archive is.
const DATE = 0x21
const UTF8_NAMES = 0x800

interface Written {
  name: Buffer
  method: 0 | 8
  crc: number
  packed: number
  size: number
  header: number
}

/** Writes a zip archive, an entry after the other; numbers that do not fit into 32 bits are written as zip64. */
export class ZipWriter {
  readonly #file: number
  readonly #written: Written[] = []
  #at = 0

  /** @param file open for writing, at its beginning */
  constructor(file: number) {
    this.#file = file
  }

  /** Writes an entry made of these pieces. */
  add(name: string, pieces: readonly Uint8Array[], compress: boolean): void {
    const packed = compress ? [deflateRawSync(Buffer.concat(pieces))] : pieces
    const length = (all: readonly Uint8Array[]) => all.reduce((sum, { length }) => sum + length, 0)
    const entry: Written = {
      name: Buffer.from(name),
      method: compress ? 8 : 0,
      crc: pieces.reduce((checksum, piece) => crc32(piece, checksum), 0),
      packed: length(packed),
      size: length(pieces),
      header: this.#at,
    }
    this.#write(Buffer.concat([head(entry, false), entry.name, wide(entry, false)]))
    for (const piece of packed) this.#write(piece)
    this.#written.push(entry)
  }

  /** Writes the directory. */
  end(): void {
    const start = this.#at
    for (const entry of this.#written)
      this.#write(Buffer.concat([head(entry, true), entry.name, wide(entry, true)]))
    const length = this.#at - start
    const count = this.#written.length
    if (count >= 0xffff || length >= WIDE || start >= WIDE) this.#end64(count, length, start)
    const end = Buffer.alloc(22)
    end.writeUInt32LE(0x06054b50, 0)
    end.writeUInt16LE(Math.min(count, 0xffff), 8)
    end.writeUInt16LE(Math.min(count, 0xffff), 10)
    end.writeUInt32LE(Math.min(length, WIDE), 12)
    end.writeUInt32LE(Math.min(start, WIDE), 16)
    this.#write(end)
  }

  #end64(count: number, length: number, start: number): void {
    const at = this.#at
    const end = Buffer.alloc(56 + 20)
    end.writeUInt32LE(0x06064b50, 0)
    end.writeBigUInt64LE(44n, 4)
    end.writeUInt16LE(45, 12)
    end.writeUInt16LE(45, 14)
    end.writeBigUInt64LE(BigInt(count), 24)
    end.writeBigUInt64LE(BigInt(count), 32)
    end.writeBigUInt64LE(BigInt(length), 40)
    end.writeBigUInt64LE(BigInt(start), 48)
    end.writeUInt32LE(0x07064b50, 56)
    end.writeBigUInt64LE(BigInt(at), 64)
    end.writeUInt32LE(1, 72)
    this.#write(end)
  }

  #write(bytes: Uint8Array): void {
    write_all(this.#file, bytes)
    this.#at += bytes.length
  }
}

/** Those of an entry's numbers that 32 bits do not hold. */
function wide(entry: Written, directory: boolean): Buffer {
  const numbers = [entry.size, entry.packed, ...(directory ? [entry.header] : [])].filter((n) => n >= WIDE)
  // A local header gives both lengths or none.
  const all = directory || numbers.length === 0 ? numbers : [entry.size, entry.packed]
  if (all.length === 0) return Buffer.alloc(0)
  const field = Buffer.alloc(4 + 8 * all.length)
  field.writeUInt16LE(1, 0)
  field.writeUInt16LE(8 * all.length, 2)
  all.forEach((number, i) => {
    field.writeBigUInt64LE(BigInt(number), 4 + 8 * i)
  })
  return field
}

function head(entry: Written, directory: boolean): Buffer {
  const header = Buffer.alloc(directory ? 46 : 30)
  header.writeUInt32LE(directory ? 0x02014b50 : 0x04034b50, 0)
  if (directory) header.writeUInt16LE(45, 4)
  const extra = wide(entry, directory)
  const both_wide = !directory && extra.length > 0
  const at = directory ? 6 : 4
  header.writeUInt16LE(extra.length > 0 ? 45 : 20, at)
  header.writeUInt16LE(UTF8_NAMES, at + 2)
  header.writeUInt16LE(entry.method, at + 4)
  header.writeUInt16LE(DATE, at + 8)
  header.writeUInt32LE(entry.crc, at + 10)
  header.writeUInt32LE(both_wide ? WIDE : Math.min(entry.packed, WIDE), at + 14)
  header.writeUInt32LE(both_wide ? WIDE : Math.min(entry.size, WIDE), at + 18)
  header.writeUInt16LE(entry.name.length, at + 22)
  header.writeUInt16LE(extra.length, at + 24)
  if (directory) header.writeUInt32LE(Math.min(entry.header, WIDE), 42)
  return header
}
