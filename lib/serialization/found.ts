import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import * as storages from '../storage.js'
import type { Tensor } from '../tensor.js'

/** What a pickle may name: a class or function that its REDUCE calls, and what else may be done with it. */
export interface Constructor {
  /** The value of a call with these arguments. */
  call?(args: readonly unknown[]): unknown
  /** A new object without the constructor having run, where that is not the same. */
  make?(args: readonly unknown[]): unknown
  /** The value itself, where a file may hold it (a dtype, a class). */
  readonly value?: unknown
}

/** A class or function that a pickle named and may call. */
export class Found {
  constructor(
    readonly path: string,
    readonly constructor_: Constructor,
  ) {}
}

/** A storage class named in a file: the dtype of its elements. */
export class StorageType {
  /** The class that people see; undefined where there is none. */
  readonly shown: unknown

  constructor(
    readonly dtype: DType,
    /** Whether its bytes have no dtype of their own. */
    readonly untyped = false,
  ) {
    this.shown = untyped ? storages.UntypedStorage : CLASSES.get(dtype)
  }
}

const CLASSES = new Map<DType, unknown>([
  [dtypes.float64, storages.DoubleStorage],
  [dtypes.float32, storages.FloatStorage],
  [dtypes.float16, storages.HalfStorage],
  [dtypes.bfloat16, storages.BFloat16Storage],
  [dtypes.uint8, storages.ByteStorage],
  [dtypes.int8, storages.CharStorage],
  [dtypes.int16, storages.ShortStorage],
  [dtypes.int32, storages.IntStorage],
  [dtypes.int64, storages.LongStorage],
  [dtypes.bool, storages.BoolStorage],
  [dtypes.complex64, storages.ComplexFloatStorage],
  [dtypes.complex128, storages.ComplexDoubleStorage],
])

/** A storage read from a file. */
export class Storage {
  constructor(
    /** A row of its bytes; it may be a part of more memory. */
    readonly bytes: Tensor,
    readonly dtype: DType,
    readonly untyped: boolean,
  ) {}
}
