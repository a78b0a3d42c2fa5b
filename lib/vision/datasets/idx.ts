import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { runtime_error } from '../../errors.js'

/** Numbers as the IDX format holds them: their shape and bytes. */
export interface IdxBytes {
  shape: number[]
  bytes: Uint8Array
}

const UINT8 = 8

/** Where a file lies in a folder, as it is or gzipped; null where it does not. */
export function find_file(folder: string, name: string): string | null {
  return [`${folder}/${name}`, `${folder}/${name}.gz`].find((path) => existsSync(path)) ?? null
}

/**
 * Reads a file of MNIST's format: two zero bytes, the type, the number of dimensions, each dimension as 32 bits, then the
 * numbers, the most significant byte first.
 *
 * @throws RuntimeError for another format, another type than bytes, or another length than the shape says
 */
export function read_idx(path: string): IdxBytes {
  const file = readFileSync(path)
  const data = path.endsWith('.gz') ? gunzipSync(file) : file
  const [zero, zero_too, type, dimensions] = data
  if (zero !== 0 || zero_too !== 0 || dimensions === undefined || dimensions < 1 || dimensions > 3)
    throw runtime_error(`${path} is not of the IDX format`)
  if (type !== UINT8) throw runtime_error(`${path} holds IDX type ${type}, and ${UINT8} (bytes) is expected`)
  const start = 4 + 4 * dimensions
  const shape = Array.from({ length: data.length < start ? 0 : dimensions }, (_, i) =>
    data.readUInt32BE(4 + 4 * i),
  )
  const expected = shape.reduce((product, size) => product * size, 1)
  if (shape.length === 0 || data.length - start !== expected)
    throw runtime_error(
      `${path} has ${data.length - start} numbers, and its shape (${shape.join(', ')}) says ${expected}`,
    )
  return { shape, bytes: data.subarray(start) }
}
