import { type_error, type_name } from './errors.js'
import { expect_number } from './expect.js'
import { native } from './native.js'

// Python's torch.sym_*: they serve symbolic sizes where a program is traced, and plain numbers everywhere else.

/** A number as a float: the number itself. */
export function sym_float(a: number): number {
  return a
}

/** The whole part of a number, toward zero. */
export function sym_int(a: number): number {
  return Math.trunc(a)
}

/** Not. */
export function sym_not(a: boolean): boolean {
  return !a
}

/** The larger of two numbers. */
export function sym_max(a: number, b: number): number {
  return Math.max(expect_number(a, 'sym_max', 'a'), expect_number(b, 'sym_max', 'b'))
}

/** The smaller of two numbers. */
export function sym_min(a: number, b: number): number {
  return Math.min(expect_number(a, 'sym_min', 'a'), expect_number(b, 'sym_min', 'b'))
}

/** One of two values. */
export function sym_ite<T, F>(condition: boolean, if_true: T, if_false: F): T | F {
  return condition ? if_true : if_false
}

/** The sum of numbers, from left to right. */
export function sym_sum(values: readonly number[]): number {
  if (!Array.isArray(values))
    throw type_error(`sym_sum(): argument 'args' must be a list, not ${type_name(values)}`)
  return values.reduce((sum, value) => sum + value, 0)
}

/** The square root of a number. */
export function sym_sqrt(a: number): number {
  return native.math.sqrt(a)
}
