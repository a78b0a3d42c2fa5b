import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { Module } from './module.js'
import { float_number, type Int, type Rest, whole_number } from './utils.js'

/** Keywords of {@link PairwiseDistance}. */
export interface PairwiseDistanceOptions {
  /** The norm's degree. Default: 2. */
  p?: number
  /** What is added to the difference. Default: 1e-6. */
  eps?: number
  /** Whether the last dimension stays, with size 1. Default: false. */
  keepdim?: boolean
}

/**
 * ‖x₁ − x₂ + ε‖ₚ, over the last dimension.
 *
 * @param p - the norm's degree. Default: 2
 * @param eps - what is added to the difference. Default: 1e-6
 * @param keepdim - whether the last dimension stays, with size 1. Default: false
 *
 * Shape: (N, D) or (D) twice, to (N) or ().
 *
 * @example
 * ```ts
 * const pdist = new nn.PairwiseDistance(2)
 * const output = pdist(torch.randn(100, 128), torch.randn(100, 128))
 * ```
 *
 * @see torch/nn/modules/distance.py
 */
export class PairwiseDistance extends Module {
  declare norm: number
  declare eps: number
  declare keepdim: boolean

  constructor(...args: Rest<[p: number, eps: number, keepdim: boolean], PairwiseDistanceOptions>)
  constructor(...args: unknown[]) {
    super()
    const given = take_options<Required<PairwiseDistanceOptions>>(
      'PairwiseDistance',
      args,
      ['p', 'eps', 'keepdim'],
      { p: 2, eps: 1e-6, keepdim: false },
    )
    this.norm = float_number(given.p)
    this.eps = float_number(given.eps)
    this.keepdim = given.keepdim
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return F.pairwise_distance(x1, x2, this.norm, this.eps, this.keepdim)
  }
}

/** Keywords of {@link CosineSimilarity}. */
export interface CosineSimilarityOptions {
  /** The dimension of the vectors. Default: 1. */
  dim?: Int
  /** The least product of norms. Default: 1e-8. */
  eps?: number
}

/**
 * x₁ · x₂ / max(‖x₁‖ ‖x₂‖, ε), along a dimension.
 *
 * @param dim - the dimension of the vectors. Default: 1
 * @param eps - the least product of norms. Default: 1e-8
 *
 * Shape: (*, D, *) twice, to (*, *).
 *
 * @example
 * ```ts
 * const cos = new nn.CosineSimilarity({ dim: 1, eps: 1e-6 })
 * const output = cos(torch.randn(100, 128), torch.randn(100, 128))
 * ```
 *
 * @see torch/nn/modules/distance.py
 */
export class CosineSimilarity extends Module {
  declare dim: number
  declare eps: number

  constructor(...args: Rest<[dim: Int, eps: number], CosineSimilarityOptions>)
  constructor(...args: unknown[]) {
    super()
    const given = take_options<Required<CosineSimilarityOptions>>('CosineSimilarity', args, ['dim', 'eps'], {
      dim: 1,
      eps: 1e-8,
    })
    this.dim = whole_number(given.dim, 'dim')
    this.eps = float_number(given.eps)
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return F.cosine_similarity(x1, x2, this.dim, this.eps)
  }
}
