import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { type_error } from '../errors.js'

/** The limits of a floating point type that our own code needs. */
export interface FloatInfo {
  /** The distance from 1 to the next number. */
  eps: number
  /** The smallest positive number that is not subnormal. */
  tiny: number
  /** The greatest number. */
  max: number
}

const infos = new Map<DType, FloatInfo>([
  [dtypes.float16, { eps: 0.0009765625, tiny: 6.103515625e-5, max: 65504 }],
  [dtypes.bfloat16, { eps: 0.0078125, tiny: 1.1754943508222875e-38, max: 3.3895313892515355e38 }],
  [dtypes.float32, { eps: 1.1920928955078125e-7, tiny: 1.1754943508222875e-38, max: 3.4028234663852886e38 }],
  [dtypes.float64, { eps: Number.EPSILON, tiny: 2.2250738585072014e-308, max: Number.MAX_VALUE }],
])

/** The limits of a floating point type. */
export function finfo_of(dtype: DType): FloatInfo {
  const found = infos.get(dtype)
  if (found === undefined)
    throw type_error(
      `torch.finfo() requires a floating point input type. Use torch.iinfo to handle '${dtype}'`,
    )
  return found
}
