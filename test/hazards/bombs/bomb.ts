import { writeFileSync } from 'node:fs'
import { constants, deflateRawSync } from 'node:zlib'

/** What reads a file in the child process: see `measure.ts`. */
export type Reader =
  | 'load'
  | 'mmap'
  | 'unsafe_globals'
  | 'load_file'
  | 'get_slice'
  | 'npy'
  | 'npz'
  | 'open'
  | 'decode'
  | 'mnist'
  | 'cifar'

/** A hostile file. */
export interface Bomb {
  readonly name: string
  readonly reader: Reader
  /** What reading it must come to: an Error with these words, or a value. */
  readonly ends: RegExp | 'value'
  /** The file's bytes. */
  readonly make?: () => Uint8Array | Promise<Uint8Array>
  /** Writes what is no file of bytes to a path. */
  readonly write?: (path: string) => void
}

/** Writes a bomb to a path. */
export async function write_bomb(bomb: Bomb, path: string): Promise<void> {
  bomb.write?.(path)
  if (bomb.make !== undefined) writeFileSync(path, await bomb.make())
}

/** A deflate stream of so many MB of zeros, which is made without compressing them all. */
export function zeros_deflated(megabytes: number): Buffer {
  const piece = deflateRawSync(Buffer.alloc(1 << 20), { finishFlush: constants.Z_FULL_FLUSH })
  const end = deflateRawSync(Buffer.alloc(0))
  return Buffer.concat([...new Array<Buffer>(megabytes).fill(piece), end])
}

/** The same as zlib has it, with a wrong checksum. */
export function zeros_in_zlib(megabytes: number): Buffer {
  return Buffer.concat([Buffer.from([0x78, 0x9c]), zeros_deflated(megabytes), Buffer.alloc(4)])
}

export const u16 = (...values: number[]): Buffer => numbers(2, values)
export const u32 = (...values: number[]): Buffer => numbers(4, values)

function numbers(size: 2 | 4, values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(size * values.length)
  for (const [i, value] of values.entries()) bytes.writeUIntLE(value, i * size, size)
  return bytes
}

/** The same bytes again and again. */
export const repeated = (bytes: Uint8Array | string, times: number): Buffer =>
  Buffer.alloc(times * bytes.length, bytes)
