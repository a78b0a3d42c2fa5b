import { DType } from './dtype.js'
import { type_error, type_name } from './errors.js'
import { FloatScalar } from './scalar.js'

// Refuses an argument of another type, by operator and argument; lib/tensor.ts has `expect_tensor`.

const expecting =
  <T>(kind: string, is: (value: unknown) => value is T) =>
  (value: unknown, operator: string, argument: string): T => {
    if (is(value)) return value
    throw type_error(
      `${operator}(): argument '${argument}' must be ${kind}, not ${type_name(value)}`,
      operator,
    )
  }

export const expect_bool = expecting('bool', (value): value is boolean => typeof value === 'boolean')
/** NaN, the infinities and what stands for a Python float are numbers. */
export const expect_number = expecting(
  'a number',
  (value): value is number => typeof value === 'number' || value instanceof FloatScalar,
)
/** A number, or a bigint as a number. */
export const expect_int = (value: unknown, operator: string, argument: string): number =>
  typeof value === 'bigint' ? Number(value) : expect_number(value, operator, argument)
/** A number without a fraction, or a bigint as a number. */
export const expect_whole = (value: unknown, operator: string, argument: string): number => {
  const number = expect_int(value, operator, argument)
  if (typeof number === 'number' && Number.isInteger(number)) return number
  throw type_error(`${operator}(): argument '${argument}' must be int, not float`, operator)
}
export const expect_dtype = expecting('torch.dtype', (value): value is DType => value instanceof DType)
export const expect_string = expecting('str', (value): value is string => typeof value === 'string')
