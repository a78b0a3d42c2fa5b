import { value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { optional_tensor, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import { expect_tensor, type Tensor } from '../../tensor.js'
import { get_enum, type Reduction } from '../_reduction.js'
import { py_size } from '../repr.js'
import { REDUCTION, reduction_of } from './reduction.js'

function same_size(a: Tensor, b: Tensor): boolean {
  const left = a.shape
  const right = b.shape
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}

/** Throws for non-tensors; warns where tensors will be broadcast to each other, in a loss mostly a mistake. */
export function warn_of_sizes(operator: string, input: Tensor, target: Tensor): void {
  if (same_size(expect_tensor(input, operator, 'input'), expect_tensor(target, operator, 'target'))) return
  process.emitWarning(
    `Using a target size (${py_size(target.shape)}) that is different to the input size (${py_size(input.shape)}). ` +
      'This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.',
  )
}

const ELEMENT_LOSS = [
  { input: tensor },
  { target: tensor },
  ...REDUCTION,
  { weight: optional_tensor },
] as const

function element_loss(
  name: string,
  plain: (input: Tensor, target: Tensor, reduction: number) => Tensor,
  error: (difference: Tensor) => Tensor,
) {
  return (
    input: Tensor,
    target: Tensor,
    size_average: boolean | null,
    reduce: boolean | null,
    given: Reduction,
    weight: Tensor | null,
  ): Tensor => {
    warn_of_sizes(name, input, target)
    const reduction = reduction_of(size_average, reduce, given)
    const [x, y] = ops.broadcast_tensors([input, target]) as unknown as [Tensor, Tensor]
    if (weight === null) return plain(x, y, get_enum(reduction))
    if (!same_size(weight, input)) throw value_error('Weights and input must have the same size.')
    const weighted = error(x.sub(y)).mul(weight)
    if (reduction === 'none') return weighted
    if (reduction === 'sum') return weighted.sum()
    if (reduction === 'mean') return weighted.sum().div(weight.sum())
    throw value_error(`Invalid reduction mode: ${String(reduction)}. Expected one of 'none', 'mean', 'sum'.`)
  }
}

/**
 * The mean of (x − y)², or the sum, or each; with weights if wanted.
 *
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @param weight - a factor for each element; the mean is then the weighted one. Default: none
 * @throws ValueError for an unknown reduction, or weights of another size
 *
 * @example
 * ```ts
 * const loss = nn.functional.mse_loss(prediction, target, { reduction: 'sum' })
 * ```
 *
 * @see torch/nn/functional.py
 */
export const mse_loss = callable(
  signature('mse_loss', ...ELEMENT_LOSS),
  element_loss('mse_loss', nn.mse_loss, (difference) => difference.pow(2)),
)

/**
 * The mean of |x − y|, or the sum, or each; with weights if wanted. The parameters are those of {@link mse_loss}.
 *
 * @throws ValueError for an unknown reduction, or weights of another size
 *
 * @see torch/nn/functional.py
 */
export const l1_loss = callable(
  signature('l1_loss', ...ELEMENT_LOSS),
  element_loss('l1_loss', nn.l1_loss, (difference) => difference.abs()),
)
