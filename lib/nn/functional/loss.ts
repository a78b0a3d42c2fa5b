import { value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { take_options } from '../../ops/keywords.js'
import { expect_tensor, type Tensor } from '../../tensor.js'
import { get_enum, legacy_get_string, type Reduction } from '../_reduction.js'
import { py_size } from '../repr.js'

/** Keywords of {@link mse_loss} and {@link l1_loss}. */
export interface ElementLossOptions {
  /** Deprecated, see `reduction`. */
  size_average?: boolean | null
  /** Deprecated, see `reduction`. */
  reduce?: boolean | null
  /** `'none'`, `'mean'` or `'sum'`. Default: `'mean'`. */
  reduction?: Reduction
  /** A factor for each element; the mean is then the weighted one. */
  weight?: Tensor | null
}

function same_size(a: Tensor, b: Tensor): boolean {
  const left = a.shape
  const right = b.shape
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}

/** Refuses what is no tensor, and warns where two tensors will be broadcast to each other, which in a loss is mostly a mistake. */
export function warn_of_sizes(operator: string, input: Tensor, target: Tensor): void {
  if (same_size(expect_tensor(input, operator, 'input'), expect_tensor(target, operator, 'target'))) return
  process.emitWarning(
    `Using a target size (${py_size(target.shape)}) that is different to the input size (${py_size(input.shape)}). ` +
      'This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.',
  )
}

type Given = Required<ElementLossOptions> & { input: Tensor; target: Tensor }

const NAMES = ['input', 'target', 'size_average', 'reduce', 'reduction', 'weight'] as const
const DEFAULTS: Partial<Given> = {
  size_average: null,
  reduce: null,
  reduction: 'mean',
  weight: null,
}

function element_loss(
  name: string,
  args: unknown[],
  plain: (input: Tensor, target: Tensor, reduction: number) => Tensor,
  error: (difference: Tensor) => Tensor,
): Tensor {
  const { input, target, size_average, reduce, weight, ...rest } = take_options<Given>(
    name,
    args,
    NAMES,
    DEFAULTS,
  )
  warn_of_sizes(name, input, target)
  const reduction =
    size_average !== null || reduce !== null ? legacy_get_string(size_average, reduce) : rest.reduction
  const [x, y] = ops.broadcast_tensors([input, target]) as unknown as [Tensor, Tensor]
  if (weight === null) return plain(x, y, get_enum(reduction))
  if (!same_size(weight, input)) throw value_error('Weights and input must have the same size.')
  const weighted = error(x.sub(y)).mul(weight)
  if (reduction === 'none') return weighted
  if (reduction === 'sum') return weighted.sum()
  if (reduction === 'mean') return weighted.sum().div(weight.sum())
  throw value_error(`Invalid reduction mode: ${String(reduction)}. Expected one of 'none', 'mean', 'sum'.`)
}

/**
 * The mean of (x − y)², or the sum, or each; with weights if wanted.
 *
 * @throws ValueError for an unknown reduction, or weights of another size
 *
 * @example
 * ```ts
 * const loss = nn.functional.mse_loss(prediction, target, { reduction: 'sum' })
 * ```
 *
 * @see torch/nn/functional.py
 */
export function mse_loss(
  input: Tensor,
  target: Tensor,
  size_average?: boolean | null | ElementLossOptions,
  reduce?: boolean | null | ElementLossOptions,
  reduction?: Reduction | ElementLossOptions,
  weight?: Tensor | null | ElementLossOptions,
): Tensor
export function mse_loss(...args: unknown[]): Tensor {
  return element_loss('mse_loss', args, nn.mse_loss, (difference) => difference.pow(2))
}

/**
 * The mean of |x − y|, or the sum, or each; with weights if wanted.
 *
 * @throws ValueError for an unknown reduction, or weights of another size
 *
 * @see torch/nn/functional.py
 */
export function l1_loss(
  input: Tensor,
  target: Tensor,
  size_average?: boolean | null | ElementLossOptions,
  reduce?: boolean | null | ElementLossOptions,
  reduction?: Reduction | ElementLossOptions,
  weight?: Tensor | null | ElementLossOptions,
): Tensor
export function l1_loss(...args: unknown[]): Tensor {
  return element_loss('l1_loss', args, nn.l1_loss, (difference) => difference.abs())
}
