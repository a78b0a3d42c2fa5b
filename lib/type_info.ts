import * as dtypes from './dtype.js'
import { DType, get_default_dtype } from './dtype.js'
import { type_error, type_name } from './errors.js'
import { own_value } from './own.js'
import { format_general } from './tensor/number_format.js'

// torch.finfo and torch.iinfo: what a dtype can hold.

/** A floating-point format: its bits of exponent and fraction, and how it spends the highest exponent. */
interface Format {
  exponent: number
  fraction: number
  bias: number
  /** The largest number. */
  max: number
  /** Where PyTorch's is not 2 to the power of -fraction. */
  eps?: number
}

const binary = (exponent: number, fraction: number): Format => {
  const bias = 2 ** (exponent - 1) - 1
  return { exponent, fraction, bias, max: (2 - 2 ** -fraction) * 2 ** bias }
}

const formats = new Map<DType, Format>([
  [dtypes.float16, binary(5, 10)],
  [dtypes.bfloat16, binary(8, 7)],
  [dtypes.float32, binary(8, 23)],
  [dtypes.float64, binary(11, 52)],
  [dtypes.float8_e5m2, binary(5, 2)],
  [dtypes.float8_e4m3fn, { exponent: 4, fraction: 3, bias: 7, max: 448 }],
  [dtypes.float8_e4m3fnuz, { exponent: 4, fraction: 3, bias: 8, max: 240 }],
  [dtypes.float8_e5m2fnuz, { exponent: 5, fraction: 2, bias: 16, max: 57344, eps: 0.125 }],
  [dtypes.float8_e8m0fnu, { exponent: 8, fraction: 0, bias: 127, max: 2 ** 127 }],
])

const real_of = new Map([
  [dtypes.complex32, dtypes.float16],
  [dtypes.complex64, dtypes.float32],
  [dtypes.complex128, dtypes.float64],
])

/** Limits of a floating-point dtype. */
export class FInfo {
  /** Bits a number. */
  readonly bits: number
  /** The smallest number with `1 + eps != 1`. */
  readonly eps: number
  readonly max: number
  readonly min: number
  /** The smallest positive normal number. */
  readonly smallest_normal: number
  /** As `smallest_normal`. */
  readonly tiny: number
  /** Ten to the power of the decimal digits that the dtype holds, negated. */
  readonly resolution: number
  /** The name of the dtype, of its parts for a complex one. */
  readonly dtype: string

  constructor(type: DType) {
    const real = real_of.get(type) ?? type
    const format = formats.get(real)
    if (format === undefined) {
      throw type_error(
        `torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'`,
      )
    }
    const { fraction, bias, max } = format
    // No numbers below one: the format of powers of two alone.
    const scale = real === dtypes.float8_e8m0fnu
    this.bits = real.itemsize * 8
    this.eps = own_value(format, 'eps') ?? 2 ** -fraction
    this.max = max
    this.smallest_normal = scale ? 2 ** -bias : 2 ** (1 - bias)
    this.min = scale ? this.smallest_normal : -max
    this.tiny = this.smallest_normal
    this.resolution = Number(`1e-${Math.floor(fraction * Math.LOG10E * Math.LN2)}`)
    this.dtype = real.name
  }

  toString(): string {
    const parts = (['resolution', 'min', 'max', 'eps', 'smallest_normal', 'tiny'] as const).map(
      (name) => `${name}=${format_general(this[name], 6)}`,
    )
    return `finfo(${parts.join(', ')}, dtype=${this.dtype})`
  }
}

/** Limits of an integer dtype; those that a number cannot hold exactly are bigints. */
export class IInfo {
  /** Bits a number. */
  readonly bits: number
  readonly max: number | bigint
  readonly min: number | bigint
  /** The name of the dtype. */
  readonly dtype: string

  constructor(type: DType) {
    if (type === dtypes.bool) throw type_error('torch.bool is not supported by torch.iinfo')
    if (!(type instanceof DType) || !/^u?int(?:8|16|32|64)$/.test(type.name)) {
      throw type_error(
        `torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'`,
      )
    }
    this.bits = type.itemsize * 8
    const max = (1n << BigInt(type.is_signed ? this.bits - 1 : this.bits)) - 1n
    const fitting = (value: bigint) => (this.bits < 64 || value === 0n ? Number(value) : value)
    this.max = fitting(max)
    this.min = fitting(type.is_signed ? -max - 1n : 0n)
    this.dtype = type.name
  }

  toString(): string {
    const text = (value: number | bigint) => format_general(Number(value), 6)
    return `iinfo(min=${text(this.min)}, max=${text(this.max)}, dtype=${this.dtype})`
  }
}

function expect_dtype(name: string, type: unknown): DType {
  if (type instanceof dtypes.DType) return type
  throw type_error(
    `${name}(): argument 'type' (position 1) must be torch.dtype, not ${type_name(type)}`,
    name,
  )
}

/**
 * What a floating-point dtype can hold.
 *
 * @param type the dtype (default: the default dtype)
 * @throws TypeError where the dtype is no floating-point one
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.finfo(torch.float32).eps // 1.1920928955078125e-7
 * ```
 * @see https://docs.pytorch.org/docs/2.13/type_info.html#torch.finfo
 */
export function finfo(type: DType = get_default_dtype()): FInfo {
  return new FInfo(expect_dtype('finfo', type))
}

/**
 * What an integer dtype can hold; the limits of 64 bits are bigints.
 *
 * @param type the dtype
 * @throws TypeError where the dtype is no integer one
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.iinfo(torch.int8).max // 127
 * ```
 * @see https://docs.pytorch.org/docs/2.13/type_info.html#torch.iinfo
 */
export function iinfo(type: DType): IInfo {
  return new IInfo(expect_dtype('iinfo', type))
}
