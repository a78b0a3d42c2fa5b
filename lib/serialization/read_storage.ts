import { fstatSync, statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Device } from '../device.js'
import { type DType, int64, uint8 } from '../dtype.js'
import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import { LOWERED } from '../ops/lowered.js'
import { operator } from '../ops/operator.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'
import { is_same_file } from './destination.js'
import type { Source } from './source.js'
import { system_error } from './system_error.js'

const aten_empty = operator('aten::empty.memory_format')
const aten_from_file = operator('aten::from_file')

// Half of what LibTorch would divide among threads, as many int64: waiting for them costs more than the copying.
const CHUNK = 1 << 17
// One for all, as pages of new memory cost more than the copying.
let scratch: Buffer | null = null

/** Bytes on a device that nobody has written yet. */
export function empty_bytes(length: number, device: Device | string = 'cpu'): Tensor {
  return aten_empty([length], { dtype: uint8, device })
}

/**
 * Reads bytes into a tensor of bytes, a piece at a time: nothing but the tensor is held in memory.
 *
 * @param into as long as what is read
 * @param swap the size of the units whose bytes are in the other order; 1 where they are not
 * @returns the checksum (CRC-32) of the bytes as they stand in the file
 */
export function read_into(source: Source, at: number, into: Tensor, swap = 1): number {
  const length = into.numel()
  let checksum = 0
  if (length > 1 << 16) scratch ??= Buffer.allocUnsafeSlow(CHUNK)
  for (let done = 0; done < length; done += CHUNK) {
    const bytes = source.read(at + done, Math.min(CHUNK, length - done), scratch ?? undefined)
    checksum = crc32(bytes, checksum)
    if (into.device.type === 'meta') continue
    const ordered = swap === 1 ? bytes : swap_bytes(bytes, swap)
    write_bytes(into, done, ordered)
  }
  return checksum
}

function swap_bytes(bytes: Buffer, unit: number): Buffer {
  const copy = Buffer.from(bytes)
  const whole = copy.subarray(0, copy.length - (copy.length % unit))
  if (unit === 2) whole.swap16()
  else if (unit === 4) whole.swap32()
  else if (unit === 8) whole.swap64()
  return copy
}

/** Copies bytes to a place in a tensor of bytes. */
export function write_bytes(into: Tensor, at: number, bytes: Uint8Array): void {
  const start = native.storage_offset(handle_of(into)) + at
  const whole = start % 8 === 0 ? bytes.length - (bytes.length % 8) : 0
  if (whole > 0) copy_units(into, int64, start, bytes.subarray(0, whole))
  if (whole < bytes.length) copy_units(into, uint8, start + whole, bytes.subarray(whole))
}

function copy_units(into: Tensor, dtype: DType, start: number, bytes: Uint8Array): void {
  const length = bytes.length / dtype.itemsize
  const piece = wrap(native.from_bytes(bytes, dtype[LOWERED], [length]))
  const place = wrap(
    native.view_storage(handle_of(into), dtype[LOWERED], start / dtype.itemsize, [length], [1]),
  )
  place.copy_(piece)
  place.dispose()
  piece.dispose()
}

/** Some of the bytes of a tensor's storage, wherever in it the tensor begins. */
export function bytes_at(tensor: Tensor, at: number, length: number): Tensor {
  return wrap(native.view_storage(handle_of(tensor), uint8[LOWERED], at, [length], [1]))
}

/** The same without a checksum, from a file without a detour. */
export function read_plain(source: Source, at: number, into: Tensor): void {
  const { file, name } = source
  if (file === null) {
    write_bytes(into, 0, source.read(at, into.numel()))
    return
  }
  const got = native.read_file(handle_of(into), file, at)
  if (got < 0) throw system_error(-got, 'read')
  if (got < into.numel()) throw runtime_error(`'${name}' was cut at byte ${at + got} while it was read`)
}

/**
 * A file's bytes as memory that is read when it is used first, and copied where it is written.
 *
 * @throws RuntimeError where another file has taken its name since it was opened
 */
export function map_file({ path, file, name, size }: Source): Tensor {
  const mapped = aten_from_file(path, false, size, { dtype: uint8 })
  const [opened, now] = [fstatSync(file!), statSync(path!)]
  if (is_same_file(opened, now) && now.size === size) return mapped
  throw runtime_error(`'${name}' was replaced or changed while it was opened`)
}
