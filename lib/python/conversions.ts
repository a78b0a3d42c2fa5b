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
