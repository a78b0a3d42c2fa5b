import { index_error, type_error, value_error } from '../../../errors.js'
import { round_half_even } from '../../../round.js'
import { FloatScalar } from '../../../scalar.js'
import type { Tensor } from '../../../tensor.js'
import { py_repr, py_size } from '../../repr.js'

/**
 * How much is pruned: a whole number of units, or a share between 0 and 1. Python's `1.0`, all of them, is
 * `torch.float_scalar(1)`.
 */
export type Amount = number | FloatScalar

const is_count = (amount: Amount): amount is number => typeof amount === 'number' && Number.isInteger(amount)

/** Throws for what is no number, or no share and no count. */
export function check_amount(amount: Amount): void {
  if (typeof amount !== 'number' && !(amount instanceof FloatScalar))
    throw type_error(`Invalid type for amount: ${py_repr(amount)}. Must be int or float.`)
  const value = Number(amount)
  if (is_count(amount) ? value < 0 : !(value >= 0 && value <= 1))
    throw value_error(
      `amount=${py_repr(amount)} should either be a float in the range [0, 1] or a non-negative integer`,
    )
}

/** How many of `size` units an amount is. */
export function count_of(amount: Amount, size: number): number {
  const count = is_count(amount) ? amount : round_half_even(Number(amount) * size)
  if (count > size)
    throw value_error(`amount=${count} should be smaller than the number of parameters to prune=${size}`)
  return count
}

/** Throws for a tensor without channels, or one that has not this dimension. */
export function check_structured(t: Tensor, dim: number): void {
  if (t.ndim <= 1)
    throw value_error(
      `Structured pruning can only be applied to multidimensional tensors. Found tensor of shape ${py_size(t.shape)} with ${t.ndim} dims`,
    )
  if (dim >= t.ndim) throw index_error(`Invalid index ${dim} for tensor of size ${py_size(t.shape)}`)
}
