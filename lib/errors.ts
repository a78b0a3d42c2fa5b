import { begin_at_user, with_frames } from './call_stack.js'
import { foreign_name } from './copies.js'
import { table } from './own.js'
import { is_plain_object } from './realm.js'

/** PyTorch's RuntimeError. `operator` names the operator that refused, where one did. */
export class RuntimeError extends Error {
  override name = 'RuntimeError'
  declare operator?: string
}
/** PyTorch's NotImplementedError. */
export class NotImplementedError extends RuntimeError {
  override name = 'NotImplementedError'
}
/** Out of memory, after a collection did not help. */
export class OutOfMemoryError extends RuntimeError {
  override name = 'OutOfMemoryError'
}
/** `torch.linalg.LinAlgError`. */
export class LinAlgError extends RuntimeError {
  override name = 'LinAlgError'
}
/** `torch.autograd.gradcheck.GradcheckError`. */
export class GradcheckError extends RuntimeError {
  override name = 'GradcheckError'
}
/** `torch.utils.checkpoint.CheckpointError`. */
export class CheckpointError extends RuntimeError {
  override name = 'CheckpointError'
}
/** A file that a newer version of this library wrote; a RuntimeError by its name. @internal */
export class NewerVersionError extends RuntimeError {}
/** A file that names a class or function that was not allowed; a RuntimeError by its name. @internal */
export class UnsupportedGlobalError extends RuntimeError {}
/**
 * A file that would take more than one of the limits of reading: `limit` names it. A RuntimeError.
 *
 * @see LoadLimits
 */
export class BudgetError extends RuntimeError {
  override name = 'BudgetError'
  /** The limit's name: `'bytes'`, `'objects'`, `'depth'`, `'records'`, `'pixels'` or `'seconds'`. */
  declare limit: string
}
/** `torch.library.opcheck`'s error; its `cause` says where. */
export class OpCheckError extends Error {
  override name = 'OpCheckError'
}
/** `torch.AcceleratorError`. */
export class AcceleratorError extends RuntimeError {
  override name = 'AcceleratorError'
}
/** Python's ValueError. */
export class ValueError extends Error {
  override name = 'ValueError'
  declare operator?: string
}
/** Python's IndexError: a RangeError. */
export class IndexError extends RangeError {
  override name = 'IndexError'
  declare operator?: string
}
/** Python's OverflowError: a RangeError. */
export class OverflowError extends RangeError {
  override name = 'OverflowError'
  declare operator?: string
}
/** Python's KeyError. */
export class KeyError extends Error {
  override name = 'KeyError'
}
/** Python's AttributeError. */
export class AttributeError extends Error {
  override name = 'AttributeError'
}
/** Python's AssertionError. */
export class AssertionError extends Error {
  override name = 'AssertionError'
}
/** Python's BufferError. */
export class BufferError extends Error {
  override name = 'BufferError'
}

type ErrorClass = new (message: string) => Error

const classes = new Map<string, ErrorClass>(
  Object.entries({
    RuntimeError,
    NotImplementedError,
    OutOfMemoryError,
    LinAlgError,
    CheckpointError,
    NewerVersionError,
    UnsupportedGlobalError,
    BudgetError,
    GradcheckError,
    OpCheckError,
    AcceleratorError,
    ValueError,
    IndexError,
    OverflowError,
    KeyError,
    AttributeError,
    AssertionError,
    BufferError,
    TypeError,
  }),
)

/** Makes an error of a class of PyTorch's by name; its stack begins at the user's line. */
export function make_error(kind: string, message: string, operator = ''): Error {
  const make = classes.get(kind) ?? RuntimeError
  // Enough frames that the user's own are among them, below ours.
  const error = with_frames(
    (limit) => (limit > 0 ? limit + 16 : limit),
    () => new make(message),
  )
  if (operator !== '')
    Object.defineProperty(error, 'operator', {
      value: operator,
      enumerable: false,
      configurable: true,
      writable: true,
    })
  begin_at_user(error)
  return error
}

export const type_error = (message: string, operator?: string): Error =>
  make_error('TypeError', message, operator)
export const value_error = (message: string, operator?: string): Error =>
  make_error('ValueError', message, operator)
export const runtime_error = (message: string, operator?: string): Error =>
  make_error('RuntimeError', message, operator)
export const index_error = (message: string, operator?: string): Error =>
  make_error('IndexError', message, operator)
export const key_error = (message: string): Error => make_error('KeyError', message)
export const attribute_error = (message: string): Error => make_error('AttributeError', message)
export const assertion_error = (message: string): Error => make_error('AssertionError', message)
export const not_implemented_error = (message: string): Error => make_error('NotImplementedError', message)

/** What people call the type of a value, for "must be X, not Y". */
export function type_name(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  const foreign = foreign_name(value)
  if (foreign !== undefined) return foreign
  if (typeof value === 'object') return value.constructor?.name ?? 'object'
  return typeof value
}

/** What Python would call the type of a value, for errors that it raises itself. */
export function python_type_name(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float'
    case 'bigint':
      return 'int'
    case 'boolean':
      return 'bool'
    case 'string':
      return 'str'
    case 'function':
      return foreign_name(value) ?? 'function'
    default:
      return is_plain_object(value) ? 'dict' : type_name(value)
  }
}

// What other libraries, and people, call a parameter.
const ALIASES = table<readonly string[]>({
  learning_rate: ['lr', 'max_lr', 'base_lr'],
  alpha: ['lr'],
  decay: ['weight_decay'],
  wd: ['weight_decay'],
  l2: ['weight_decay'],
  epsilon: ['eps'],
  beta: ['betas', 'beta'],
  beta1: ['betas'],
  beta2: ['betas'],
  axis: ['dim'],
  axes: ['dims', 'dim'],
  keepdims: ['keepdim'],
  rate: ['p', 'lr'],
  prob: ['p'],
  probability: ['p'],
  use_bias: ['bias'],
  units: ['out_features'],
  filters: ['out_channels'],
  strides: ['stride'],
  input_size: ['in_features', 'in_channels'],
  output_size: ['out_features', 'out_channels'],
  hidden_dim: ['hidden_size'],
  input_dim: ['input_size', 'in_features', 'in_channels'],
  output_dim: ['out_features', 'out_channels'],
  x: ['input'],
  labels: ['target'],
  label: ['target'],
  shape: ['size'],
  epochs: ['max_epochs'],
  num_epochs: ['max_epochs'],
  warmup: ['warmup_steps'],
})

function alias_of(name: string, names: ReadonlySet<string>): string | undefined {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^_/, '')
  if (snake !== name && names.has(snake)) return snake
  return (ALIASES[snake] ?? []).find((meant) => names.has(meant))
}

/** The closest of `names` to a misspelt one, or nothing where none is close. */
export function closest_name(misspelt: string, names: Iterable<string>): string | undefined {
  const all = new Set(names)
  return alias_of(misspelt, all) ?? nearest(misspelt, all, () => Math.max(2, Math.floor(misspelt.length / 2)))
}

/**
 * The one of `names` that a name was surely meant for: an alias, or at most two letters away from a long one. For places
 * where other names are allowed too.
 */
export function close_name(name: string, names: Iterable<string>): string | undefined {
  const all = new Set(names)
  return alias_of(name, all) ?? nearest(name, all, (known) => (known.length <= 4 ? 1 : 2))
}

function nearest(name: string, names: Iterable<string>, most: (known: string) => number): string | undefined {
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const known of names) {
    const distance = edit_distance(name, known)
    if (distance < least && distance <= most(known)) {
      least = distance
      best = known
    }
  }
  return best
}

function edit_distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
