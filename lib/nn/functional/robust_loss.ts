import { value_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { get_enum, type Reduction } from '../_reduction.js'
import { REDUCTION, type ReductionOptions, reduction_of } from './classification_loss.js'
import { warn_of_sizes } from './loss.js'

/** Keywords of {@link smooth_l1_loss}. */
export interface SmoothL1Options extends ReductionOptions {
  /** Where the square ends and the absolute value begins. Default: 1. */
  beta?: number
}

type Given = Required<ReductionOptions> & { input: Tensor; target: Tensor }

/**
 * ½ (x − y)² / beta below beta, |x − y| − ½ beta above.
 *
 * @see torch/nn/functional.py
 */
export function smooth_l1_loss(
  input: Tensor,
  target: Tensor,
  size_average?: boolean | null | SmoothL1Options,
  reduce?: boolean | null | SmoothL1Options,
  reduction?: Reduction | SmoothL1Options,
  beta?: number | SmoothL1Options,
): Tensor
export function smooth_l1_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Given & { beta: number }>(
    'smooth_l1_loss',
    args,
    ['input', 'target', 'size_average', 'reduce', 'reduction', 'beta'],
    { ...REDUCTION, beta: 1 },
  )
  warn_of_sizes('smooth_l1_loss', given.input, given.target)
  const reduction = reduction_of(given)
  const [input, target] = ops.broadcast_tensors([given.input, given.target]) as [Tensor, Tensor]
  if (Number(given.beta) === 0) return nn.l1_loss(input, target, get_enum(reduction))
  return nn.smooth_l1_loss(input, target, get_enum(reduction), given.beta)
}

/** Keywords of {@link huber_loss}. */
export interface HuberOptions {
  reduction?: Reduction
  /** Where the square ends and the absolute value begins. Default: 1. */
  delta?: number
  /** A factor for each element. Default: none. */
  weight?: Tensor | null
}

/**
 * ½ (x − y)² below delta, delta · (|x − y| − ½ delta) above.
 *
 * @throws ValueError for weights of another size
 */
export function huber_loss(
  input: Tensor,
  target: Tensor,
  reduction?: Reduction | HuberOptions,
  delta?: number | HuberOptions,
  weight?: Tensor | null | HuberOptions,
): Tensor
export function huber_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Required<HuberOptions> & { input: Tensor; target: Tensor }>(
    'huber_loss',
    args,
    ['input', 'target', 'reduction', 'delta', 'weight'],
    { reduction: 'mean', delta: 1, weight: null },
  )
  const { reduction, delta, weight } = given
  warn_of_sizes('huber_loss', given.input, given.target)
  const [input, target] = ops.broadcast_tensors([given.input, given.target]) as [Tensor, Tensor]
  if (weight === null) return nn.huber_loss(input, target, get_enum(reduction), delta)
  if (String(weight.shape) !== String(given.input.shape)) {
    throw value_error('Weights and input must have the same size.')
  }
  const weighted = nn.huber_loss(input, target, get_enum('none'), delta).mul(weight)
  if (reduction === 'none') return weighted
  if (reduction === 'sum') return weighted.sum()
  if (reduction === 'mean') return weighted.mean()
  throw value_error(`Invalid reduction mode: ${String(reduction)}. Expected one of 'none', 'mean', 'sum'.`)
}
