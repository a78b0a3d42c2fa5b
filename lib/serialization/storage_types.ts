import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'

/** Names of the storage classes by dtype, as old files and `_rebuild_tensor_v2` know them. */
export const STORAGE_CLASSES: ReadonlyMap<DType, string> = new Map([
  [dtypes.float64, 'DoubleStorage'],
  [dtypes.float32, 'FloatStorage'],
  [dtypes.float16, 'HalfStorage'],
  [dtypes.int64, 'LongStorage'],
  [dtypes.int32, 'IntStorage'],
  [dtypes.int16, 'ShortStorage'],
  [dtypes.int8, 'CharStorage'],
  [dtypes.uint8, 'ByteStorage'],
  [dtypes.bool, 'BoolStorage'],
  [dtypes.bfloat16, 'BFloat16Storage'],
  [dtypes.complex128, 'ComplexDoubleStorage'],
  [dtypes.complex64, 'ComplexFloatStorage'],
])

/** Dtypes that have no storage class of their own: their bytes are an UntypedStorage, and the dtype stands beside it. */
export const UNTYPED: readonly DType[] = [
  dtypes.float8_e5m2,
  dtypes.float8_e4m3fn,
  dtypes.float8_e5m2fnuz,
  dtypes.float8_e4m3fnuz,
  dtypes.float8_e8m0fnu,
  dtypes.complex32,
  dtypes.uint16,
  dtypes.uint32,
  dtypes.uint64,
]
