import type { DType } from '../../dtype.js'
import * as dtypes from '../../dtype.js'
import { own } from '../../own.js'

/** The part of apache-arrow's `DataType` that is read here. */
export interface ArrowType {
  readonly typeId: number
  toString(): string
}

/** The part of apache-arrow's `Data`: one chunk of a column. */
export interface ArrowData {
  readonly type: ArrowType
  readonly length: number
  /** Of the validity bits, and of booleans; other values begin with the first. */
  readonly offset: number
  readonly nullCount: number
  readonly nullBitmap: Uint8Array | null | undefined
  readonly values: unknown
  readonly children: readonly ArrowData[]
}

/** The part of apache-arrow's `Vector`. */
export interface ArrowVector {
  readonly type: ArrowType
  readonly length: number
  readonly data: readonly ArrowData[]
}

/** The part of apache-arrow's `Field`. */
export interface ArrowField {
  readonly name: string
  readonly metadata: ReadonlyMap<string, string>
}

/** The part of apache-arrow's `Table` or `RecordBatch`. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly ArrowField[] }
  getChildAt(index: number): ArrowVector | null
}

/** Arrow's numbers of the types that are read here. */
export const ID = {
  int: 2,
  float: 3,
  bool: 6,
  date: 8,
  time: 9,
  timestamp: 10,
  fixed_size_binary: 15,
  fixed_size_list: 16,
  duration: 18,
} as const

const signed: Record<number, DType> = { 8: dtypes.int8, 16: dtypes.int16, 32: dtypes.int32, 64: dtypes.int64 }
const unsigned: Record<number, DType> = {
  8: dtypes.uint8,
  16: dtypes.uint16,
  32: dtypes.uint32,
  64: dtypes.uint64,
}
const floats = [dtypes.float16, dtypes.float32, dtypes.float64]

interface Facts {
  bitWidth?: number
  isSigned?: boolean
  precision?: number
  unit?: number
}

/** The dtype of a type's elements; undefined where there is none: texts, decimals, structures, lists of any length. */
export function dtype_of_type(type: ArrowType): DType | undefined {
  const { bitWidth = 0, isSigned = true, precision = 0, unit = 0 } = own(type as Facts)
  switch (type.typeId) {
    case ID.int:
      return (isSigned ? signed : unsigned)[bitWidth]
    case ID.float:
      return floats[precision]
    case ID.bool:
      return dtypes.bool
    case ID.date:
      return unit === 0 ? dtypes.int32 : dtypes.int64
    case ID.time:
      return signed[bitWidth]
    case ID.timestamp:
    case ID.duration:
      return dtypes.int64
    case ID.fixed_size_binary:
      return dtypes.uint8
    default:
      return undefined
  }
}

/** Which of apache-arrow's classes stands for a dtype. */
export const CLASS_OF: ReadonlyMap<DType, string> = new Map([
  [dtypes.int8, 'Int8'],
  [dtypes.int16, 'Int16'],
  [dtypes.int32, 'Int32'],
  [dtypes.int64, 'Int64'],
  [dtypes.uint8, 'Uint8'],
  [dtypes.uint16, 'Uint16'],
  [dtypes.uint32, 'Uint32'],
  [dtypes.uint64, 'Uint64'],
  [dtypes.float16, 'Float16'],
  [dtypes.float32, 'Float32'],
  [dtypes.float64, 'Float64'],
  [dtypes.bool, 'Bool'],
])
