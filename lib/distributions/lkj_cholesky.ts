import { value_error } from '../errors.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { optional, required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'
import { Beta } from './beta.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, one_minus, type Sizes, type Value } from './utils.js'

// The angles' distributions, row by row.
function angles(dim: number, concentration: Tensor): Beta {
  const { dtype, device } = concentration
  const marginal = concentration.add(0.5 * (dim - 2))
  const rows = ops.arange(dim - 1, { dtype, device })
  const offset = ops.cat([rows.new_zeros([1]), rows])
  return new Beta(offset.add(0.5), marginal.unsqueeze(-1).sub(offset.mul(0.5)))
}

const LKJCHOLESKY = signature(
  'LKJCholesky',
  { dim: required<number>() },
  { concentration: optional<Value>(1) },
  VALIDATE_ARGS,
)

/**
 * The LKJ distribution over the Cholesky factors L of correlation matrices, p(LLᵀ) ∝ det(LLᵀ)^(concentration − 1).
 *
 * @param dim - the number of rows and columns
 * @param concentration - 1 makes all correlation matrices equally likely. Default: 1
 * @throws ValueError for a dim below 2
 *
 * @example
 * ```ts
 * new torch.distributions.LKJCholesky(3, 0.5).sample() // L of a 3 × 3 correlation matrix
 * ```
 *
 * @see torch/distributions/lkj_cholesky.py
 */
export class LKJCholesky extends Distribution {
  static override arg_constraints = { concentration: constraints.positive }
  static override support: constraints.Constraint = constraints.corr_cholesky

  declare readonly dim: number
  declare readonly concentration: Tensor
  /** @internal */
  declare readonly _beta: Beta

  constructor(...args: Call<typeof LKJCHOLESKY>)
  constructor(...args: UsualCall<typeof LKJCHOLESKY>)
  constructor(...args: unknown[]) {
    const given = LKJCHOLESKY.take(args)
    const { dim } = given
    if (dim < 2)
      throw value_error(`Expected dim to be an integer greater than or equal to 2. Found dim=${dim}.`)
    const concentration = broadcast_all(given.concentration)[0]!
    const _beta = angles(dim, concentration)
    super(concentration.shape, [dim, dim], given.validate_args, { dim, concentration, _beta })
  }

  override expand(batch_shape: Sizes, _instance: LKJCholesky | null = null): LKJCholesky {
    const made = this._get_checked_instance(LKJCholesky, _instance)
    const attributes = {
      ...this._expanded_attributes(['concentration'], batch_shape),
      dim: this.dim,
      _beta: this._beta.expand([...batch_shape, this.dim]),
    }
    return this._become(made, attributes, batch_shape)
  }

  // The onion method: rows on spheres whose radii have beta distributions.
  override sample(sample_shape: SampleShape = []): Tensor {
    const y = this._beta.sample(sample_shape).unsqueeze(-1)
    const { dtype, device } = y
    const normal = ops.randn(this._extended_shape(sample_shape), { dtype, device }).tril(-1)
    const sphere = normal.div(normal.norm(2, { dim: -1, keepdim: true }))
    sphere.at('...', 0, ':').fill_(0)
    const w = y.sqrt().mul(sphere)
    const diagonal = one_minus(w.pow(2).sum(-1)).clamp(finfo(w.dtype).tiny).sqrt()
    return w.add_(diagonal.diag_embed())
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const { concentration, dim } = this
    const diagonal = value.diagonal({ dim1: -1, dim2: -2 }).at('...', '1:')
    const rows = ops.arange(2, dim + 1, { device: concentration.device })
    const order = concentration.sub(1).unsqueeze(-1).mul(2).add(dim).sub(rows)
    const unnormalized = order.mul(diagonal.log()).sum(-1)
    const dm1 = dim - 1
    const alpha = concentration.add(0.5 * dm1)
    const denominator = alpha.lgamma().mul(dm1)
    const numerator = alpha.sub(0.5).mvlgamma(dm1)
    const normalizer = numerator.add(0.5 * dm1 * native.math.log(Math.PI)).sub(denominator)
    return unnormalized.sub(normalizer)
  }

  static {
    methods(LKJCholesky, {
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}
