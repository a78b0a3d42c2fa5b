import { tensor_str } from './_tensor_str.js'
import { runtime_error } from './errors.js'
import { optional, required } from './python/parameters.js'
import { signature } from './python/signature.js'
import { Tensor } from './tensor.js'

// torch.cond and torch.while_loop: control flow that Python can compile; here it simply runs.

const text = (value: unknown): string =>
  value instanceof Tensor
    ? tensor_str(value)
    : Array.isArray(value)
      ? `(${value.map(text).join(', ')})`
      : String(value)

function truth(pred: unknown): boolean {
  return pred instanceof Tensor ? Boolean(pred.item()) : Boolean(pred)
}

const COND = signature(
  'cond',
  { pred: required<unknown>() },
  { true_fn: required<(...operands: unknown[]) => unknown>() },
  { false_fn: required<(...operands: unknown[]) => unknown>() },
  { operands: optional<readonly unknown[]>([]) },
)

/**
 * Runs one of two functions, as a condition decides. Python compiles it; here it is an `if`.
 *
 * @param pred a boolean, or a tensor of one element
 * @param true_fn what runs where it is true
 * @param false_fn what runs where it is false
 * @param operands their arguments
 * @throws RuntimeError where the condition is no boolean and no single element
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.cond(torch.tensor(true), (x) => x.add(1), (x) => x.sub(1), [torch.ones(1)]).item() // 2
 * ```
 * @see https://docs.pytorch.org/docs/2.13/cond.html
 */
export function cond<Operands extends readonly unknown[], T>(
  pred: boolean | Tensor,
  true_fn: (...operands: Operands) => T,
  false_fn: (...operands: Operands) => T,
  operands?: Operands | { operands?: Operands },
): T
export function cond(...args: unknown[]): unknown {
  const [pred, true_fn, false_fn, operands] = COND.bind(args)
  if (typeof pred !== 'boolean' && !(pred instanceof Tensor))
    throw runtime_error(`Expected pred to be bool or tensor, but got ${text(pred)}.`, 'cond')
  if (pred instanceof Tensor && pred.numel() !== 1) {
    throw runtime_error(`Expected pred to be bool or single-element tensor, but got ${text(pred)}.`, 'cond')
  }
  if (!Array.isArray(operands))
    throw runtime_error(
      `Expect operands to be a tuple of possibly nested dict/list/tuple, got ${text(operands)}.`,
      'cond',
    )
  if (typeof true_fn !== 'function' || typeof false_fn !== 'function')
    throw runtime_error('Expect both branches to be callable.', 'cond')
  return truth(pred) ? true_fn(...operands) : false_fn(...operands)
}

/**
 * Runs a function on its own results while a condition holds. Python compiles it; here it is a `while`.
 *
 * @param cond_fn says whether there is another turn: a boolean, or a boolean tensor of one element
 * @param body_fn one turn: as many results as arguments
 * @param carried_inputs the arguments of the first turn
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.while_loop((i) => i.lt(3), (i) => [i.add(1)], [torch.tensor(0n)]) // [tensor(3)]
 * ```
 * @see torch/_higher_order_ops/while_loop.py
 */
export function while_loop<Carried extends readonly unknown[]>(
  cond_fn: (...carried: Carried) => boolean | Tensor,
  body_fn: (...carried: Carried) => Carried,
  carried_inputs: Carried,
): Carried {
  if (typeof cond_fn !== 'function' || typeof body_fn !== 'function')
    throw runtime_error('Expect cond_fn and body_fn to be callable.', 'while_loop')
  let carried = carried_inputs
  while (truth(cond_fn(...carried))) {
    carried = body_fn(...carried)
    if (!Array.isArray(carried) || carried.length !== carried_inputs.length) {
      throw runtime_error(
        `body_fn should return the same number of elements as carried_inputs, ${carried_inputs.length}`,
        'while_loop',
      )
    }
  }
  return carried
}
