import { value_error } from '../../errors.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import type { Reduction } from '../_reduction.js'
import * as F from '../functional.js'
import { py_int } from '../repr.js'
import {
  _Loss,
  _WeightedLoss,
  LOSS_DEFAULTS,
  type LossArguments,
  type LossOptions,
  loss_options,
  type WeightedLossOptions,
  weighted_options,
} from './_loss.js'
import { PairwiseDistance } from './distance.js'
import { float_number, type Int, type Rest } from './utils.js'

/** Keywords of the losses with a margin. */
export interface MarginLossOptions extends LossOptions {
  /** The margin. */
  margin?: number
}

type MarginRest = Rest<
  [margin: number, size_average: boolean | null, reduce: boolean | null, reduction: Reduction],
  MarginLossOptions
>

/** What the losses with a margin share. */
class MarginLoss extends _Loss {
  declare margin: number

  constructor(margin: number, args: readonly unknown[]) {
    const given = take_options<LossArguments & { margin: number }>(
      new.target.name,
      args,
      ['margin', 'size_average', 'reduce', 'reduction'],
      { ...LOSS_DEFAULTS, margin },
    )
    super(loss_options(given))
    this.margin = float_number(given.margin)
  }
}

/**
 * x where y = 1, max(0, margin − x) where y = −1.
 *
 * @param margin - the margin. Default: 1
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.HingeEmbeddingLoss()
 * const output = loss(torch.randn(3), torch.tensor([1, -1, 1]))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class HingeEmbeddingLoss extends MarginLoss {
  constructor(...args: MarginRest)
  constructor(...args: unknown[]) {
    super(1, args)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this
    return F.hinge_embedding_loss(input, target, { margin, reduction })
  }
}

/**
 * 1 − cos(x₁, x₂) where y = 1, max(0, cos(x₁, x₂) − margin) where y = −1.
 *
 * @param margin - the margin, from -1 to 1. Default: 0
 *
 * Shape: (N, D), (N, D) and (N), or (D), (D) and (), to (), or with `reduction: 'none'` to (N).
 *
 * @example
 * ```ts
 * const loss = new nn.CosineEmbeddingLoss()
 * const output = loss(torch.randn(3, 5), torch.randn(3, 5), torch.ones(3))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class CosineEmbeddingLoss extends MarginLoss {
  constructor(...args: MarginRest)
  constructor(...args: unknown[]) {
    super(0, args)
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this
    return F.cosine_embedding_loss(input1, input2, target, { margin, reduction })
  }
}

/**
 * max(0, −y (x₁ − x₂) + margin): y = 1 says that x₁ should be the greater.
 *
 * @param margin - the margin. Default: 0
 *
 * Shape: (N), (N) and (N), to (), or with `reduction: 'none'` to (N).
 *
 * @example
 * ```ts
 * const loss = new nn.MarginRankingLoss()
 * const output = loss(torch.randn(3), torch.randn(3), torch.randn(3).sign())
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class MarginRankingLoss extends MarginLoss {
  constructor(...args: MarginRest)
  constructor(...args: unknown[]) {
    super(0, args)
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this
    return F.margin_ranking_loss(input1, input2, target, { margin, reduction })
  }
}

/**
 * Σ max(0, 1 − (x[y] − x[i])) / C, over the classes y of the target, which end at the first −1, and the others i.
 *
 * Shape: (N, C) and integers (N, C), or (C) and (C), to (), or with `reduction: 'none'` to (N).
 *
 * @example
 * ```ts
 * const loss = new nn.MultiLabelMarginLoss()
 * const output = loss(torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([[3n, 0n, -1n, 1n]]))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class MultiLabelMarginLoss extends _Loss {
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabel_margin_loss(input, target, { reduction: this.reduction })
  }
}

/**
 * log(1 + exp(−y x)), for y = 1 or −1.
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.SoftMarginLoss()
 * const output = loss(torch.randn(3), torch.tensor([1, -1, 1]))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class SoftMarginLoss extends _Loss {
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.soft_margin_loss(input, target, { reduction: this.reduction })
  }
}

/** Keywords of {@link MultiMarginLoss}. */
export interface MultiMarginLossOptions extends WeightedLossOptions {
  /** The exponent, 1 or 2. Default: 1. */
  p?: Int
  /** The margin. Default: 1. */
  margin?: number
}

/**
 * Σ w[y] · max(0, margin − x[y] + x[i])ᵖ / C, over the classes i that are not the target y.
 *
 * @param p - the exponent, 1 or 2. Default: 1
 * @param margin - the margin. Default: 1
 * @param weight - w, a factor for each class. Default: none
 * @throws ValueError for another exponent, or weights of another number of dimensions
 *
 * Shape: (N, C) and integers (N), or (C) and (), to (), or with `reduction: 'none'` to (N).
 *
 * @example
 * ```ts
 * const loss = new nn.MultiMarginLoss()
 * const output = loss(torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([3n]))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class MultiMarginLoss extends _WeightedLoss {
  declare p: number
  declare margin: number

  constructor(
    ...args: Rest<
      [
        p: Int,
        margin: number,
        weight: Tensor | null,
        size_average: boolean | null,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      MultiMarginLossOptions
    >
  )
  constructor(...args: unknown[]) {
    const given = take_options<Required<MultiMarginLossOptions>>(
      'MultiMarginLoss',
      args,
      ['p', 'margin', 'weight', 'size_average', 'reduce', 'reduction'],
      { ...LOSS_DEFAULTS, p: 1, margin: 1, weight: null },
    )
    super(weighted_options(given))
    this.p = Number(given.p)
    if (this.p !== 1 && this.p !== 2) throw value_error('only p == 1 and p == 2 supported')
    if (given.weight !== null && given.weight.ndim !== 1)
      throw value_error(
        `MultiMarginLoss: expected weight to be None or 1D tensor, got ${given.weight.ndim}D instead`,
      )
    this.margin = float_number(given.margin)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { p, margin, weight, reduction } = this
    return F.multi_margin_loss(input, target, { p, margin, weight, reduction })
  }
}

function positive_margin(name: string, margin: number): number {
  const value = float_number(margin)
  if (value <= 0)
    throw value_error(`${name}: expected margin to be greater than 0, got ${py_int(margin)} instead`)
  return value
}

/** Keywords of {@link TripletMarginLoss}. */
export interface TripletMarginLossOptions extends LossOptions {
  /** The margin, more than 0. Default: 1. */
  margin?: number
  /** The norm's degree. Default: 2. */
  p?: number
  /** What is added to the differences. Default: 1e-6. */
  eps?: number
  /** Whether the negative's distance from the positive counts, where it is less. Default: false. */
  swap?: boolean
}

/**
 * max(0, d(a, p) − d(a, n) + margin), with d(x, y) = ‖x − y‖ₚ.
 *
 * @param margin - the margin, more than 0. Default: 1
 * @param p - the norm's degree. Default: 2
 * @param eps - what is added to the differences. Default: 1e-6
 * @param swap - whether the negative's distance from the positive counts, where it is less. Default: false
 * @throws ValueError for a margin that is not positive
 *
 * Shape: (N, D) or (D) three times, to (), or with `reduction: 'none'` to (N).
 *
 * @example
 * ```ts
 * const triplet_loss = new nn.TripletMarginLoss({ margin: 1, p: 2 })
 * const output = triplet_loss(torch.randn(100, 128), torch.randn(100, 128), torch.randn(100, 128))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class TripletMarginLoss extends _Loss {
  declare margin: number
  declare p: number
  declare eps: number
  declare swap: boolean

  constructor(
    ...args: Rest<
      [
        margin: number,
        p: number,
        eps: number,
        swap: boolean,
        size_average: boolean | null,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      TripletMarginLossOptions
    >
  )
  constructor(...args: unknown[]) {
    const given = take_options<Required<TripletMarginLossOptions>>(
      'TripletMarginLoss',
      args,
      ['margin', 'p', 'eps', 'swap', 'size_average', 'reduce', 'reduction'],
      { ...LOSS_DEFAULTS, margin: 1, p: 2, eps: 1e-6, swap: false },
    )
    super(loss_options(given))
    this.margin = positive_margin('TripletMarginLoss', given.margin)
    this.p = float_number(given.p)
    this.eps = float_number(given.eps)
    this.swap = given.swap
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this
    return F.triplet_margin_loss(anchor, positive, negative, { margin, p, eps, swap, reduction })
  }
}

/** A distance of two tensors. */
export type DistanceFunction = (a: Tensor, b: Tensor) => Tensor

/** Keywords of {@link TripletMarginWithDistanceLoss}. */
export interface TripletMarginWithDistanceLossOptions {
  /** The distance. Default: {@link PairwiseDistance}. */
  distance_function?: DistanceFunction | null
  /** The margin, more than 0. Default: 1. */
  margin?: number
  /** Whether the negative's distance from the positive counts, where it is less. Default: false. */
  swap?: boolean
  /** See {@link LossOptions}. */
  reduction?: Reduction
}

/**
 * {@link TripletMarginLoss} with a distance of one's own.
 *
 * @param options.distance_function - the distance; a module is a child. Default: {@link PairwiseDistance}
 * @throws ValueError for a margin that is not positive
 *
 * @example
 * ```ts
 * const distance_function = (x: Tensor, y: Tensor) => nn.functional.cosine_similarity(x, y).neg().add(1)
 * const triplet_loss = new nn.TripletMarginWithDistanceLoss({ distance_function })
 * const output = triplet_loss(torch.randn(10, 8), torch.randn(10, 8), torch.randn(10, 8))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class TripletMarginWithDistanceLoss extends _Loss {
  declare distance_function: DistanceFunction
  declare margin: number
  declare swap: boolean

  constructor(options?: TripletMarginWithDistanceLossOptions)
  constructor(...args: unknown[]) {
    const given = take_options<Required<TripletMarginWithDistanceLossOptions>>(
      'TripletMarginWithDistanceLoss',
      args,
      ['distance_function', 'margin', 'swap', 'reduction'],
      { distance_function: null, margin: 1, swap: false, reduction: 'mean' },
      0,
    )
    super({ reduction: given.reduction })
    const margin = positive_margin('TripletMarginWithDistanceLoss', given.margin)
    this.distance_function = given.distance_function ?? new PairwiseDistance()
    this.margin = margin
    this.swap = given.swap
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distance_function, margin, swap, reduction } = this
    return F.triplet_margin_with_distance_loss(anchor, positive, negative, {
      distance_function,
      margin,
      swap,
      reduction,
    })
  }
}
