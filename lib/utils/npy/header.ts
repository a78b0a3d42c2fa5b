import type { DType } from '../../dtype.js'
import * as dtypes from '../../dtype.js'
import { value_error } from '../../errors.js'
import type { Source } from '../../serialization/source.js'

const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
// What NumPy reads of a file that nobody vouches for; a header with more is an attack or nothing of ours.
const MOST_HEADER = 10_000
const ALIGN = 64
// NumPy leaves room for the dimension that grows when rows are appended to a file.
const GROWTH_DIGITS = 21

/** NumPy's letter and size of an element, for the dtypes that NumPy has. */
const codes: readonly (readonly [code: string, dtype: DType])[] = [
  ['b1', dtypes.bool],
  ['u1', dtypes.uint8],
  ['u2', dtypes.uint16],
  ['u4', dtypes.uint32],
  ['u8', dtypes.uint64],
  ['i1', dtypes.int8],
  ['i2', dtypes.int16],
  ['i4', dtypes.int32],
  ['i8', dtypes.int64],
  ['f2', dtypes.float16],
  ['f4', dtypes.float32],
  ['f8', dtypes.float64],
  ['c8', dtypes.complex64],
  ['c16', dtypes.complex128],
]

/** What a .npy file says of its array. */
export interface NpyHeader {
  dtype: DType
  /** The size of the units whose bytes are in the other order; 1 where they are not. */
  swap: number
  fortran_order: boolean
  shape: number[]
  /** Where the elements begin. */
  at: number
}

/** NumPy's name of a dtype, as `<f4`; undefined where NumPy has no such. */
export function descr_of(dtype: DType): string | undefined {
  const code = codes.find(([, known]) => known === dtype)?.[0]
  if (code === undefined) return undefined
  return (dtype.itemsize === 1 ? '|' : '<') + code
}

/** The bytes that stand before an array's elements: those that NumPy writes. */
export function write_header(descr: string, fortran_order: boolean, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  let text = `{'descr': '${descr}', 'fortran_order': ${fortran_order ? 'True' : 'False'}, 'shape': ${tuple}, }`
  const growing = shape[fortran_order ? shape.length - 1 : 0]
  if (growing !== undefined) text += ' '.repeat(GROWTH_DIGITS - String(growing).length)
  const before = MAGIC.length + 4
  text += `${' '.repeat(ALIGN - ((before + text.length + 1) % ALIGN))}\n`
  const header = Buffer.alloc(before + text.length)
  MAGIC.copy(header)
  header[6] = 1
  header.writeUInt16LE(text.length, 8)
  header.write(text, before, 'latin1')
  return header
}

/**
 * Reads and checks what stands before an array's elements.
 *
 * @throws ValueError for what is no .npy file, and for arrays that are no tensors: structured ones, objects, texts, dates
 */
export function read_header(source: Source): NpyHeader {
  const error = (why: string) => value_error(`'${source.name}': ${why}`)
  if (source.size < 10 || !source.read(0, 6).equals(MAGIC))
    throw error('it is no .npy file: it does not begin with \\x93NUMPY')
  const [major, minor] = source.read(6, 2) as unknown as [number, number]
  if (major < 1 || major > 3 || minor !== 0)
    throw error(`we only support format version (1,0), (2,0), and (3,0), not (${major},${minor})`)
  const width = major === 1 ? 2 : 4
  if (source.size < 8 + width) throw error('it is cut short: its header is not there')
  const length = major === 1 ? source.read(8, 2).readUInt16LE(0) : source.read(8, 4).readUInt32LE(0)
  if (length > MOST_HEADER)
    throw error(`its header has ${length} bytes; more than ${MOST_HEADER} are not read`)
  const at = 8 + width + length
  if (at > source.size) throw error(`it is cut short: its header of ${length} bytes is not all there`)
  const text = source.read(8 + width, length).toString(major === 3 ? 'utf8' : 'latin1')
  return { ...parse(text, error), at }
}

type Refuse = (why: string) => Error

// A dictionary of three entries, as Python writes it: nothing else is read.
function parse(text: string, error: Refuse): Omit<NpyHeader, 'at'> {
  const body = /^\{(.*)\}\s*$/s.exec(text)?.[1]
  if (body === undefined) throw error(`cannot parse header: ${JSON.stringify(text.slice(0, 80))}`)
  const found = new Map<string, string>()
  const entry = /\s*(['"])(\w+)\1\s*:\s*(True|False|'[^'\\]*'|"[^"\\]*"|\([\d\sL,]*\)|\[.*\])\s*(?:,|$)\s*/sy
  while (entry.lastIndex < body.length) {
    const at = entry.lastIndex
    const match = entry.exec(body)
    if (match === null) throw error(`cannot parse header: ${JSON.stringify(body.slice(at, at + 80))}`)
    const [, , key, value] = match as unknown as [string, string, string, string]
    if (found.has(key)) throw error(`its header has '${key}' twice`)
    found.set(key, value)
  }
  const keys = [...found.keys()].sort()
  if (keys.join() !== 'descr,fortran_order,shape')
    throw error(`header does not contain the correct keys: [${keys.map((key) => `'${key}'`).join(', ')}]`)
  const order = found.get('fortran_order')!
  if (order !== 'True' && order !== 'False') throw error(`fortran_order is not a valid bool: ${order}`)
  return {
    ...parse_descr(found.get('descr')!, error),
    fortran_order: order === 'True',
    shape: parse_shape(found.get('shape')!, error),
  }
}

function parse_descr(text: string, error: Refuse): { dtype: DType; swap: number } {
  if (text.startsWith('['))
    throw error(`it holds a structured array, and a tensor has elements of one type: ${text.slice(0, 80)}`)
  const descr = text.slice(1, -1)
  if (/^[|<>=]?O/.test(descr)) throw error('Object arrays cannot be loaded: they are pickles')
  const match = /^([<>|=])?([a-zA-Z]\d+)$/.exec(descr)
  const dtype = codes.find(([code]) => code === match?.[2])?.[1]
  if (match === null || dtype === undefined)
    throw error(`its elements are of NumPy's type '${descr}', which no tensor has`)
  return { dtype, swap: match[1] === '>' ? dtype.itemsize / (dtype.is_complex ? 2 : 1) : 1 }
}

function parse_shape(text: string, error: Refuse): number[] {
  const parts = text
    .slice(1, -1)
    .split(',')
    .map((part) => part.trim())
  if (parts.at(-1) === '') parts.pop()
  else if (parts.length === 1) throw error(`shape is not valid: ${text}`)
  const shape = parts.map((part) => (/^\d+L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN))
  if (shape.some((size) => !Number.isSafeInteger(size)) || shape.length > 64)
    throw error(`shape is not valid: ${text.slice(0, 80)}`)
  return shape
}
