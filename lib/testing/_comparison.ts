import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { assertion_error, make_error, python_type_name, type_error, value_error } from '../errors.js'
import { own_value } from '../own.js'
import { is_error, is_map, is_plain_object, typed_array_name } from '../realm.js'
import { py_bool, py_repr } from '../repr.js'
import { Complex, FloatScalar } from '../scalar.js'
import { as_tensor } from '../tensor/create.js'
import { Tensor } from '../tensor.js'
import { type Closeness, distance, type NumberLike, scalar_mismatch } from './_mismatch.js'
import { type Checks, compare_tensors } from './_tensor_pair.js'

/** Keywords of {@link assert_close}. */
export interface AssertCloseOptions extends Partial<Checks> {
  /** Whether classes of tensors may differ, as `Parameter` and `Tensor` do. Default: true. */
  allow_subclasses?: boolean
  /** Given with `atol`, or not at all. Default: by dtype. */
  rtol?: number | null
  /** Given with `rtol`, or not at all. Default: by dtype. */
  atol?: number | null
  /** Whether NaN is close to NaN. Default: false. */
  equal_nan?: boolean
  /** What the error says, or a function of what it would say. */
  msg?: string | ((message: string) => string) | null
}

type Given = Required<AssertCloseOptions>
type Id = readonly (string | number)[]
interface Pair {
  id: Id
  compare: () => void
}

const FLOAT32 = [1.3e-6, 1e-5] as const
const TOLERANCES = new Map<DType, readonly [rtol: number, atol: number]>([
  [dtypes.float16, [0.001, 1e-5]],
  [dtypes.bfloat16, [0.016, 1e-5]],
  [dtypes.float32, FLOAT32],
  [dtypes.float64, [1e-7, 1e-7]],
  [dtypes.complex32, [0.001, 1e-5]],
  [dtypes.complex64, FLOAT32],
  [dtypes.complex128, [1e-7, 1e-7]],
  ...[dtypes.quint8, dtypes.quint2x4, dtypes.quint4x2, dtypes.qint8, dtypes.qint32].map(
    (dtype) => [dtype, FLOAT32] as const,
  ),
])

const with_id = (message: string, id: Id) =>
  id.length === 0
    ? message
    : `${message}\n\nThe failure occurred for item ${id.map((key) => `[${py_repr(key)}]`).join('')}`

function closeness({ rtol, atol, equal_nan }: Given, given: readonly DType[], id: Id): Closeness {
  if (rtol !== null && atol !== null) return { rtol, atol, equal_nan }
  if (rtol !== atol)
    throw value_error(
      with_id(
        `Both 'rtol' and 'atol' must be either specified or omitted, but got no ${rtol === null ? 'rtol' : 'atol'}.`,
        id,
      ),
    )
  const found = given.map((dtype) => TOLERANCES.get(dtype) ?? ([0, 0] as const))
  return {
    rtol: Math.max(...found.map(([relative]) => relative)),
    atol: Math.max(...found.map(([, absolute]) => absolute)),
    equal_nan,
  }
}

const type_of = (value: unknown) => {
  if (value instanceof Tensor) return value.constructor === Tensor ? 'torch.Tensor' : value.constructor.name
  return value instanceof Complex
    ? 'complex'
    : value instanceof FloatScalar
      ? 'float'
      : python_type_name(value)
}

const is_number = (value: unknown): value is NumberLike =>
  ['number', 'bigint'].includes(typeof value) || value instanceof Complex || value instanceof FloatScalar

const is_nan = (value: NumberLike) =>
  value instanceof Complex ? Number.isNaN(value.re) || Number.isNaN(value.im) : Number.isNaN(Number(value))

function compare_numbers(a: NumberLike, b: NumberLike, given: Given, id: Id): () => void {
  // A number without a fraction is a float where the other one is.
  const any_float = [a, b].some((value) => type_of(value) === 'float')
  const kind = (value: NumberLike) => (any_float && typeof value === 'number' ? 'float' : type_of(value))
  const [left, right] = [kind(a), kind(b)]
  const dtype_of: Record<string, DType> = {
    int: dtypes.int64,
    float: dtypes.float64,
    complex: dtypes.complex128,
  }
  const at = closeness(given, [own_value(dtype_of, left)!, own_value(dtype_of, right)!], id)
  return () => {
    if (given.check_dtype && left !== right)
      throw assertion_error(`The (d)types do not match: <class '${left}'> != <class '${right}'>.`)
    const apart = distance(a, b)
    const same = a instanceof Complex || b instanceof Complex ? apart === 0 : Number(a) === Number(b)
    if (same || (at.equal_nan && is_nan(a) && is_nan(b))) return
    if (Number.isFinite(apart) && apart <= at.atol + at.rtol * distance(b, 0)) return
    throw assertion_error(scalar_mismatch(a, b, any_float, at))
  }
}

function tensors_of(a: unknown, b: unknown, allow_subclasses: boolean): [Tensor, Tensor] | null {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return null
  const same = a.constructor === b.constructor
  if (a instanceof Tensor && b instanceof Tensor) {
    const related = a instanceof b.constructor || b instanceof a.constructor
    return same || (related && allow_subclasses) ? [a, b] : null
  }
  const views = typed_array_name(a) !== undefined && typed_array_name(a) === typed_array_name(b)
  return views ? [as_tensor(a as Float32Array), as_tensor(b as Float32Array)] : null
}

function pair_of(a: unknown, b: unknown, given: Given, id: Id): Pair {
  if ((a ?? null) === null || (b ?? null) === null) {
    const compare = () => {
      if ((a ?? null) === (b ?? null)) return
      const text = (value: unknown) => (typeof value === 'string' ? value : py_repr(value))
      throw assertion_error(`None mismatch: ${text(a)} is not ${text(b)}`)
    }
    return { id, compare }
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') {
    const compare = () => {
      if (a !== b) throw assertion_error(`Booleans mismatch: ${py_bool(a)} is not ${py_bool(b)}`)
    }
    return { id, compare }
  }
  if (is_number(a) && is_number(b)) return { id, compare: compare_numbers(a, b, given, id) }
  const tensors = tensors_of(a, b, given.allow_subclasses)
  if (tensors === null)
    throw type_error(
      with_id(
        `No comparison pair was able to handle inputs of type <class '${type_of(a)}'> and <class '${type_of(b)}'>.`,
        id,
      ),
    )
  const [left, right] = tensors
  const at = closeness(given, [left.dtype, right.dtype], id)
  return { id, compare: () => compare_tensors(left, right, given, at) }
}

function mapping(value: unknown): Map<string | number, unknown> | null {
  if (is_map(value)) return value as Map<string | number, unknown>
  return is_plain_object(value) ? new Map(Object.entries(value)) : null
}

const sorted = (keys: (string | number)[]) => keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
const list_str = (keys: (string | number)[]) =>
  `[${sorted(keys)
    .map((key) => py_repr(key))
    .join(', ')}]`

function pairs_of(a: unknown, b: unknown, given: Given, id: Id): Pair[] {
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length)
      throw assertion_error(with_id(`The length of the sequences mismatch: ${a.length} != ${b.length}`, id))
    return a.flatMap((item, i) => pairs_of(item, b[i], given, [...id, i]))
  }
  const [left, right] = [mapping(a), mapping(b)]
  if (left === null || right === null) return [pair_of(a, b, given, id)]
  const missing = [...right.keys()].filter((key) => !left.has(key))
  const additional = [...left.keys()].filter((key) => !right.has(key))
  if (missing.length > 0 || additional.length > 0)
    throw assertion_error(
      with_id(
        `The keys of the mappings do not match:\nMissing keys in the actual mapping: ${list_str(missing)}\nAdditional keys in the actual mapping: ${list_str(additional)}`,
        id,
      ),
    )
  return sorted([...left.keys()]).flatMap((key) =>
    pairs_of(left.get(key), right.get(key), given, [...id, key]),
  )
}

/**
 * Throws where two values are not close: `|actual - expected| <= atol + rtol · |expected|`, element by element. Arrays and
 * objects are compared item by item. A number without a fraction counts as an int, unless the other one has one.
 *
 * @param actual - a tensor, number, boolean, null or typed array, or arrays, objects and Maps of them
 * @param expected - the same
 * @param options - rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride, allow_subclasses, msg
 * @throws AssertionError where they differ; TypeError for what cannot be compared; ValueError for one tolerance alone
 *
 * @example
 * ```ts
 * torch.testing.assert_close(torch.ones(2).add(1e-7), torch.ones(2))
 * ```
 * @see https://docs.pytorch.org/docs/2.13/testing.html#torch.testing.assert_close
 */
export function assert_close(actual: unknown, expected: unknown, options: AssertCloseOptions = {}): void {
  const given: Given = {
    allow_subclasses: true,
    rtol: null,
    atol: null,
    equal_nan: false,
    check_device: true,
    check_dtype: true,
    check_layout: true,
    check_stride: false,
    msg: null,
    ...options,
  }
  for (const { id, compare } of pairs_of(actual, expected, given, [])) {
    try {
      compare()
    } catch (error) {
      if (!is_error(error) || error.name !== 'AssertionError') throw error
      if (typeof given.msg === 'string') throw assertion_error(given.msg)
      const message = with_id(error.message, id)
      throw make_error('AssertionError', given.msg ? given.msg(message) : message, 'assert_close')
    }
  }
}
