import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { runtime_error, type_name, value_error } from '../errors.js'
import {
  per_channel_affine,
  per_channel_affine_float_qparams,
  per_tensor_affine,
  type QScheme,
} from '../layout.js'
import { LOWERED } from '../ops/lowered.js'
import { operator } from '../ops/operator.js'
import { FloatScalar } from '../scalar.js'
import { make_tensor } from '../tensor/create.js'
import { Tensor } from '../tensor.js'
import { spend } from './budget.js'
import { Tuple } from './pickle_types.js'
import { shown } from './shown.js'

const aten_empty_per_channel = operator('aten::_empty_per_channel_affine_quantized')
const aten_empty_per_tensor = operator('aten::_empty_affine_quantized')
const aten_axis = operator('aten::q_per_channel_axis')
const aten_qscheme = operator('aten::qscheme')
const aten_scale = operator('aten::q_scale')
const aten_scales = operator('aten::q_per_channel_scales')
const aten_set = operator('aten::set_.source_Tensor_storage_offset')
const aten_zero_point = operator('aten::q_zero_point')
const aten_zero_points = operator('aten::q_per_channel_zero_points')

const SCHEMES = [per_tensor_affine, per_channel_affine, per_channel_affine_float_qparams]

/** The dtypes whose elements are less than a byte, and how many of them a byte holds. */
export const PACKED: ReadonlyMap<DType, number> = new Map([
  [dtypes.quint4x2, 2],
  [dtypes.quint2x4, 4],
])

/** A quantized tensor's scheme with its numbers, as `_rebuild_qtensor` takes them. */
export function quantizer_of(self: Tensor): Tuple {
  const scheme = scheme_of(self)
  if (scheme === per_tensor_affine) {
    const scale = new FloatScalar(Number(aten_scale(self)))
    return new Tuple(scheme, scale, aten_zero_point(self))
  }
  return new Tuple(scheme, aten_scales(self), aten_zero_points(self), aten_axis(self))
}

function scheme_of(self: Tensor): QScheme {
  const code: unknown = aten_qscheme(self)
  const scheme = SCHEMES.find((one) => one === code || one[LOWERED] === code)
  if (scheme !== undefined) return scheme
  throw runtime_error(`save(): cannot save a quantized tensor of qscheme ${String(code)}`)
}

/** What a file says of a quantized tensor besides its storage. */
interface Described {
  readonly dtype: DType
  readonly size: readonly number[]
  /** `(scheme, scale, zero point)`, or `(scheme, scales, zero points, axis)`. */
  readonly params: unknown
}

/** An empty quantized tensor as a file describes it. */
function empty_quantized({ dtype, size, params }: Described): Tensor {
  if (!Array.isArray(params)) throw runtime_error(`argument 4 must be a tuple, not ${type_name(params)}`)
  const [scheme, first, second, axis] = params as unknown[]
  if (scheme === per_tensor_affine) {
    if (typeof first !== 'number' || !Number.isFinite(first) || !Number.isSafeInteger(second))
      throw runtime_error(`a scale of ${shown(first)} and a zero point of ${shown(second)} are none`)
    return aten_empty_per_tensor(size, { scale: first, zero_point: second, dtype })
  }
  if (scheme !== per_channel_affine && scheme !== per_channel_affine_float_qparams)
    throw runtime_error(`Can't deserialize quantized tensor with qscheme ${shown(scheme)}`)
  if (!Number.isInteger(axis) || !((axis as number) >= 0 && (axis as number) < size.length))
    throw value_error(
      `_rebuild_qtensor: per_channel axis ${shown(axis)} out of range for size (${size.join(', ')})`,
    )
  const is_float = scheme === per_channel_affine_float_qparams
  for (const row of [first, second]) if (row instanceof Tensor) spend('bytes', row.numel() * 8)
  const scales = row_of(first, is_float ? dtypes.float32 : dtypes.float64)
  const zero_points = row_of(second, is_float ? dtypes.float32 : dtypes.int64)
  const wanted = size[axis as number]!
  if (scales.numel() !== wanted || zero_points.numel() !== wanted)
    throw value_error(
      `_rebuild_qtensor: per_channel scales/zero_points length must equal size[axis]=${wanted}, got ` +
        `scales=${scales.numel()}, zero_points=${zero_points.numel()}`,
    )
  return aten_empty_per_channel(size, { scales, zero_points, axis, dtype })
}

function row_of(value: unknown, dtype: DType): Tensor {
  if (value instanceof Tensor) return value
  if (Array.isArray(value)) return make_tensor(value as number[], { dtype })
  throw runtime_error(`scales and zero points must be tensors or lists, not ${type_name(value)}`)
}

/** A quantized tensor over the storage of `source`, which is of its dtype. */
export function quantized_over(
  source: Tensor,
  described: Described,
  offset: number,
  stride: readonly number[],
): Tensor {
  return aten_set(empty_quantized(described), source, offset, [...described.size], [...stride])
}
