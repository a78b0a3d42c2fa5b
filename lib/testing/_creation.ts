import type { DeviceLike } from '../device.js'
import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { type_error, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import { own, own_value } from '../own.js'
import { py_bool, py_repr } from '../repr.js'
import type { Tensor } from '../tensor.js'
import { finfo, iinfo } from '../type_info.js'
import { warn_once } from '../warn.js'

const aten_slice = operator('aten::slice.Tensor')

/** Keywords of {@link make_tensor}. */
export interface MakeTensorOptions {
  dtype: DType
  /** Default: `'cpu'`. */
  device?: DeviceLike
  /** The least value. Default: 0 for bool and unsigned integers, else -9. */
  low?: number | null
  /** No value reaches it. Default: 2 for bool, 10 for integers, else 9. */
  high?: number | null
  /** Default: false. */
  requires_grad?: boolean
  /** Whether elements have gaps between them, where there are at least two. Default: false. */
  noncontiguous?: boolean
  /** Whether zeros become the smallest normal number, or one. Default: false. */
  exclude_zero?: boolean
  /** Default: as it comes. */
  memory_format?: Parameters<Tensor['clone']>[0] extends infer O
    ? O extends { memory_format?: infer F }
      ? F
      : never
    : never
}

interface Bounds {
  lowest: number
  highest: number
  low: number
  high: number
}

const FLOATS: readonly DType[] = [dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64]
const COMPLEX: readonly DType[] = [dtypes.complex32, dtypes.complex64, dtypes.complex128]
const EIGHT_BITS: readonly DType[] = [
  dtypes.float8_e4m3fn,
  dtypes.float8_e5m2,
  dtypes.float8_e4m3fnuz,
  dtypes.float8_e5m2fnuz,
]
const is_whole = (dtype: DType) => dtype === dtypes.bool || /^u?int(?:8|16|32|64)$/.test(dtype.name)

function bounds_of(dtype: DType): Bounds {
  if (dtype === dtypes.bool) return { lowest: 0, highest: 2, low: 0, high: 2 }
  if (!is_whole(dtype)) {
    const { min, max } = finfo(dtype)
    return { lowest: min, highest: max, low: -9, high: 9 }
  }
  const { min, max } = iinfo(dtype)
  // randint cannot draw the largest int64.
  return { lowest: Number(min), highest: Number(max) + (dtype === dtypes.int64 ? 0 : 1), low: -9, high: 10 }
}

function interval(options: MakeTensorOptions): [low: number, high: number] {
  const { dtype, low, high } = own(options)
  const bounds = bounds_of(dtype)
  const from = low ?? bounds.low
  const to = high ?? bounds.high
  if (Number.isNaN(from) || Number.isNaN(to))
    throw value_error(
      `\`low\` and \`high\` cannot be NaN, but got low=${py_repr(from)} and high=${py_repr(to)}`,
    )
  if (from === to && (FLOATS.includes(dtype) || COMPLEX.includes(dtype))) {
    warn_once(
      'Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1 and will be removed in 2.3. Use `torch.full(...)` instead.',
      'FutureWarning',
    )
  } else if (from >= to) {
    throw value_error(`\`low\` must be less than \`high\`, but got ${py_repr(from)} >= ${py_repr(to)}`)
  } else if (to < bounds.lowest || from >= bounds.highest) {
    const whole = is_whole(dtype)
    throw value_error(
      `The value interval specified by \`low\` and \`high\` is [${py_repr(from)}, ${py_repr(to)}), but ${dtype} only supports [${py_repr(bounds.lowest, !whole)}, ${py_repr(bounds.highest, !whole)})`,
    )
  }
  const clamp = (value: number) => Math.min(Math.max(value, bounds.lowest), bounds.highest)
  return is_whole(dtype) ? [Math.ceil(clamp(from)), Math.ceil(clamp(to))] : [clamp(from), clamp(to)]
}

// The range of one draw must be a number of the dtype.
function fill(tensor: Tensor, low: number, high: number): void {
  if (high - low >= finfo(tensor.dtype).max) tensor.uniform_(low / 2, high / 2).mul_(2)
  else tensor.uniform_(low, high)
}

function drawn(shape: readonly number[], options: MakeTensorOptions): Tensor {
  const { dtype, device = 'cpu' } = own(options)
  const complex = COMPLEX.includes(dtype)
  const small = EIGHT_BITS.includes(dtype)
  if (!is_whole(dtype) && !FLOATS.includes(dtype) && !complex && !small)
    throw type_error(
      `The requested dtype '${dtype}' is not supported by torch.testing.make_tensor(). To request support, file an issue at: https://github.com/pytorch/pytorch/issues`,
    )
  const [low, high] = interval(options)
  if (is_whole(dtype)) return ops.randint(low, high, [...shape], { dtype, device })
  const result = ops.empty([...shape], { dtype: small ? dtypes.float32 : dtype, device })
  fill(complex ? ops.view_as_real(result) : result, low, high)
  return small ? result.to(dtype) : result
}

/**
 * A tensor of values drawn evenly from `low` up to `high`, for tests. Under a seed it is Python's, to the last bit.
 *
 * @param shape - of the tensor
 * @param options - dtype, device, low, high, requires_grad, noncontiguous, exclude_zero, memory_format
 * @throws ValueError for bounds that are no interval, or that the dtype does not reach; TypeError for another dtype
 *
 * @example
 * ```ts
 * torch.testing.make_tensor([2, 3], { dtype: torch.float32, low: -1, high: 1 }).shape // [2, 3]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/testing.html#torch.testing.make_tensor
 */
export function make_tensor(shape: number | readonly number[], options: MakeTensorOptions): Tensor {
  const { dtype, requires_grad = false, exclude_zero = false, memory_format = null } = own(options)
  const sizes = typeof shape === 'number' ? [shape] : [...shape]
  const wants_gaps = own_value(options, 'noncontiguous') === true
  if (wants_gaps && memory_format !== null)
    throw value_error(
      `The parameters \`noncontiguous\` and \`memory_format\` are mutually exclusive, but got noncontiguous=${py_bool(wants_gaps)} and memory_format=${memory_format}`,
    )
  if (requires_grad && is_whole(dtype))
    throw value_error(
      `\`requires_grad=True\` is not supported for boolean and integral dtypes, but got dtype=${dtype}`,
    )
  const gaps = wants_gaps && sizes.reduce((product, size) => product * size, 1) > 1
  if (gaps) sizes.push(2 * sizes.pop()!)
  let result = drawn(sizes, options)
  // From one on, so that what forgets the offset is found too.
  if (gaps) result = aten_slice(result, -1, 1, null, 2) as Tensor
  else if (memory_format !== null) result = result.clone({ memory_format })
  if (exclude_zero) result.masked_fill_(result.eq(0), is_whole(dtype) ? 1 : finfo(dtype).tiny)
  return FLOATS.includes(dtype) || COMPLEX.includes(dtype) ? result.requires_grad_(requires_grad) : result
}
