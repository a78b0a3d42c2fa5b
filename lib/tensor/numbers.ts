import type { DType } from '../dtype.js'
import { make_error, runtime_error, type_error, value_error } from '../errors.js'
import { own_value } from '../own.js'
import { Complex, FloatScalar } from '../scalar.js'

/** A number that elements are made from. */
export type Leaf = number | bigint | boolean | FloatScalar | Complex

// Python's rules for its numbers as elements: what does not fit is an error, but for negative whole numbers in unsigned
// dtypes, which wrap around down to minus the greatest. A plain whole number counts as Python's int, else as its float.

interface Range {
  least: number
  most: number
}

const INT64_END = 2n ** 63n
const UINT64_END = 2n ** 64n

const ranges: Record<string, Range> = {
  uint8: { least: -255, most: 255 },
  int8: { least: -128, most: 127 },
  uint16: { least: -65535, most: 65535 },
  int16: { least: -32768, most: 32767 },
  uint32: { least: -(2 ** 32 - 1), most: 2 ** 32 - 1 },
  int32: { least: -(2 ** 31), most: 2 ** 31 - 1 },
  int64: { least: -(2 ** 63), most: 2 ** 63 },
}

/** Whether {@link to_integers} makes elements of a dtype, or {@link to_uint64}. */
export function is_integral(dtype: DType): boolean {
  return Object.hasOwn(ranges, dtype.name) || dtype.name === 'uint64'
}

function no_overflow(dtype: DType): Error {
  return runtime_error(`value cannot be converted to type ${dtype.name} without overflow`, 'tensor')
}

/** Refuses a bigint that Python cannot read as a long long. */
export function check_long(value: unknown): void {
  if (typeof value === 'bigint' && (value < -INT64_END || value >= INT64_END))
    throw value_error('Overflow when unpacking long long')
}

/** Numbers as elements of an integer dtype but uint64, 64 bits wide. */
export function to_integers(leaves: readonly Leaf[], dtype: DType): BigInt64Array {
  const { least, most } = own_value(ranges, dtype.name)!
  const least_float = least === -most && dtype.name !== 'int64' ? 0 : least
  const whole = new BigInt64Array(leaves.length)
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i]!
    if (typeof leaf === 'number' && Number.isSafeInteger(leaf)) {
      if (leaf < least || leaf > most) throw no_overflow(dtype)
      whole[i] = BigInt(leaf)
    } else if (typeof leaf === 'number' || leaf instanceof FloatScalar) {
      const value = Number(leaf)
      // 2^63 itself would wrap to −2^63, as it does in Python.
      if (!(value >= least_float && value <= most) || value === 2 ** 63) throw no_overflow(dtype)
      whole[i] = BigInt(Math.trunc(value))
    } else if (leaf instanceof Complex) {
      throw type_error("'complex' object cannot be interpreted as an integer", 'tensor')
    } else {
      check_long(leaf)
      const value = BigInt(leaf)
      if (dtype.name !== 'int64' && (value < least || value > most)) throw no_overflow(dtype)
      whole[i] = value
    }
  }
  return whole
}

/** Whole numbers as elements of uint64. */
export function to_uint64(leaves: readonly Leaf[]): BigUint64Array {
  return BigUint64Array.from(leaves, (leaf) => {
    if (typeof leaf === 'object' || (typeof leaf === 'number' && !Number.isInteger(leaf)))
      throw type_error('an integer is required', 'tensor')
    const value = BigInt(leaf)
    if (value < 0n) throw make_error('OverflowError', "can't convert negative int to unsigned", 'tensor')
    if (value >= UINT64_END) throw make_error('OverflowError', 'int too big to convert', 'tensor')
    return value
  })
}

/** Truth, as Python has it: everything but zero. */
export function to_booleans(leaves: readonly Leaf[]): Uint8Array {
  return Uint8Array.from(leaves, (leaf) => {
    if (leaf instanceof Complex) return leaf.re !== 0 || leaf.im !== 0 ? 1 : 0
    return Number(leaf) === 0 ? 0 : 1
  })
}

/** The float that a number is. */
export function to_float(leaf: Leaf): number {
  if (typeof leaf === 'number') return leaf
  if (leaf instanceof Complex) throw type_error('must be real number, not complex', 'tensor')
  const value = Number(leaf)
  if (typeof leaf === 'bigint' && !Number.isFinite(value))
    throw make_error('OverflowError', 'int too large to convert to float', 'tensor')
  return value
}
