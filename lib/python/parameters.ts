import { expect_tensor, Tensor } from '../tensor.js'

/**
 * How an argument may be given: `required` and `optional` by position or keyword, `positional` and
 * `optional_positional` by position only, `keyword` and `required_keyword` by keyword only; `variadic` collects further
 * positional arguments (Python's `*args`), `keywords` further keywords (`**kwargs`).
 */
export type Kind =
  | 'required'
  | 'optional'
  | 'positional'
  | 'optional_positional'
  | 'keyword'
  | 'required_keyword'
  | 'variadic'
  | 'keywords'

/** Returns a value as the callable wants it, or throws a TypeError that names the callable and the argument. */
export type Check<T> = (value: unknown, name: string, argument: string) => T

/** One parameter: how it is given, its default, and a check or conversion of given values. */
export interface Parameter<T, K extends Kind> {
  readonly kind: K
  readonly fallback: T | undefined
  readonly check: Check<T> | undefined
  /** Takes plain objects as values; elsewhere a plain object holds keywords. */
  readonly takes_objects: boolean
  /** Whether a value needs no check, for the shortest way of a call. Default: primitive values where there is no check. */
  readonly accepts?: (value: unknown) => boolean
}

const parameter = <T, K extends Kind>(
  kind: K,
  fallback: T | undefined,
  check: Check<T> | undefined,
): Parameter<T, K> => ({ kind, fallback, check, takes_objects: false })

/** A parameter without a default. */
export const required = <T>(check?: Check<T>): Parameter<T, 'required'> =>
  parameter('required', undefined, check)

/** A parameter with a default; array defaults are copied at each call. */
export const optional = <T>(fallback: T, check?: Check<T>): Parameter<Widened<T>, 'optional'> =>
  parameter('optional', fallback, check) as Parameter<Widened<T>, 'optional'>

/** A parameter without a default, by position only. */
export const positional = <T>(check?: Check<T>): Parameter<T, 'positional'> =>
  parameter('positional', undefined, check)

/** A parameter with a default, by position only. */
export const optional_positional = <T>(
  fallback: T,
  check?: Check<T>,
): Parameter<Widened<T>, 'optional_positional'> =>
  parameter('optional_positional', fallback, check) as Parameter<Widened<T>, 'optional_positional'>

/** A parameter with a default, by keyword only. */
export const keyword = <T>(fallback: T, check?: Check<T>): Parameter<Widened<T>, 'keyword'> =>
  parameter('keyword', fallback, check) as Parameter<Widened<T>, 'keyword'>

/** A parameter without a default, by keyword only. */
export const required_keyword = <T>(check?: Check<T>): Parameter<T, 'required_keyword'> =>
  parameter('required_keyword', undefined, check)

/** Collects further positional arguments, as Python's `*args`; `check` looks at each. */
export const variadic = <T>(check?: Check<T>): Parameter<T[], 'variadic'> =>
  parameter('variadic', undefined, check as Check<T[]> | undefined)

/** Collects further keywords, as Python's `**kwargs`. */
export const keywords = <T>(): Parameter<Record<string, T>, 'keywords'> =>
  parameter<Record<string, T>, 'keywords'>('keywords', undefined, undefined)

/** Lets plain objects through as values of a parameter, such as a state dict. */
export const of_objects = <T, K extends Kind>(declared: Parameter<T, K>): Parameter<T, K> => ({
  ...declared,
  takes_objects: true,
})

/** A tensor, without a default. */
export const tensor: Parameter<Tensor, 'required'> = {
  ...required<Tensor>(expect_tensor),
  accepts: (value) => value instanceof Tensor,
}

/** A tensor or null, null by default. */
export const optional_tensor: Parameter<Tensor | null, 'optional'> = {
  ...optional<Tensor | null>(null, expect_tensor_or_null),
  accepts: (value) => value === null || value instanceof Tensor,
}

/** A tensor or null by keyword only, null by default. */
export const keyword_tensor: Parameter<Tensor | null, 'keyword'> = keyword<Tensor | null>(
  null,
  expect_tensor_or_null,
)

/** A tensor or null, without a default. */
export const nullable_tensor: Parameter<Tensor | null, 'required'> = required<Tensor | null>(
  expect_tensor_or_null,
)

function expect_tensor_or_null(value: unknown, name: string, argument: string): Tensor | null {
  return value === null ? null : expect_tensor(value, name, argument)
}

/** `boolean` for `true`, `number` for `1`: defaults of literal types stand for their type. */
type Widened<T> = T extends boolean ? boolean : T extends number ? number : T
