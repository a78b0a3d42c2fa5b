import { inspect } from 'node:util'
import { type_error } from './errors.js'
import { native } from './native.js'
import { LOWERED } from './ops/lowered.js'

// While this file makes the ones that there are: a second one of the same number would take the first one's place.
let making = true

/**
 * The type of a tensor's elements, as `torch.dtype`.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.float32.itemsize // 4
 * ```
 * @see https://docs.pytorch.org/docs/2.13/tensor_attributes.html#torch.dtype
 */
export class DType {
  readonly [LOWERED]: number

  /**
   * Made once for each type that LibTorch has; use `torch.float32` and its like.
   *
   * @throws TypeError for everybody else
   */
  constructor(
    readonly name: string,
    code: number,
    /** Bytes an element. */
    readonly itemsize: number,
    readonly is_floating_point: boolean = false,
    readonly is_complex: boolean = false,
    readonly is_signed: boolean = true,
  ) {
    if (!making) throw type_error("cannot create 'torch.dtype' instances")
    this[LOWERED] = code
    by_code[code] = this
  }

  /** `torch.float32`, as Python prints it. */
  toString(): string {
    return `torch.${this.name}`
  }

  /** Its text in JSON. */
  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

const by_code: DType[] = []

/** The dtype of LibTorch's ScalarType number. */
export function dtype_of_code(code: number): DType {
  return by_code[code] ?? unknown(code)
}

export const uint8 = new DType('uint8', 0, 1, false, false, false)
export const int8 = new DType('int8', 1, 1)
export const int16 = new DType('int16', 2, 2)
export const int32 = new DType('int32', 3, 4)
export const int64 = new DType('int64', 4, 8)
export const float16 = new DType('float16', 5, 2, true)
export const float32 = new DType('float32', 6, 4, true)
export const float64 = new DType('float64', 7, 8, true)
export const complex32 = new DType('complex32', 8, 4, false, true)
export const complex64 = new DType('complex64', 9, 8, false, true)
export const complex128 = new DType('complex128', 10, 16, false, true)
export const bool = new DType('bool', 11, 1, false, false, false)
export const qint8 = new DType('qint8', 12, 1)
export const quint8 = new DType('quint8', 13, 1, false, false, false)
export const qint32 = new DType('qint32', 14, 4)
export const bfloat16 = new DType('bfloat16', 15, 2, true)
export const quint4x2 = new DType('quint4x2', 16, 1, false, false, false)
export const quint2x4 = new DType('quint2x4', 17, 1, false, false, false)
export const bits1x8 = new DType('bits1x8', 18, 1, false, false, false)
export const bits2x4 = new DType('bits2x4', 19, 1, false, false, false)
export const bits4x2 = new DType('bits4x2', 20, 1, false, false, false)
export const bits8 = new DType('bits8', 21, 1, false, false, false)
export const bits16 = new DType('bits16', 22, 2, false, false, false)
export const float8_e5m2 = new DType('float8_e5m2', 23, 1, true)
export const float8_e4m3fn = new DType('float8_e4m3fn', 24, 1, true)
export const float8_e5m2fnuz = new DType('float8_e5m2fnuz', 25, 1, true)
export const float8_e4m3fnuz = new DType('float8_e4m3fnuz', 26, 1, true)
export const uint16 = new DType('uint16', 27, 2, false, false, false)
export const uint32 = new DType('uint32', 28, 4, false, false, false)
export const uint64 = new DType('uint64', 29, 8, false, false, false)
export const uint1 = new DType('uint1', 30, 1, false, false, false)
export const uint2 = new DType('uint2', 31, 1, false, false, false)
export const uint3 = new DType('uint3', 32, 1, false, false, false)
export const uint4 = new DType('uint4', 33, 1, false, false, false)
export const uint5 = new DType('uint5', 34, 1, false, false, false)
export const uint6 = new DType('uint6', 35, 1, false, false, false)
export const uint7 = new DType('uint7', 36, 1, false, false, false)
export const int1 = new DType('int1', 37, 1)
export const int2 = new DType('int2', 38, 1)
export const int3 = new DType('int3', 39, 1)
export const int4 = new DType('int4', 40, 1)
export const int5 = new DType('int5', 41, 1)
export const int6 = new DType('int6', 42, 1)
export const int7 = new DType('int7', 43, 1)
export const float8_e8m0fnu = new DType('float8_e8m0fnu', 44, 1, true, false, false)

export const float4_e2m1fn_x2 = new DType('float4_e2m1fn_x2', 45, 1, true)

making = false

function unknown(code: number): DType {
  making = true
  try {
    return new DType(`unknown_${code}`, code, 0)
  } finally {
    making = false
  }
}

/** The dtype of numbers that come without one: the whole process's, workers included. */
export function get_default_dtype(): DType {
  return dtype_of_code(native.default_dtype())
}

/** The dtype of complex numbers that come without one. */
export function get_default_complex_dtype(): DType {
  const real = get_default_dtype()
  if (real === float64) return complex128
  return real === float16 ? complex32 : complex64
}

export const half = float16
export const float = float32
export const double = float64
export const short = int16
export const int = int32
export const long = int64
export const chalf = complex32
export const cfloat = complex64
export const cdouble = complex128
