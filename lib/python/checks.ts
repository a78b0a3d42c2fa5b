import { type_error, type_name } from '../errors.js'
import { expect_int } from '../expect.js'

// Checks of parameters that convert as Python does: see Check in parameters.ts.

/** A parameter that is a float: a plain number where a FloatScalar or a bigint was given. Throws for non-numbers. */
export const float = (value: unknown, name: string, argument: string): number =>
  Number(expect_int(value, name, argument))

/** As {@link float}, or null. */
export const nullable_float = (value: unknown, name: string, argument: string): number | null =>
  value === null ? null : float(value, name, argument)

/** A parameter that is a bool; numbers and null stand for one, as in Python. Throws for other values. */
export function bool(value: unknown, name: string, argument: string): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) !== 0
  if (value === null) return false
  throw type_error(`${name}(): argument '${argument}' must be bool, not ${type_name(value)}`, name)
}

/** As {@link bool}, or null. */
export const nullable_bool = (value: unknown, name: string, argument: string): boolean | null =>
  value === null ? null : bool(value, name, argument)
