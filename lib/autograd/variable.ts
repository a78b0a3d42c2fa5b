import { python_type_name, runtime_error, type_error, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { optional } from '../python/parameters.js'
import { type KeywordsOf, signature } from '../python/signature.js'
import { Tensor } from '../tensor.js'
import { warn_once } from '../warn.js'

/** A flag, which may be a whole number as in Python. */
function as_flag(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value
  if (Number.isInteger(value)) return value !== 0
  throw type_error(`'${python_type_name(value)}' object cannot be interpreted as an integer`, name)
}

const VARIABLE = signature(
  'Variable',
  {
    /** Default: an empty tensor. */
    data: optional<Tensor | null>(null),
  },
  {
    /** If true, backward computes gradients for the variable. Default: false. */
    requires_grad: optional(false, as_flag),
  },
  {
    /** Has no effect any more: a warning says so. */
    volatile: optional(false, as_flag),
  },
)

/** Options of {@link Variable}. */
export type VariableOptions = KeywordsOf<typeof VARIABLE>

/** What {@link Variable} may be called as. */
export interface VariableConstructor {
  (data?: Tensor | null, requires_grad?: boolean | VariableOptions, volatile?: boolean): Tensor
  (options: VariableOptions): Tensor
  new (data?: Tensor | null, requires_grad?: boolean | VariableOptions, volatile?: boolean): Tensor
  new (options: VariableOptions): Tensor
  [Symbol.hasInstance](value: unknown): boolean
}

function make_variable(...args: unknown[]): Tensor {
  const { data, requires_grad, volatile } = VARIABLE.take(args)
  if (volatile && requires_grad)
    throw value_error("Variable can't be volatile and require_grad at the same time!", 'Variable')
  if (volatile) warn_once('volatile was removed and now has no effect. Use `with torch.no_grad():` instead.')
  if (data !== null && !(data instanceof Tensor))
    throw type_error(`Variable data has to be a tensor, but got ${python_type_name(data)}`, 'Variable')
  return (data === null ? ops.empty([0]) : data.detach()).requires_grad_(requires_grad)
}

/**
 * What tensors with gradients were made by before tensors had them: the same data outside the graph, as a new leaf. Every
 * tensor is an instance of it.
 *
 * @example
 * ```ts
 * const x = new torch.autograd.Variable(torch.ones(2), true)
 * x instanceof torch.autograd.Variable // true
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#variable-deprecated
 */
export const Variable = Object.defineProperty(
  function Variable(...args: unknown[]): Tensor {
    return make_variable(...args)
  },
  Symbol.hasInstance,
  { value: (value: unknown) => value instanceof Tensor },
) as unknown as VariableConstructor

/** Refuses, as PyTorch's does: `torch.tensor` stands in its place. */
export function variable(..._args: unknown[]): never {
  throw runtime_error('torch.autograd.variable(...) is deprecated, use torch.tensor(...) instead')
}
