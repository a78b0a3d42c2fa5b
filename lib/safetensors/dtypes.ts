import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'

/** The format's names of dtypes, in its own order, in which files are written (the last first). */
const NAMES: readonly (readonly [string, DType])[] = [
  ['BOOL', dtypes.bool],
  ['U8', dtypes.uint8],
  ['I8', dtypes.int8],
  ['F8_E5M2', dtypes.float8_e5m2],
  ['F8_E4M3', dtypes.float8_e4m3fn],
  ['F8_E8M0', dtypes.float8_e8m0fnu],
  ['F8_E4M3FNUZ', dtypes.float8_e4m3fnuz],
  ['F8_E5M2FNUZ', dtypes.float8_e5m2fnuz],
  ['I16', dtypes.int16],
  ['U16', dtypes.uint16],
  ['F16', dtypes.float16],
  ['BF16', dtypes.bfloat16],
  ['I32', dtypes.int32],
  ['U32', dtypes.uint32],
  ['F32', dtypes.float32],
  ['C64', dtypes.complex64],
  ['F64', dtypes.float64],
  ['I64', dtypes.int64],
  ['U64', dtypes.uint64],
]

const by_name = new Map(NAMES)
const places = new Map(NAMES.map(([name, dtype], place) => [dtype, { name, place }]))

/** The dtype that the format calls so. */
export function dtype_called(name: string): DType | undefined {
  return by_name.get(name)
}

/** What the format calls a dtype, and its place in the order. */
export function name_of(dtype: DType): { name: string; place: number } | undefined {
  return places.get(dtype)
}
