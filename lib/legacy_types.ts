import type { DType } from './dtype.js'
import * as dtypes from './dtype.js'

// Before there were dtypes, each type of elements had a class of tensors and one of storages: `torch.FloatTensor`,
// `torch.FloatStorage`. Their names stand here alone.

const names: readonly (readonly [dtype: DType, name: string])[] = [
  [dtypes.float64, 'Double'],
  [dtypes.float32, 'Float'],
  [dtypes.float16, 'Half'],
  [dtypes.int64, 'Long'],
  [dtypes.int32, 'Int'],
  [dtypes.int16, 'Short'],
  [dtypes.int8, 'Char'],
  [dtypes.uint8, 'Byte'],
  [dtypes.bool, 'Bool'],
  [dtypes.bfloat16, 'BFloat16'],
  [dtypes.complex128, 'ComplexDouble'],
  [dtypes.complex64, 'ComplexFloat'],
]

const by_dtype = new Map(names)

/** The old name of a type of elements: `'Float'` for float32. A later type keeps its dtype's name. */
export function legacy_name(dtype: DType): string {
  return by_dtype.get(dtype) ?? dtype.name
}

/** The types that have classes of storages of their own, with the classes' names: `'FloatStorage'`. */
export const legacy_storages: readonly (readonly [dtype: DType, name: string])[] = names.map(
  ([dtype, name]) => [dtype, `${name}Storage`],
)

const by_tensor = new Map(
  names.filter(([dtype]) => !dtype.is_complex).map(([dtype, name]) => [`${name}Tensor`, dtype]),
)

/** The dtype of an old class of tensors, `'FloatTensor'`; undefined where there is no such class. */
export function dtype_of_legacy_tensor(name: string): DType | undefined {
  return by_tensor.get(name)
}
