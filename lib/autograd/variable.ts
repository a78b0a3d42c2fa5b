import { python_type_name, runtime_error, type_error, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { take_options } from '../ops/keywords.js'
import { Tensor } from '../tensor.js'
import { warn_once } from '../warn.js'

/** Options of {@link Variable}. */
export interface VariableOptions {
  /** Default: an empty tensor. */
  data?: Tensor | null
  /** Whether gradients are computed for it. Default: false. */
  requires_grad?: boolean | null
  /** Has no effect any more: a warning says so. */
  volatile?: boolean | null
}

/** What {@link Variable} may be called as. */
export interface VariableConstructor {
  (data?: Tensor | null, requires_grad?: boolean | VariableOptions, volatile?: boolean): Tensor
  (options: VariableOptions): Tensor
  new (data?: Tensor | null, requires_grad?: boolean | VariableOptions, volatile?: boolean): Tensor
  new (options: VariableOptions): Tensor
  [Symbol.hasInstance](value: unknown): boolean
}

function make_variable(...args: unknown[]): Tensor {
  const given = take_options<Required<VariableOptions>>(
    'Variable',
    args,
    ['data', 'requires_grad', 'volatile'],
    { data: null, requires_grad: false, volatile: false },
  )
  const { data, requires_grad, volatile } = given
  if (volatile && requires_grad)
    throw value_error("Variable can't be volatile and require_grad at the same time!", 'Variable')
  if (volatile) warn_once('volatile was removed and now has no effect. Use `with torch.no_grad():` instead.')
  if (data !== null && !(data instanceof Tensor))
    throw type_error(`Variable data has to be a tensor, but got ${python_type_name(data)}`, 'Variable')
  return (data === null ? ops.empty([0]) : data.detach()).requires_grad_(requires_grad === true)
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
