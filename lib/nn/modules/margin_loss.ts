import { value_error } from '../../errors.js'
import { expect_number } from '../../expect.js'
import { bool, float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { keyword, optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import type { Reduction } from '../_reduction.js'
import * as F from '../functional.js'
import { py_int } from '../repr.js'
import {
  _Loss,
  _WeightedLoss,
  type LossArguments,
  loss_options,
  REDUCTION,
  WEIGHT,
  weighted_options,
} from './_loss.js'
import { PairwiseDistance } from './distance.js'
import type { Int } from './utils.js'

const margin_loss = (name: string, margin: number) =>
  signature(name, { margin: optional(margin, float) }, ...REDUCTION)

/** What the losses with a margin share. */
class MarginLoss extends _Loss {
  declare margin: number

  constructor(given: LossArguments & { margin: number }) {
    super(loss_options(given))
    this.margin = given.margin
  }
}

const HINGE = margin_loss('HingeEmbeddingLoss', 1)

/**
 * x where y = 1, max(0, margin − x) where y = −1.
 *
 * @param margin - the margin. Default: 1
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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
  constructor(...args: Call<typeof HINGE>)
  constructor(...args: UsualCall<typeof HINGE>)
  constructor(...args: unknown[]) {
    super(HINGE.take(args))
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this
    return F.hinge_embedding_loss(input, target, { margin, reduction })
  }

  static {
    methods(HingeEmbeddingLoss, { forward: 'input, target' })
  }
}

const COSINE = margin_loss('CosineEmbeddingLoss', 0)

/**
 * 1 − cos(x₁, x₂) where y = 1, max(0, cos(x₁, x₂) − margin) where y = −1.
 *
 * @param margin - the margin, from -1 to 1. Default: 0
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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
  constructor(...args: Call<typeof COSINE>)
  constructor(...args: UsualCall<typeof COSINE>)
  constructor(...args: unknown[]) {
    super(COSINE.take(args))
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this
    return F.cosine_embedding_loss(input1, input2, target, { margin, reduction })
  }

  static {
    methods(CosineEmbeddingLoss, { forward: 'input1, input2, target' })
  }
}

const RANKING = margin_loss('MarginRankingLoss', 0)

/**
 * max(0, −y (x₁ − x₂) + margin): y = 1 says that x₁ should be the greater.
 *
 * @param margin - the margin. Default: 0
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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
  constructor(...args: Call<typeof RANKING>)
  constructor(...args: UsualCall<typeof RANKING>)
  constructor(...args: unknown[]) {
    super(RANKING.take(args))
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this
    return F.margin_ranking_loss(input1, input2, target, { margin, reduction })
  }

  static {
    methods(MarginRankingLoss, { forward: 'input1, input2, target' })
  }
}

/**
 * Σ max(0, 1 − (x[y] − x[i])) / C, over the classes y of the target, which end at the first −1, and the others i.
 *
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  static {
    methods(MultiLabelMarginLoss, { forward: 'input, target' })
  }
}

/**
 * log(1 + exp(−y x)), for y = 1 or −1.
 *
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  static {
    methods(SoftMarginLoss, { forward: 'input, target' })
  }
}

const MULTI_MARGIN = signature(
  'MultiMarginLoss',
  { p: optional<Int>(1) },
  { margin: optional(1, float) },
  WEIGHT,
  ...REDUCTION,
)

/**
 * Σ w[y] · max(0, margin − x[y] + x[i])ᵖ / C, over the classes i that are not the target y.
 *
 * @param p - the exponent, 1 or 2. Default: 1
 * @param margin - the margin. Default: 1
 * @param weight - w, a factor for each class. Default: none
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  constructor(...args: Call<typeof MULTI_MARGIN>)
  constructor(...args: UsualCall<typeof MULTI_MARGIN>)
  constructor(...args: unknown[]) {
    const given = MULTI_MARGIN.take(args)
    super(weighted_options(given))
    this.p = Number(given.p)
    if (this.p !== 1 && this.p !== 2) throw value_error('only p == 1 and p == 2 supported')
    if (given.weight !== null && given.weight.ndim !== 1)
      throw value_error(
        `MultiMarginLoss: expected weight to be None or 1D tensor, got ${given.weight.ndim}D instead`,
      )
    this.margin = given.margin
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { p, margin, weight, reduction } = this
    return F.multi_margin_loss(input, target, { p, margin, weight, reduction })
  }

  static {
    methods(MultiMarginLoss, { forward: 'input, target' })
  }
}

function positive_margin(name: string, margin: number): number {
  const value = Number(margin)
  if (value <= 0)
    throw value_error(`${name}: expected margin to be greater than 0, got ${py_int(margin)} instead`)
  return value
}

const TRIPLET = signature(
  'TripletMarginLoss',
  { margin: optional<number>(1, expect_number) },
  { p: optional(2, float) },
  { eps: optional(1e-6, float) },
  { swap: optional(false, bool) },
  ...REDUCTION,
)

/**
 * max(0, d(a, p) − d(a, n) + margin), with d(x, y) = ‖x − y‖ₚ.
 *
 * @param margin - the margin, more than 0. Default: 1
 * @param p - the norm's degree. Default: 2
 * @param eps - what is added to the differences. Default: 1e-6
 * @param swap - whether the negative's distance from the positive counts, where it is less. Default: false
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  constructor(...args: Call<typeof TRIPLET>)
  constructor(...args: UsualCall<typeof TRIPLET>)
  constructor(...args: unknown[]) {
    const given = TRIPLET.take(args)
    super(loss_options(given))
    this.margin = positive_margin('TripletMarginLoss', given.margin)
    this.p = given.p
    this.eps = given.eps
    this.swap = given.swap
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this
    return F.triplet_margin_loss(anchor, positive, negative, { margin, p, eps, swap, reduction })
  }

  static {
    methods(TripletMarginLoss, { forward: 'anchor, positive, negative' })
  }
}

/** A distance of two tensors. */
export type DistanceFunction = (a: Tensor, b: Tensor) => Tensor

const TRIPLET_WITH_DISTANCE = signature(
  'TripletMarginWithDistanceLoss',
  { distance_function: keyword<DistanceFunction | null>(null) },
  { margin: keyword<number>(1, expect_number) },
  { swap: keyword(false, bool) },
  { reduction: keyword<Reduction>('mean') },
)

/**
 * {@link TripletMarginLoss} with a distance of one's own.
 *
 * @param distance_function - the distance; a module is a child. Default: {@link PairwiseDistance}
 * @param margin - the margin, more than 0. Default: 1
 * @param swap - whether the negative's distance from the positive counts, where it is less. Default: false
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  constructor(...args: Call<typeof TRIPLET_WITH_DISTANCE>)
  constructor(...args: UsualCall<typeof TRIPLET_WITH_DISTANCE>)
  constructor(...args: unknown[]) {
    const given = TRIPLET_WITH_DISTANCE.take(args)
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

  static {
    methods(TripletMarginWithDistanceLoss, { forward: 'anchor, positive, negative' })
  }
}
