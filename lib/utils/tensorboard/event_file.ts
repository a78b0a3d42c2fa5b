import { closeSync, openSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { make_folder, naming, write_or_cut } from '../../serialization/atomic.js'
import { sync } from '../../serialization/sync.js'
import { Message } from './protobuf.js'

/** CRC-32C of each byte; the polynomial is Castagnoli's, reflected. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C rotated and offset, as records carry it, so that the sum of data with sums in it is no weaker. */
export function masked_crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8)
  crc = ~crc >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Length, its sum, the data, its sum. */
function record(data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length + 4)
  bytes.writeBigUInt64LE(BigInt(data.length))
  bytes.writeUInt32LE(masked_crc32c(bytes.subarray(0, 8)), 8)
  bytes.set(data, 12)
  bytes.writeUInt32LE(masked_crc32c(data), 12 + data.length)
  return bytes
}

let files = 0

const OPERATOR = 'SummaryWriter'

/** A file of events. Each is written at once, or not at all: a process that is killed loses none. */
export class EventFile {
  readonly #path: string
  #file: number | null

  /** @throws RuntimeError where the file cannot be made; it says why, with the system's `code` */
  constructor(folder: string, suffix: string) {
    make_folder(OPERATOR, folder)
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0')
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${files++}${suffix}`
    this.#path = join(folder, name)
    this.#file = naming(OPERATOR, this.#path, () => openSync(this.#path, 'ax'))
    try {
      this.add(new Message().bytes_field(3, 'brain.Event:2'))
    } catch (error) {
      closeSync(this.#file)
      rmSync(this.#path, { force: true })
      throw error
    }
  }

  /** Writes an event; the time is in seconds. */
  add(content: Message, step?: number | bigint | null, walltime: number = Date.now() / 1000): void {
    const file = this.#file
    if (file === null) return
    const head = new Message().double(1, walltime)
    if (step !== undefined && step !== null) head.int(2, step)
    const bytes = record(Buffer.concat([head.bytes, content.bytes]))
    // Readers stop at a part of an event: those after it would be lost.
    naming(OPERATOR, this.#path, () => write_or_cut(file, bytes))
  }

  flush(): void {
    const file = this.#file
    if (file !== null) naming(OPERATOR, this.#path, () => sync(file))
  }

  close(): void {
    const file = this.#file
    if (file === null) return
    try {
      this.flush()
    } finally {
      this.#file = null
      closeSync(file)
    }
  }
}
