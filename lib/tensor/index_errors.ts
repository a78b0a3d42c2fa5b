import { IndexError, index_error, type_name, value_error } from '../errors.js'
import type { Tensor } from '../tensor.js'

const INT64_END = 2n ** 63n

export function too_many_indices(ndim: number): Error {
  return index_error(`too many indices for tensor of dimension ${ndim}`)
}

/** Why a dimension of `size` (undefined where there is none) has no such element; `error` where nothing is wrong here. */
export function select_error(
  error: unknown,
  index: number | bigint,
  position: number,
  size: number | undefined,
): unknown {
  if (typeof index === 'number' && !Number.isInteger(index)) return error
  const whole = BigInt(index)
  if (whole < -INT64_END || whole >= INT64_END) return value_error('Overflow when unpacking long long')
  if (size === undefined && whole === 0n) {
    return index_error(
      'invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a ' +
        '0-dim tensor to a number',
    )
  }
  if (index < -(size ?? 0) || index >= (size ?? 0)) {
    return index_error(`index ${index} is out of bounds for dimension ${position} with size ${size ?? 0}`)
  }
  return error
}

/** What to say of a failed look-up by tensors. LibTorch looks at their dtypes first. */
export function explain_gather(error: unknown, tensors: readonly (Tensor | null)[]): unknown {
  if (!(error instanceof IndexError) || !tensors.some((tensor) => tensor?.dtype.is_floating_point))
    return error
  return index_error(
    'tensors used as indices must be long, int, byte or bool tensors, make it with { dtype: torch.long } or bigints',
  )
}

/** The refusal of what is no index. */
export function invalid_index(value: unknown): Error {
  const received =
    typeof value === 'number' ? 'float' : typeof value === 'string' ? `'${value}'` : type_name(value)
  return index_error(
    'only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices ' +
      `(got ${received})`,
  )
}
