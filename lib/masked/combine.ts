import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { index_error, not_implemented_error, runtime_error, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { own_value } from '../own.js'
import { make_tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor.js'

/** Along which dimensions; none, or an empty list, stands for all. */
export type Dims = number | readonly number[] | null

/** The dimensions in ascending order, counted from the front. */
export function canonical_dims(dim: Dims, ndim: number): number[] {
  if (dim === null || (typeof dim !== 'number' && dim.length === 0))
    return Array.from({ length: ndim }, (_, d) => d)
  const most = Math.max(ndim, 1)
  const found: number[] = []
  for (const d of typeof dim === 'number' ? [dim] : dim) {
    if (found.includes(d)) throw runtime_error(`dim=${d} appears multiple times in the list of dims`)
    if (d >= most || d < -most) {
      throw index_error(
        `Dimension out of range (expected to be in range of [${-most}, ${most - 1}], but got ${d})`,
      )
    }
    found.push(d < 0 ? d + most : d)
  }
  return found.sort((a, b) => a - b)
}

const INTEGERS: Record<string, readonly [least: bigint, most: bigint]> = {
  uint8: [0n, 255n],
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  int32: [-2147483648n, 2147483647n],
  int64: [-9223372036854775808n, 9223372036854775807n],
}

/** What leaves a reduction as it is: what masked-out elements are replaced by. */
export type Identity = 'sum' | 'prod' | 'least' | 'most' | 'nan'

function identity(kind: Identity, operator: string, dtype: DType): number | bigint {
  if (kind === 'sum') return dtype.is_floating_point ? 0 : 0n
  if (kind === 'prod') return dtype.is_floating_point ? 1 : 1n
  if (kind === 'nan') return Number.NaN
  const most = kind === 'most'
  if (dtype.is_floating_point || (operator === 'logsumexp' && dtype.is_complex)) {
    return most ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }
  const limits = own_value(INTEGERS, dtype.name)
  if (limits === undefined) throw not_implemented_error(`identity of ${operator} on ${dtype} input`)
  return limits[most ? 1 : 0]
}

/** The mask at the input's shape. */
export function input_mask(input: Tensor, mask: Tensor): Tensor {
  if (String(mask.shape) === String(input.shape)) return mask.to(dtypes.bool)
  if (mask.ndim > input.ndim) {
    throw index_error(
      '_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)',
    )
  }
  return mask.clone().broadcast_to(input.shape).to(dtypes.bool)
}

/** The input with masked-out elements replaced by what leaves the operation as it is. */
export function combine(operator: string, kind: Identity, input: Tensor, mask: Tensor | null): Tensor {
  const layout = input.layout.name
  if (layout !== 'strided')
    throw value_error(`masked ${operator} expects strided tensor (got torch.${layout} tensor)`)
  if (mask === null) return input
  const { dtype, device } = input
  const fill = make_tensor(identity(kind, operator, dtype), { dtype, device })
  return ops.where(input_mask(input, mask), input, fill)
}
