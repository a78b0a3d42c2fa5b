import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { legacy_storages } from '../legacy_types.js'

/** Names of the storage classes by dtype, as old files and `_rebuild_tensor_v2` know them. */
export const STORAGE_CLASSES: ReadonlyMap<DType, string> = new Map([
  ...legacy_storages,
  [dtypes.qint8, 'QInt8Storage'],
  [dtypes.quint8, 'QUInt8Storage'],
  [dtypes.qint32, 'QInt32Storage'],
  [dtypes.quint4x2, 'QUInt4x2Storage'],
  [dtypes.quint2x4, 'QUInt2x4Storage'],
])

/** Dtypes that have no storage class of their own: their bytes are an UntypedStorage, and the dtype stands beside it. */
export const UNTYPED: readonly DType[] = [
  dtypes.float8_e5m2,
  dtypes.float8_e4m3fn,
  dtypes.float8_e5m2fnuz,
  dtypes.float8_e4m3fnuz,
  dtypes.float8_e8m0fnu,
  dtypes.float4_e2m1fn_x2,
  dtypes.bits1x8,
  dtypes.bits2x4,
  dtypes.bits4x2,
  dtypes.bits8,
  dtypes.bits16,
  dtypes.complex32,
  dtypes.uint16,
  dtypes.uint32,
  dtypes.uint64,
]
