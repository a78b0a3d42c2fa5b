import { python_type_name, type_error, value_error } from '../errors.js'
import { py_string } from '../repr.js'
import { FloatScalar } from '../scalar.js'
import { Tensor } from '../tensor.js'

// Python's conversions by float() and int(), for what PyTorch converts so.

/** A number, or a value that Python's `float()` makes one of: `'inf'`, `'1e-3'`, a tensor of one element. */
export type FloatLike = number | bigint | boolean | string | FloatScalar | Tensor

const DIGITS = String.raw`\d+(?:_\d+)*`
const FLOAT = new RegExp(
  `^[+-]?(?:(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:e[+-]?${DIGITS})?|inf(?:inity)?|nan)$`,
  'i',
)

const INT = new RegExp(`^[+-]?${DIGITS}$`)

/**
 * Converts as Python's `float()`.
 *
 * @throws TypeError for what is no number, string or tensor; ValueError for other strings
 */
export function float_of(value: FloatLike): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint' || typeof value === 'boolean' || value instanceof FloatScalar)
    return Number(value)
  if (value instanceof Tensor) return Number(value.item())
  if (typeof value !== 'string')
    throw type_error(`float() argument must be a string or a real number, not '${python_type_name(value)}'`)
  const text = value.trim()
  if (!FLOAT.test(text)) throw value_error(`could not convert string to float: ${py_string(value)}`)
  const plain = text.replaceAll('_', '').toLowerCase()
  if (plain.includes('inf'))
    return plain.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number(plain)
}

/** A number, or a value that Python's `int()` makes a whole one of. */
export type IntLike = number | bigint | boolean | string | FloatScalar | Tensor

/**
 * Converts as Python's `int()`: cuts fractions off, and reads strings of digits.
 *
 * @throws TypeError for what is no number, string or tensor; ValueError for other strings and NaN
 */
export function int_of(value: IntLike): number | bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return Number(value)
  if (value instanceof Tensor) return int_of(value.item() as number | bigint)
  if (typeof value === 'string') {
    const text = value.trim()
    if (!INT.test(text)) throw value_error(`invalid literal for int() with base 10: ${py_string(value)}`)
    const whole = BigInt(text.replace(/^\+|_/g, ''))
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole
  }
  const number = typeof value === 'number' || value instanceof FloatScalar ? Number(value) : null
  if (number === null) {
    const type = python_type_name(value)
    throw type_error(`int() argument must be a string, a bytes-like object or a real number, not '${type}'`)
  }
  if (Number.isNaN(number)) throw value_error('cannot convert float NaN to integer')
  if (!Number.isFinite(number)) throw value_error('cannot convert float infinity to integer')
  return Math.trunc(number)
}
