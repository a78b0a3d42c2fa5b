import * as dtypes from '../dtype.js'
import * as ops from '../ops/generated/torch.js'
import { own, own_value } from '../own.js'
import { py_bool, py_float, py_ints, py_repr } from '../repr.js'
import { Complex, type FloatScalar } from '../scalar.js'
import { format_fixed } from '../tensor/number_format.js'
import type { Tensor } from '../tensor.js'

/** How far values may be from each other, and what they are called in an error. */
export interface Closeness {
  rtol: number
  atol: number
  equal_nan: boolean
  identifier?: string
}

export type NumberLike = number | bigint | boolean | FloatScalar | Complex

/** A number as Python's `str` of it. */
export function number_str(value: NumberLike, float: boolean): string {
  if (value instanceof Complex) {
    const part = (v: number) => py_float(v).replace(/\.0$/, '')
    const sign = value.im < 0 || Object.is(value.im, -0) ? '' : '+'
    const imaginary = `${sign}${part(value.im)}j`
    return Object.is(value.re, 0) ? imaginary.replace(/^\+/, '') : `(${part(value.re)}${imaginary})`
  }
  if (typeof value === 'boolean') return py_bool(value)
  return float ? py_float(Number(value)) : py_repr(value)
}

/** The absolute value of a difference. */
export function distance(a: NumberLike, b: NumberLike): number {
  if (!(a instanceof Complex) && !(b instanceof Complex)) return Math.abs(Number(a) - Number(b))
  const [x, y] = [a, b].map((v) => (v instanceof Complex ? v : new Complex(Number(v), 0)))
  // Math.hypot is less exact than C's, which Python calls.
  const parts = [x!.re - y!.re, x!.im - y!.im].map((part) => ops.full([], part, { dtype: dtypes.float64 }))
  return Number(ops.hypot(parts[0]!, parts[1]!).item())
}

interface Difference {
  text: string
  index?: readonly number[]
}

function message(head: string, extra: string, absolute: Difference, relative: Difference, at: Closeness) {
  const equality = at.rtol === 0 && at.atol === 0
  const line = (kind: string, options: Difference, tolerance: number) => {
    const { text, index } = own(options)
    const title = kind[0]!.toUpperCase() + kind.slice(1)
    const what = index ? `Greatest ${kind} difference` : `${title} difference`
    const place = index ? ` at index ${py_ints(index)}` : ''
    return `${what}: ${text}${place}${equality ? '' : ` (up to ${py_repr(tolerance)} allowed)`}`
  }
  return `${head} are not ${equality ? 'equal' : 'close'}!\n\n${extra}\n${line('absolute', absolute, at.atol)}\n${line('relative', relative, at.rtol)}`
}

/** What is said of two numbers that are not close. */
export function scalar_mismatch(
  actual: NumberLike,
  expected: NumberLike,
  float: boolean,
  at: Closeness,
): string {
  const absolute = distance(actual, expected)
  const size = distance(expected, 0)
  const relative = size === 0 ? Number.POSITIVE_INFINITY : absolute / size
  const complex = actual instanceof Complex || expected instanceof Complex
  return message(
    own_value(at, 'identifier') ?? 'Scalars',
    `Expected ${number_str(expected, float)} but got ${number_str(actual, float)}.`,
    { text: float || complex ? py_float(absolute) : py_repr(absolute) },
    { text: py_float(relative) },
    at,
  )
}

function unravel(flat: number, shape: readonly number[]): number[] {
  const index: number[] = []
  for (const size of [...shape].reverse()) {
    index.unshift(flat % size)
    flat = Math.floor(flat / size)
  }
  return index
}

// The largest of the elements that do not match, and where it is.
function greatest(difference: Tensor, matches: Tensor, shape: readonly number[]): Difference {
  difference.masked_fill_(matches, 0)
  const [value, index] = difference.max(0) as unknown as [Tensor, Tensor]
  const text = number_str(value.item(), difference.dtype.is_floating_point)
  return { text, index: unravel(Number(index.item()), shape) }
}

/** What is said of two tensors that are not close; `matches` says where they are. */
export function tensor_mismatch(actual: Tensor, expected: Tensor, matches: Tensor, at: Closeness): string {
  const count = matches.numel()
  const wrong = count - Number(matches.sum().item())
  const extra = `Mismatched elements: ${wrong} / ${count} (${format_fixed((wrong / count) * 100, 1)}%)`
  const head = own_value(at, 'identifier') ?? 'Tensor-likes'
  if (actual.dtype.is_floating_point && actual.dtype.itemsize === 1) {
    const first = (ops.nonzero(matches.logical_not()) as Tensor).select(0, 0).tolist() as number[]
    return `${head} are not 'equal'!\n\n${extra}\nThe first mismatched element is at index ${py_ints(first)}.`
  }
  const is_exact = !actual.dtype.is_floating_point && !actual.dtype.is_complex
  const [left, right] = [actual, expected].map((tensor) => {
    const flat = tensor.detach().flatten()
    return is_exact ? flat.to(dtypes.int64) : flat
  })
  const matching = matches.flatten()
  const absolute = left!.sub(right!).abs()
  const first = greatest(absolute, matching, matches.shape)
  const relative = absolute.div(right!.abs())
  return message(head, extra, first, greatest(relative, matching, matches.shape), at)
}
