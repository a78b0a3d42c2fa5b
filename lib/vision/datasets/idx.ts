import { constants } from 'node:buffer'
import { existsSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { BudgetError, runtime_error } from '../../errors.js'
import type { Budget } from '../../serialization/budget.js'
import type { LoadLimits } from '../../serialization/limits.js'
import { open_source, part_of, type Source } from '../../serialization/source.js'

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

const [SMALLEST_CHUNK, LARGEST_CHUNK] = [1 << 16, 1 << 24]

function decompressed(path: string, file: Buffer, budget: Budget): Buffer {
  budget.read_compressed(file.length)
  const most = Math.min(constants.MAX_LENGTH, Math.floor(budget.left('bytes')))
  // A gzip file ends with the length of what is in it, or in the last of several.
  const said = file.length < 4 ? 0 : file.readUInt32LE(file.length - 4)
  if (said > most) budget.take('bytes', said)
  const chunkSize = Math.min(Math.max(SMALLEST_CHUNK, said + 1), LARGEST_CHUNK)
  try {
    const data = gunzipSync(file, { maxOutputLength: Math.max(1, most), chunkSize })
    budget.take('bytes', data.length)
    return data
  } catch (cause) {
    if (cause instanceof BudgetError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') budget.take('bytes', most + 1)
    throw Object.assign(runtime_error(`${path} is damaged: ${(cause as Error).message}`), { cause })
  }
}

/**
 * Reads a file of MNIST's format: two zero bytes, the type, the number of dimensions, each dimension as 32 bits, then the
 * numbers, the most significant byte first.
 *
 * @param operator what errors name
 * @param limits what it may take
 * @throws RuntimeError for another format, another type than bytes, or another length than the shape says
 */
export function read_idx(operator: string, path: string, limits: LoadLimits | null | undefined): IdxBytes {
  const file = open_source(operator, path, 'root', limits)
  try {
    if (!path.endsWith('.gz')) return parse(path, file)
    const packed = file.read(0, file.size)
    return parse(path, part_of(file, decompressed(path, packed, file.budget)))
  } finally {
    file.close()
  }
}

const LONGEST_HEAD = 16

// Lengths are looked at before the numbers are read.
function parse(path: string, source: Source): IdxBytes {
  const head = source.read(0, Math.min(LONGEST_HEAD, source.size))
  const [zero, zero_too, type, dimensions] = head
  if (zero !== 0 || zero_too !== 0 || dimensions === undefined || dimensions < 1 || dimensions > 3)
    throw runtime_error(`${path} is not of the IDX format`)
  if (type !== UINT8) throw runtime_error(`${path} holds IDX type ${type}, and ${UINT8} (bytes) is expected`)
  const start = 4 + 4 * dimensions
  const shape = Array.from({ length: head.length < start ? 0 : dimensions }, (_, i) =>
    head.readUInt32BE(4 + 4 * i),
  )
  const expected = shape.reduce((product, size) => product * size, 1)
  const count = source.size - start
  if (shape.length === 0 || count !== expected)
    throw runtime_error(`${path} has ${count} numbers, and its shape (${shape.join(', ')}) says ${expected}`)
  return { shape, bytes: source.read(start, count) }
}
