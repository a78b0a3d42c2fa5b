import { runtime_error, value_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { get_enum, type Reduction } from '../_reduction.js'
import { py_repr, py_size } from '../repr.js'
import { REDUCTION, type ReductionOptions, reduction_of } from './classification_loss.js'

/** Keywords of the losses with a margin. */
export interface MarginOptions extends ReductionOptions {
  margin?: number
}

type Given<Extra = object> = Required<ReductionOptions> & { input: Tensor; target: Tensor } & Extra
type Pair = Required<MarginOptions> & { input1: Tensor; input2: Tensor; target: Tensor }

const PAIR_NAMES = ['input1', 'input2', 'target', 'margin', 'size_average', 'reduce', 'reduction'] as const

/**
 * max(0, −target · (input1 − input2) + margin), the margin 0 by default.
 *
 * @throws RuntimeError where the numbers of dimensions differ
 * @see torch/nn/functional.py
 */
export function margin_ranking_loss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  margin?: number | MarginOptions,
  size_average?: boolean | null | MarginOptions,
  reduce?: boolean | null | MarginOptions,
  reduction?: Reduction | MarginOptions,
): Tensor
export function margin_ranking_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Pair>('margin_ranking_loss', args, PAIR_NAMES, { ...REDUCTION, margin: 0 })
  const { input1, input2, target, margin } = given
  const reduction = get_enum(reduction_of(given))
  if (input1.ndim !== input2.ndim || input1.ndim !== target.ndim) {
    throw runtime_error(
      `margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: ${py_size(input1.shape)}, input2: ${py_size(input2.shape)}, target: ${py_size(target.shape)} `,
    )
  }
  return ops.margin_ranking_loss(input1, input2, target, margin, reduction)
}

/** 1 − cos for pairs whose target is 1, max(0, cos − margin) where it is −1; the margin is 0 by default. */
export function cosine_embedding_loss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  margin?: number | MarginOptions,
  size_average?: boolean | null | MarginOptions,
  reduce?: boolean | null | MarginOptions,
  reduction?: Reduction | MarginOptions,
): Tensor
export function cosine_embedding_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Pair>('cosine_embedding_loss', args, PAIR_NAMES, { ...REDUCTION, margin: 0 })
  const reduction = get_enum(reduction_of(given))
  return ops.cosine_embedding_loss(given.input1, given.input2, given.target, given.margin, reduction)
}

/** x where the target is 1, max(0, margin − x) where it is −1; the margin is 1 by default. */
export function hinge_embedding_loss(
  input: Tensor,
  target: Tensor,
  margin?: number | MarginOptions,
  size_average?: boolean | null | MarginOptions,
  reduce?: boolean | null | MarginOptions,
  reduction?: Reduction | MarginOptions,
): Tensor
export function hinge_embedding_loss(...args: unknown[]): Tensor {
  const names = ['input', 'target', 'margin', 'size_average', 'reduce', 'reduction'] as const
  const given = take_arguments<Given<{ margin: number }>>('hinge_embedding_loss', args, names, {
    ...REDUCTION,
    margin: 1,
  })
  return ops.hinge_embedding_loss(given.input, given.target, given.margin, get_enum(reduction_of(given)))
}

const PLAIN_NAMES = ['input', 'target', 'size_average', 'reduce', 'reduction'] as const

/** Σ max(0, 1 − (x[target] − x[others])) / C, for several classes a sample; a target of −1 ends their list. */
export function multilabel_margin_loss(
  input: Tensor,
  target: Tensor,
  size_average?: boolean | null | ReductionOptions,
  reduce?: boolean | null | ReductionOptions,
  reduction?: Reduction | ReductionOptions,
): Tensor
export function multilabel_margin_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Given>('multilabel_margin_loss', args, PLAIN_NAMES, REDUCTION)
  return nn.multilabel_margin_loss(given.input, given.target, get_enum(reduction_of(given)))
}

/** log(1 + exp(−target · x)). */
export function soft_margin_loss(
  input: Tensor,
  target: Tensor,
  size_average?: boolean | null | ReductionOptions,
  reduce?: boolean | null | ReductionOptions,
  reduction?: Reduction | ReductionOptions,
): Tensor
export function soft_margin_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Given>('soft_margin_loss', args, PLAIN_NAMES, REDUCTION)
  return nn.soft_margin_loss(given.input, given.target, get_enum(reduction_of(given)))
}

/** Keywords of {@link multilabel_soft_margin_loss}. */
export interface MultilabelSoftMarginOptions extends ReductionOptions {
  /** A factor for each class. Default: none. */
  weight?: Tensor | null
}

/** The mean over classes of −(y log σ(x) + (1 − y) log σ(−x)). */
export function multilabel_soft_margin_loss(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | MultilabelSoftMarginOptions,
  size_average?: boolean | null | MultilabelSoftMarginOptions,
  reduce?: boolean | null | MultilabelSoftMarginOptions,
  reduction?: Reduction | MultilabelSoftMarginOptions,
): Tensor
export function multilabel_soft_margin_loss(...args: unknown[]): Tensor {
  const names = ['input', 'target', 'weight', 'size_average', 'reduce', 'reduction'] as const
  const given = take_arguments<Given<{ weight: Tensor | null }>>('multilabel_soft_margin_loss', args, names, {
    ...REDUCTION,
    weight: null,
  })
  const { input, target, weight } = given
  const reduction = reduction_of(given)
  const positive = target.mul(nn.log_sigmoid(input))
  const negative = ops.sub(1, target).mul(nn.log_sigmoid(input.neg()))
  let loss = positive.add(negative).neg()
  if (weight !== null) loss = loss.mul(weight)
  const class_dim = input.ndim - 1
  loss = loss.sum(class_dim).div(input.shape[class_dim]!)
  if (reduction === 'none') return loss
  if (reduction === 'mean') return loss.mean()
  if (reduction === 'sum') return loss.sum()
  throw value_error(`${String(reduction)} is not valid`)
}

/** Keywords of {@link multi_margin_loss}. */
export interface MultiMarginOptions extends MarginOptions {
  /** 1 or 2. Default: 1. */
  p?: number
  /** A factor for each class. Default: none. */
  weight?: Tensor | null
}

/**
 * Σ max(0, margin − x[target] + x[others])ᵖ / C; the margin is 1 by default.
 *
 * @throws ValueError for another p than 1 or 2, or weights that are not one-dimensional
 */
export function multi_margin_loss(
  input: Tensor,
  target: Tensor,
  p?: number | MultiMarginOptions,
  margin?: number | MultiMarginOptions,
  weight?: Tensor | null | MultiMarginOptions,
  size_average?: boolean | null | MultiMarginOptions,
  reduce?: boolean | null | MultiMarginOptions,
  reduction?: Reduction | MultiMarginOptions,
): Tensor
export function multi_margin_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Given<Required<MultiMarginOptions>>>(
    'multi_margin_loss',
    args,
    ['input', 'target', 'p', 'margin', 'weight', 'size_average', 'reduce', 'reduction'],
    { ...REDUCTION, p: 1, margin: 1, weight: null },
  )
  const { input, target, margin, weight } = given
  const p = Number(given.p)
  const reduction = get_enum(reduction_of(given))
  if (p !== 1 && p !== 2) throw value_error('only p == 1 and p == 2 supported')
  if (weight !== null && weight.ndim !== 1) throw value_error('weight must be one-dimensional')
  return nn.multi_margin_loss(input, target, p, margin, weight, reduction)
}

/** Keywords of {@link triplet_margin_loss}. */
export interface TripletMarginOptions extends MarginOptions {
  /** The norm of the distance. Default: 2. */
  p?: number
  /** What is added to the differences. Default: 1e-6. */
  eps?: number
  /** Whether the positive's distance to the negative counts where it is less. Default: false. */
  swap?: boolean
}

type Triplet = { anchor: Tensor; positive: Tensor; negative: Tensor }

const refuse_margin = (margin: number): void => {
  if (margin <= 0) throw value_error(`margin must be greater than 0, got ${py_repr(margin)}`)
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin); the margin is 1 by default.
 *
 * @throws ValueError for a margin that is not positive
 */
export function triplet_margin_loss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  margin?: number | TripletMarginOptions,
  p?: number | TripletMarginOptions,
  eps?: number | TripletMarginOptions,
  swap?: boolean | TripletMarginOptions,
  size_average?: boolean | null | TripletMarginOptions,
  reduce?: boolean | null | TripletMarginOptions,
  reduction?: Reduction | TripletMarginOptions,
): Tensor
export function triplet_margin_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Triplet & Required<TripletMarginOptions>>(
    'triplet_margin_loss',
    args,
    ['anchor', 'positive', 'negative', 'margin', 'p', 'eps', 'swap', 'size_average', 'reduce', 'reduction'],
    { ...REDUCTION, margin: 1, p: 2, eps: 1e-6, swap: false },
  )
  const { anchor, positive, negative, margin, p, eps, swap } = given
  const reduction = get_enum(reduction_of(given))
  refuse_margin(margin)
  return ops.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction)
}

/** Keywords of {@link triplet_margin_with_distance_loss}. */
export interface TripletMarginWithDistanceOptions {
  /** Default: `torch.pairwise_distance`. */
  distance_function?: ((a: Tensor, b: Tensor) => Tensor) | null
  margin?: number
  swap?: boolean
  reduction?: Reduction
}

/**
 * {@link triplet_margin_loss} with any distance.
 *
 * @throws ValueError for an unknown reduction or a margin that is not positive
 * @throws RuntimeError where the numbers of dimensions differ
 */
export function triplet_margin_with_distance_loss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletMarginWithDistanceOptions,
): Tensor
export function triplet_margin_with_distance_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Triplet & Required<TripletMarginWithDistanceOptions>>(
    'triplet_margin_with_distance_loss',
    args,
    ['anchor', 'positive', 'negative', 'distance_function', 'margin', 'swap', 'reduction'],
    { distance_function: null, margin: 1, swap: false, reduction: 'mean' },
  )
  const { anchor, positive, negative, margin, swap, reduction } = given
  if (!['mean', 'sum', 'none'].includes(reduction)) {
    throw value_error(`${String(reduction)} is not a valid value for reduction`)
  }
  refuse_margin(margin)
  const [a, p, n] = [anchor.ndim, positive.ndim, negative.ndim]
  if (a !== p || p !== n) {
    throw runtime_error(
      `The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor ${a}D, positive ${p}D, and negative ${n}D inputs`,
    )
  }
  const distance = given.distance_function ?? ops.pairwise_distance
  const near = distance(anchor, positive)
  let far = distance(anchor, negative)
  if (swap) far = ops.minimum(far, distance(positive, negative))
  const loss = near.add(margin).sub(far).clamp_min(0)
  return reduction === 'sum' ? loss.sum() : reduction === 'mean' ? loss.mean() : loss
}
