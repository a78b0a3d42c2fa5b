import type { DType } from '../dtype.js'
import { runtime_error, type_name } from '../errors.js'
import { own } from '../own.js'
import { check_json } from '../serialization/check_json.js'
import { MOST_DIMENSIONS } from '../serialization/limits.js'
import { shown } from '../serialization/shown.js'
import type { Source } from '../serialization/source.js'
import { dtype_called } from './dtypes.js'

/** As long as the format lets a header be. */
const LONGEST = 100_000_000

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A tensor as the header describes it. */
export interface TensorInfo {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Where in the file its bytes begin. */
  readonly at: number
  readonly bytes: number
}

export interface Header {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>
  readonly metadata: Readonly<Record<string, string>> | null
}

/** Reads and checks the header of a safetensors file: its tensors fill the file, each in its place. */
export function read_header(source: Source): Header {
  const fail = (message: string) =>
    runtime_error(`Error while deserializing header: ${message} ('${source.name}')`)
  if (source.size < 8)
    throw fail(`the file has ${source.size} bytes, and 8 for the header's length are wanted`)
  const length = Number(source.read(0, 8).readBigUInt64LE())
  if (length > LONGEST)
    throw fail(`the header's length of ${length} bytes is more than the format allows, ${LONGEST}`)
  if (length > source.size - 8)
    throw fail(`the header's length of ${length} bytes exceeds the file's ${source.size} bytes`)
  const text = source.read(8, length)
  check_json(text, source.budget)
  let json: unknown
  try {
    json = JSON.parse(utf8.decode(text))
  } catch (cause) {
    throw fail(`the header is no JSON: ${(cause as Error).message}`)
  }
  if (!is_record(json)) throw fail(`the header must be an object, not ${type_name(json)}`)
  const start = 8 + length
  const tensors = Object.entries(json)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, info]) => [name, tensor_info(name, info, start, fail)] as const)
    .sort(([, a], [, b]) => a.at - b.at || a.bytes - b.bytes)
  let next = start
  for (const [name, { at, bytes }] of tensors) {
    if (at !== next)
      throw fail(
        `tensor '${shown(name)}' begins at byte ${at - start}, and the one before it ends at ${next - start}`,
      )
    next = at + bytes
  }
  if (next !== source.size)
    throw fail(`the tensors are ${next - start} bytes, and the file has ${source.size - start} for them`)
  return { tensors: new Map(tensors), metadata: metadata_of(json, fail) }
}

type Fail = (message: string) => Error

function is_record(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function metadata_of(json: Record<string, unknown>, fail: Fail): Record<string, string> | null {
  if (!Object.hasOwn(json, '__metadata__')) return null
  const metadata = json['__metadata__']
  if (metadata === null) return null
  if (!is_record(metadata) || Object.values(metadata).some((value) => typeof value !== 'string'))
    throw fail('__metadata__ must hold strings by name')
  return metadata as Record<string, string>
}

function tensor_info(name: string, info: unknown, start: number, fail: Fail): TensorInfo {
  if (!is_record(info))
    throw fail(`tensor '${shown(name)}' must be described by an object, not ${type_name(info)}`)
  const { dtype: kind, shape, data_offsets: offsets } = own(info)
  const dtype = typeof kind === 'string' ? dtype_called(kind) : undefined
  if (dtype === undefined)
    throw fail(
      `tensor '${shown(name)}' is of dtype ${typeof kind === 'string' ? `"${shown(kind)}"` : shown(kind)}, which is not known`,
    )
  if (!is_sizes(shape)) throw fail(`tensor '${shown(name)}' has no shape, but ${listed(shape)}`)
  if (!is_sizes(offsets) || offsets.length !== 2)
    throw fail(`tensor '${shown(name)}' has no data_offsets, but ${listed(offsets)}`)
  const [begin, end] = offsets as [number, number]
  const wanted = shape.reduce((product, size) => product * size, dtype.itemsize)
  // Sizes beside a zero are bounded as well.
  const most = shape.reduce((product, size) => product * Math.max(1, size), 1)
  if (end - begin !== wanted || most > Number.MAX_SAFE_INTEGER) {
    throw fail(
      `tensor '${shown(name)}' of shape [${shape.slice(0, 20).join(', ')}] and dtype ${kind as string} needs ${wanted} bytes, and its data_offsets are ${begin} and ${end}`,
    )
  }
  return { dtype, shape, at: start + begin, bytes: wanted }
}

function listed(value: unknown): string {
  return Array.isArray(value) ? `[${value.slice(0, 20).map(shown).join(', ')}]` : shown(value)
}

function is_sizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= MOST_DIMENSIONS &&
    value.every((size) => Number.isSafeInteger(size) && size >= 0)
  )
}
