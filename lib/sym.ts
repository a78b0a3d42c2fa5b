import { expect_number } from './expect.js'
import { native } from './native.js'
import { type FloatLike, float_of, type IntLike, int_of } from './python/conversions.js'
import { required, variadic } from './python/parameters.js'
import { callable, signature } from './python/signature.js'

// Python's torch.sym_*: they serve symbolic sizes where a program is traced, and plain numbers everywhere else.

const A = { a: required<number>(expect_number) }
const B = { b: required<number>(expect_number) }

/** A number as a float: the number itself. */
export const sym_float = callable(signature('sym_float', { a: required<FloatLike>() }), (a): number =>
  float_of(a),
)

/** The whole part of a number, toward zero. */
export const sym_int = callable(signature('sym_int', { a: required<IntLike>() }), (a): number =>
  Number(int_of(a)),
)

/** Not. */
export const sym_not = callable(signature('sym_not', { a: required<boolean>() }), (a): boolean => !a)

/** The larger of two numbers. */
export const sym_max = callable(signature('sym_max', A, B), (a, b): number => Math.max(a, b))

/** The smaller of two numbers. */
export const sym_min = callable(signature('sym_min', A, B), (a, b): number => Math.min(a, b))

const ITE = signature(
  'sym_ite',
  { b: required<boolean>() },
  { t: required<unknown>() },
  { f: required<unknown>() },
)

/** One of two values. */
export function sym_ite<T, F>(b: boolean, t: T, f: F): T | F
export function sym_ite<T, F>(options: { b: boolean; t: T; f: F }): T | F
export function sym_ite(...args: unknown[]): unknown {
  const [b, t, f] = ITE.bind(args)
  return b ? t : f
}

/** The sum of numbers, given one by one or in one list, from left to right. */
export const sym_sum = callable(
  signature('sym_sum', { args: variadic<number | readonly number[]>() }),
  (args): number => {
    const numbers: readonly unknown[] = args.length === 1 && Array.isArray(args[0]) ? args[0] : args
    return numbers.reduce<number>((sum, value) => sum + expect_number(value, 'sym_sum', 'args'), 0)
  },
)

/** The square root of a number. */
export const sym_sqrt = callable(signature('sym_sqrt', A), (a): number => native.math.sqrt(a))
