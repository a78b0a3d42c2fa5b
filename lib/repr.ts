import type { FloatScalar } from './scalar.js'

/**
 * A number as Python prints a float: `1e-05`, `0.1`, `3.0`, `inf`, `nan`.
 */
export function py_float(given: number | FloatScalar): string {
  const value = Number(given)
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  // Python changes to exponents below 1e-4 and from 1e16 on, JavaScript below 1e-6 and from 1e21 on.
  if (power < -4 || power >= 16) {
    const digits = String(Math.abs(power)).padStart(2, '0')
    return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`
  }
  const text = plain_digits(mantissa, power)
  return text.includes('.') ? text : `${text}.0`
}

function plain_digits(mantissa: string, power: number): string {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace('-', '').replace('.', '')
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`
  if (digits.length <= power + 1) return `${sign}${digits.padEnd(power + 1, '0')}`
  return `${sign}${digits.slice(0, power + 1)}.${digits.slice(power + 1)}`
}

/** A number as Python prints an int; where it has a fraction, or is Python's `2.0`, the float that it must be. */
export function py_int(value: number | bigint | FloatScalar): string {
  if (typeof value === 'object') return py_float(value)
  if (typeof value === 'bigint') return value.toString()
  return Number.isSafeInteger(value) ? String(value + 0) : py_float(value)
}

/** `True`, `False`. */
export function py_bool(value: boolean): string {
  return value ? 'True' : 'False'
}

/** Items between parentheses, as a tuple prints: `(3, 3)`, `(3,)`, `()`. */
export function py_tuple(items: readonly string[]): string {
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`
}

/** A tuple of ints: `(3, 3)`. */
export function py_ints(values: readonly (number | bigint)[]): string {
  return py_tuple(values.map(py_int))
}

/** A float, or None. */
export function py_float_or_none(value: number | null): string {
  return value === null ? 'None' : py_float(value)
}

/** A string between quotes, as `repr` chooses them. */
export function py_string(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'"
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote
}

/** A size in an error: `torch.Size([16, 3, 3, 3])`. */
export function py_size(shape: readonly number[]): string {
  return `torch.Size([${shape.join(', ')}])`
}

/**
 * Any value as `repr` prints it. A number without a fraction is taken for an int; where it stands for a float, the
 * caller says so.
 */
export function py_repr(value: unknown, float = false): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return py_bool(value)
  if (typeof value === 'number') return float ? py_float(value) : py_int(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return py_string(value)
  if (Array.isArray(value)) return py_tuple(value.map((item) => py_repr(item, float)))
  return String(value)
}
