import { value_error } from '../errors.js'
import { native } from '../native.js'
import * as linalg from '../ops/generated/linalg.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { tensor } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { py_size } from '../repr.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { batch_mahalanobis, batch_mv } from './multivariate_normal.js'
import { VALIDATE_ARGS } from './parameters.js'
import { lazy_property, type Sizes, standard_normal } from './utils.js'

const LOG_2_PI = native.math.log(2 * Math.PI)

// 1 is added to the diagonal in place.
function add_identity(matrix: Tensor, n: number): Tensor {
  const whole = matrix.contiguous()
  whole
    .view([-1, n * n])
    .at(':', `::${n + 1}`)
    .add_(1)
  return whole
}

/** The Cholesky factor of I + Wᵀ D⁻¹ W. */
function capacitance_tril(w: Tensor, d: Tensor): Tensor {
  return linalg.cholesky(add_identity(w.mT.div(d.unsqueeze(-2)).matmul(w), w.size(-1)))
}

/** log det(W Wᵀ + D), by the matrix determinant lemma. */
export function batch_lowrank_logdet(d: Tensor, tril: Tensor): Tensor {
  return tril.diagonal({ dim1: -2, dim2: -1 }).log().sum(-1).mul(2).add(d.log().sum(-1))
}

/** xᵀ (W Wᵀ + D)⁻¹ x, by the Woodbury identity. */
export function batch_lowrank_mahalanobis(w: Tensor, d: Tensor, x: Tensor, tril: Tensor): Tensor {
  const projected = batch_mv(w.mT.div(d.unsqueeze(-2)), x)
  return x.pow(2).div(d).sum(-1).sub(batch_mahalanobis(tril, projected))
}

type Arguments = { loc: Tensor; cov_factor: Tensor; cov_diag: Tensor }

function check_shapes({ loc, cov_factor, cov_diag }: Arguments): void {
  if (loc.ndim < 1) throw value_error('loc must be at least one-dimensional.')
  const n = loc.shape.at(-1)!
  if (cov_factor.ndim < 2)
    throw value_error('cov_factor must be at least two-dimensional, with optional leading batch dimensions')
  if (cov_factor.shape.at(-2) !== n)
    throw value_error(`cov_factor must be a batch of matrices with shape ${n} x m`)
  if (cov_diag.shape.at(-1) !== n)
    throw value_error(`cov_diag must be a batch of vectors with shape ${py_size([n])}`)
}

function broadcast({ loc, cov_factor, cov_diag }: Arguments): Arguments {
  let all: Tensor[]
  try {
    all = ops.broadcast_tensors([loc.unsqueeze(-1), cov_factor, cov_diag.unsqueeze(-1)])
  } catch (cause) {
    throw Object.assign(
      value_error(
        `Incompatible batch shapes: loc ${py_size(loc.shape)}, cov_factor ${py_size(cov_factor.shape)}, ` +
          `cov_diag ${py_size(cov_diag.shape)}`,
      ),
      { cause },
    )
  }
  return { loc: all[0]!.at('...', 0), cov_factor: all[1]!, cov_diag: all[2]!.at('...', 0) }
}

const LOW_RANK_MULTIVARIATE_NORMAL = signature(
  'LowRankMultivariateNormal',
  { loc: tensor },
  { cov_factor: tensor },
  { cov_diag: tensor },
  VALIDATE_ARGS,
)

/**
 * The normal distribution over vectors whose covariance is a matrix of low rank and a diagonal, Σ = W Wᵀ + D.
 *
 * @param loc - the mean, (…, n)
 * @param cov_factor - W, (…, n, m)
 * @param cov_diag - the diagonal of D, (…, n)
 *
 * @example
 * ```ts
 * const m = new torch.distributions.LowRankMultivariateNormal(
 *   torch.zeros(2),
 *   torch.tensor([[1], [0]]),
 *   torch.ones(2),
 * )
 * m.sample()
 * ```
 *
 * @see torch/distributions/lowrank_multivariate_normal.py
 */
export class LowRankMultivariateNormal extends Distribution {
  static override arg_constraints = {
    loc: constraints.real_vector,
    cov_factor: constraints.independent(constraints.real, 2),
    cov_diag: constraints.independent(constraints.positive, 1),
  }
  static override support: constraints.Constraint = constraints.real_vector
  static override has_rsample = true

  declare readonly loc: Tensor
  declare readonly cov_factor: Tensor
  declare readonly cov_diag: Tensor
  /** @internal */
  declare readonly _unbroadcasted_cov_factor: Tensor
  /** @internal */
  declare readonly _unbroadcasted_cov_diag: Tensor
  /** @internal */
  declare readonly _capacitance_tril: Tensor

  constructor(...args: Call<typeof LOW_RANK_MULTIVARIATE_NORMAL>)
  constructor(...args: UsualCall<typeof LOW_RANK_MULTIVARIATE_NORMAL>)
  constructor(...args: unknown[]) {
    const given = LOW_RANK_MULTIVARIATE_NORMAL.take(args)
    check_shapes(given)
    const { cov_factor: w, cov_diag: d } = given
    const parameters = broadcast(given)
    const { shape } = parameters.loc
    super(shape.slice(0, -1), shape.slice(-1), given.validate_args, {
      ...parameters,
      _unbroadcasted_cov_factor: w,
      _unbroadcasted_cov_diag: d,
      _capacitance_tril: capacitance_tril(w, d),
    })
  }

  override expand(
    batch_shape: Sizes,
    _instance: LowRankMultivariateNormal | null = null,
  ): LowRankMultivariateNormal {
    const made = this._get_checked_instance(LowRankMultivariateNormal, _instance)
    const shape = [...batch_shape, ...this._event_shape]
    const attributes = {
      ...this._expanded_attributes(['loc', 'cov_diag'], shape),
      ...this._expanded_attributes(['cov_factor'], [...shape, this.cov_factor.shape.at(-1)!]),
      _unbroadcasted_cov_factor: this._unbroadcasted_cov_factor,
      _unbroadcasted_cov_diag: this._unbroadcasted_cov_diag,
      _capacitance_tril: this._capacitance_tril,
    }
    return this._become(made, attributes, batch_shape)
  }

  /** @internal */
  _matrix_shape(): number[] {
    return [...this._batch_shape, ...this._event_shape, ...this._event_shape]
  }

  override get mean(): Tensor {
    return this.loc
  }
  override get mode(): Tensor {
    return this.loc
  }
  @lazy_property override get variance(): Tensor {
    const variance = this._unbroadcasted_cov_factor.pow(2).sum(-1).add(this._unbroadcasted_cov_diag)
    return variance.expand([...this._batch_shape, ...this._event_shape])
  }

  /** The lower Cholesky factor of the covariance. */
  @lazy_property get scale_tril(): Tensor {
    const root = this._unbroadcasted_cov_diag.sqrt().unsqueeze(-1)
    const scaled = this._unbroadcasted_cov_factor.div(root)
    const k = add_identity(scaled.matmul(scaled.mT), this._event_shape[0]!)
    return root.mul(linalg.cholesky(k)).expand(this._matrix_shape())
  }

  @lazy_property get covariance_matrix(): Tensor {
    const w = this._unbroadcasted_cov_factor
    return w.matmul(w.mT).add(this._unbroadcasted_cov_diag.diag_embed()).expand(this._matrix_shape())
  }

  /** The inverse of the covariance. */
  @lazy_property get precision_matrix(): Tensor {
    const d = this._unbroadcasted_cov_diag
    const wt_dinv = this._unbroadcasted_cov_factor.mT.div(d.unsqueeze(-2))
    const a = linalg.solve_triangular(this._capacitance_tril, wt_dinv, { upper: false })
    return d.reciprocal().diag_embed().sub(a.mT.matmul(a)).expand(this._matrix_shape())
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    const eps_w = standard_normal([...shape.slice(0, -1), this.cov_factor.shape.at(-1)!], this.loc)
    const eps_d = standard_normal(shape, this.loc)
    return this.loc
      .add(batch_mv(this._unbroadcasted_cov_factor, eps_w))
      .add(this._unbroadcasted_cov_diag.sqrt().mul(eps_d))
  }

  /** @internal */
  _log_det(): Tensor {
    return batch_lowrank_logdet(this._unbroadcasted_cov_diag, this._capacitance_tril)
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const distance = batch_lowrank_mahalanobis(
      this._unbroadcasted_cov_factor,
      this._unbroadcasted_cov_diag,
      value.sub(this.loc),
      this._capacitance_tril,
    )
    return this._log_det()
      .add(this._event_shape[0]! * LOG_2_PI)
      .add(distance)
      .mul(-0.5)
  }

  override entropy(): Tensor {
    const entropy = this._log_det()
      .add(this._event_shape[0]! * (1 + LOG_2_PI))
      .mul(0.5)
    return this._batch_shape.length === 0 ? entropy : entropy.expand(this._batch_shape)
  }

  static {
    methods(LowRankMultivariateNormal, {
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
