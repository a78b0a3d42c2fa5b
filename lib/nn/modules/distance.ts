import { bool, float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

const PAIRWISE = signature(
  'PairwiseDistance',
  { p: optional(2, float) },
  { eps: optional(1e-6, float) },
  { keepdim: optional(false, bool) },
)

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

  constructor(...args: Call<typeof PAIRWISE>)
  constructor(...args: UsualCall<typeof PAIRWISE>)
  constructor(...args: unknown[]) {
    super()
    const given = PAIRWISE.take(args)
    this.norm = given.p
    this.eps = given.eps
    this.keepdim = given.keepdim
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return F.pairwise_distance(x1, x2, this.norm, this.eps, this.keepdim)
  }

  static {
    methods(PairwiseDistance, { forward: 'x1, x2' })
  }
}

const COSINE = signature('CosineSimilarity', { dim: optional<Int>(1) }, { eps: optional(1e-8, float) })

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

  constructor(...args: Call<typeof COSINE>)
  constructor(...args: UsualCall<typeof COSINE>)
  constructor(...args: unknown[]) {
    super()
    const given = COSINE.take(args)
    this.dim = whole_number(given.dim, 'dim')
    this.eps = given.eps
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return F.cosine_similarity(x1, x2, this.dim, this.eps)
  }

  static {
    methods(CosineSimilarity, { forward: 'x1, x2' })
  }
}
