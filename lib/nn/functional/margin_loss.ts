import { runtime_error, value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { float } from '../../python/checks.js'
import { keyword, optional, optional_tensor, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { get_enum, type Reduction } from '../_reduction.js'
import { py_repr, py_size } from '../repr.js'
import { REDUCTION, reduction_of } from './reduction.js'

const PAIR_LOSS = [
  { input1: tensor },
  { input2: tensor },
  { target: tensor },
  { margin: optional(0) },
  ...REDUCTION,
] as const

/**
 * max(0, −target · (input1 − input2) + margin).
 *
 * @param margin - Default: 0
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @throws RuntimeError where the numbers of dimensions differ
 * @see torch/nn/functional.py
 */
export const margin_ranking_loss = callable(
  signature('margin_ranking_loss', ...PAIR_LOSS),
  (input1, input2, target, margin, size_average, reduce, given): Tensor => {
    const reduction = get_enum(reduction_of(size_average, reduce, given))
    if (input1.ndim !== input2.ndim || input1.ndim !== target.ndim) {
      throw runtime_error(
        `margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: ${py_size(input1.shape)}, input2: ${py_size(input2.shape)}, target: ${py_size(target.shape)} `,
      )
    }
    return ops.margin_ranking_loss(input1, input2, target, margin, reduction)
  },
)

/** 1 − cos for pairs whose target is 1, max(0, cos − margin) where it is −1; see {@link margin_ranking_loss}. */
export const cosine_embedding_loss = callable(
  signature('cosine_embedding_loss', ...PAIR_LOSS),
  (input1, input2, target, margin, size_average, reduce, reduction): Tensor =>
    ops.cosine_embedding_loss(
      input1,
      input2,
      target,
      margin,
      get_enum(reduction_of(size_average, reduce, reduction)),
    ),
)

/** x where the target is 1, max(0, margin − x) where it is −1; the margin is 1 by default. */
export const hinge_embedding_loss = callable(
  signature(
    'hinge_embedding_loss',
    { input: tensor },
    { target: tensor },
    { margin: optional(1) },
    ...REDUCTION,
  ),
  (input, target, margin, size_average, reduce, reduction): Tensor =>
    ops.hinge_embedding_loss(input, target, margin, get_enum(reduction_of(size_average, reduce, reduction))),
)

const PLAIN_LOSS = [{ input: tensor }, { target: tensor }, ...REDUCTION] as const

/** Σ max(0, 1 − (x[target] − x[others])) / C, for several classes a sample; a target of −1 ends their list. */
export const multilabel_margin_loss = callable(
  signature('multilabel_margin_loss', ...PLAIN_LOSS),
  (input, target, size_average, reduce, reduction): Tensor =>
    nn.multilabel_margin_loss(input, target, get_enum(reduction_of(size_average, reduce, reduction))),
)

/** log(1 + exp(−target · x)). */
export const soft_margin_loss = callable(
  signature('soft_margin_loss', ...PLAIN_LOSS),
  (input, target, size_average, reduce, reduction): Tensor =>
    nn.soft_margin_loss(input, target, get_enum(reduction_of(size_average, reduce, reduction))),
)

/**
 * The mean over classes of −(y log σ(x) + (1 − y) log σ(−x)).
 *
 * @param weight - a factor for each class. Default: none
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @throws ValueError for an unknown reduction
 */
export const multilabel_soft_margin_loss = callable(
  signature(
    'multilabel_soft_margin_loss',
    { input: tensor },
    { target: tensor },
    { weight: optional_tensor },
    ...REDUCTION,
  ),
  (input, target, weight, size_average, reduce, given): Tensor => {
    const reduction = reduction_of(size_average, reduce, given)
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
  },
)

/**
 * Σ max(0, margin − x[target] + x[others])ᵖ / C.
 *
 * @param p - 1 or 2. Default: 1
 * @param margin - Default: 1
 * @param weight - a factor for each class. Default: none
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @throws ValueError for another p than 1 or 2, or weights that are not one-dimensional
 */
export const multi_margin_loss = callable(
  signature(
    'multi_margin_loss',
    { input: tensor },
    { target: tensor },
    { p: optional(1, float) },
    { margin: optional(1) },
    { weight: optional_tensor },
    ...REDUCTION,
  ),
  (input, target, p, margin, weight, size_average, reduce, given): Tensor => {
    const reduction = get_enum(reduction_of(size_average, reduce, given))
    if (p !== 1 && p !== 2) throw value_error('only p == 1 and p == 2 supported')
    if (weight !== null && weight.ndim !== 1) throw value_error('weight must be one-dimensional')
    return nn.multi_margin_loss(input, target, p, margin, weight, reduction)
  },
)

const TRIPLET = [{ anchor: tensor }, { positive: tensor }, { negative: tensor }] as const

const refuse_margin = (margin: number): void => {
  if (margin <= 0) throw value_error(`margin must be greater than 0, got ${py_repr(margin)}`)
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin).
 *
 * @param margin - Default: 1
 * @param p - the norm of the distance. Default: 2
 * @param eps - is added to the differences. Default: 1e-6
 * @param swap - whether the positive's distance to the negative counts where it is less. Default: false
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @throws ValueError for a margin that is not positive
 */
export const triplet_margin_loss = callable(
  signature(
    'triplet_margin_loss',
    ...TRIPLET,
    { margin: optional(1) },
    { p: optional(2) },
    { eps: optional(1e-6) },
    { swap: optional(false) },
    ...REDUCTION,
  ),
  (anchor, positive, negative, margin, p, eps, swap, size_average, reduce, given): Tensor => {
    const reduction = get_enum(reduction_of(size_average, reduce, given))
    refuse_margin(margin)
    return ops.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction)
  },
)

type Distance = (a: Tensor, b: Tensor) => Tensor

/**
 * {@link triplet_margin_loss} with any distance.
 *
 * @param distance_function - Default: `torch.pairwise_distance`
 * @param margin - Default: 1
 * @param swap - whether the positive's distance to the negative counts where it is less. Default: false
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @throws ValueError for an unknown reduction or a margin that is not positive
 * @throws RuntimeError where the numbers of dimensions differ
 */
export const triplet_margin_with_distance_loss = callable(
  signature(
    'triplet_margin_with_distance_loss',
    ...TRIPLET,
    { distance_function: keyword<Distance | null>(null) },
    { margin: keyword(1) },
    { swap: keyword(false) },
    { reduction: keyword<Reduction>('mean') },
  ),
  (anchor, positive, negative, distance_function, margin, swap, reduction): Tensor => {
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
    const distance: Distance = distance_function ?? ops.pairwise_distance
    const near = distance(anchor, positive)
    let far = distance(anchor, negative)
    if (swap) far = ops.minimum(far, distance(positive, negative))
    const loss = near.add(margin).sub(far).clamp_min(0)
    return reduction === 'sum' ? loss.sum() : reduction === 'mean' ? loss.mean() : loss
  },
)
