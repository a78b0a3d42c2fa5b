import { assertion_error, value_error } from '../errors.js'
import { broadcast_shapes } from '../functional/shapes.js'
import { einsum } from '../functional.js'
import { native } from '../native.js'
import * as linalg from '../ops/generated/linalg.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { optional, required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { is_scalar, type Scalar } from '../scalar.js'
import { make_tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'
import { Chi2 } from './chi2.js'
import * as constraints from './constraints.js'
import type { Constraints, SampleShape } from './distribution.js'
import { ExponentialFamily } from './exp_family.js'
import { type CovarianceOptions, given_matrix, scale_tril_of } from './multivariate_normal.js'
import { VALIDATE_ARGS } from './parameters.js'
import { argument, lazy_property, py_value, type Sizes, type Value } from './utils.js'

const LOG_2 = native.math.log(2)
const NAMES = ['covariance_matrix', 'precision_matrix', 'scale_tril'] as const

/** Options of {@link Wishart}. */
export interface WishartOptions extends CovarianceOptions {
  df?: Value
}

function mvdigamma(x: Tensor, p: number): Tensor {
  if (
    !x
      .gt((p - 1) / 2)
      .all()
      .item()
  )
    throw assertion_error('Wrong domain for multivariate digamma function.')
  const { dtype, device } = x
  const steps = ops
    .arange(p, { dtype, device })
    .div(2)
    .expand([...x.shape, -1])
  return x.unsqueeze(-1).sub(steps).digamma().sum(-1)
}

// The squares on the diagonal of Bartlett's factor.
function diagonal_squares(df: Tensor, scale_tril: Tensor, batch_shape: Sizes, p: number): Chi2 {
  const { dtype, device } = scale_tril
  const steps = ops.arange(p, { dtype, device }).expand([...batch_shape, -1])
  return new Chi2(df.unsqueeze(-1).sub(steps))
}

function take(args: unknown[]) {
  const given = WISHART.take(args)
  const found = given_matrix(given)
  if (found === null)
    throw assertion_error(
      'Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.',
    )
  const { matrix } = found
  if (matrix.ndim < 2)
    throw value_error('scale_tril must be at least two-dimensional, with optional leading batch dimensions')
  const batch = matrix.shape.slice(0, -2)
  const { dtype, device } = matrix
  const is_number = is_scalar(given.df)
  const batch_shape = is_number ? batch : broadcast_shapes(batch, (given.df as Tensor).shape)
  const df = is_number
    ? make_tensor(given.df as Scalar, { dtype, device })
    : (given.df as Tensor).expand(batch_shape)
  const event_shape = matrix.shape.slice(-2)
  const least = event_shape[1]! - 1
  if (df.le(least).any().item())
    throw value_error(`Value of df=${py_value(given.df)} expected to be greater than ndim - 1 = ${least}.`)
  return { ...found, df, batch_shape, event_shape, validate_args: given.validate_args }
}

const WISHART = signature(
  'Wishart',
  { df: required<Value>() },
  { covariance_matrix: optional<Tensor | null>(null) },
  { precision_matrix: optional<Tensor | null>(null) },
  { scale_tril: optional<Tensor | null>(null) },
  VALIDATE_ARGS,
)

/**
 * The Wishart distribution over positive definite matrices: that of Σ xᵢ xᵢᵀ of df normal vectors x of covariance Σ.
 *
 * @param df - the degrees of freedom, above the number of rows less one
 * @param covariance_matrix - Σ, (…, p, p)
 * @param precision_matrix - Σ⁻¹
 * @param scale_tril - the L of Σ = L Lᵀ; exactly one of the three is given
 *
 * @example
 * ```ts
 * const m = new torch.distributions.Wishart(torch.tensor([2]), torch.eye(2))
 * m.sample()
 * ```
 *
 * @see torch/distributions/wishart.py
 */
export class Wishart extends ExponentialFamily {
  static override support: constraints.Constraint = constraints.positive_definite
  static override has_rsample = true

  declare readonly df: Tensor
  /** @internal */
  declare readonly _batch_dims: number[]
  /** @internal */
  declare readonly _unbroadcasted_scale_tril: Tensor
  /** @internal */
  declare readonly _dist_chi2: Chi2

  constructor(...args: Call<typeof WISHART>)
  constructor(...args: UsualCall<typeof WISHART>)
  constructor(...args: unknown[]) {
    const { name, matrix, df, batch_shape, event_shape, validate_args } = take(args)
    const p = event_shape[1]!
    if (df.lt(p).any().item())
      process.emitWarning(
        'Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.',
        'UserWarning',
      )
    super(batch_shape, event_shape, validate_args, { df, [name]: matrix.expand([...batch_shape, -1, -1]) })
    const scale_tril = scale_tril_of(name, matrix)
    Object.assign(this, {
      _batch_dims: batch_shape.map((_, i) => -(i + 1)),
      _unbroadcasted_scale_tril: scale_tril,
      _dist_chi2: diagonal_squares(df, scale_tril, batch_shape, p),
    })
  }

  override expand(batch_shape: Sizes, _instance: Wishart | null = null): Wishart {
    const made = this._get_checked_instance(Wishart, _instance)
    const shape = [...batch_shape, ...this._event_shape]
    const scale_tril = this._unbroadcasted_scale_tril.expand(shape)
    const df = this.df.expand(batch_shape)
    const attributes = {
      ...this._expanded_attributes(NAMES, shape),
      df,
      _unbroadcasted_scale_tril: scale_tril,
      _batch_dims: batch_shape.map((_, i) => -(i + 1)),
      _dist_chi2: diagonal_squares(df, scale_tril, batch_shape, this._event_shape[1]!),
    }
    return this._become(made, attributes, batch_shape)
  }

  override get arg_constraints(): Constraints {
    return {
      covariance_matrix: constraints.positive_definite,
      precision_matrix: constraints.positive_definite,
      scale_tril: constraints.lower_cholesky,
      df: constraints.greater_than(this._event_shape[1]! - 1),
    }
  }

  /** @internal */
  _matrix_shape(): number[] {
    return [...this._batch_shape, ...this._event_shape]
  }

  @lazy_property get scale_tril(): Tensor {
    return this._unbroadcasted_scale_tril.expand(this._matrix_shape())
  }
  @lazy_property get covariance_matrix(): Tensor {
    const l = this._unbroadcasted_scale_tril
    return l.matmul(l.transpose(-2, -1)).expand(this._matrix_shape())
  }
  @lazy_property get precision_matrix(): Tensor {
    const l = this._unbroadcasted_scale_tril
    const identity = ops.eye(this._event_shape[1]!, { dtype: l.dtype, device: l.device })
    return ops.cholesky_solve(identity, l).expand(this._matrix_shape())
  }

  /** @internal */
  _per_matrix(x: Tensor): Tensor {
    return x.view([...this._batch_shape, 1, 1])
  }

  override get mean(): Tensor {
    return this._per_matrix(this.df).mul(this.covariance_matrix)
  }
  override get mode(): Tensor {
    const factor = this.df.sub(this.covariance_matrix.shape.at(-1)!).sub(1)
    factor.set_at([factor.le(0)], Number.NaN)
    return this._per_matrix(factor).mul(this.covariance_matrix)
  }
  override get variance(): Tensor {
    const v = this.covariance_matrix
    const diagonal = v.diagonal({ dim1: -2, dim2: -1 })
    return this._per_matrix(this.df).mul(v.pow(2).add(einsum('...i,...j->...ij', diagonal, diagonal)))
  }

  /** Bartlett's decomposition. @internal */
  _bartlett_sampling(sample_shape: Sizes): Tensor {
    const p = this._event_shape[1]!
    const squares = this._dist_chi2.rsample(sample_shape)
    const roots = squares.sqrt().clamp(finfo(squares.dtype).eps)
    const noise = roots.diag_embed({ dim1: -2, dim2: -1 })
    const [i, j] = ops.tril_indices(p, p, { offset: -1 }).unbind() as [Tensor, Tensor]
    const shape = [...sample_shape, ...this._batch_shape, Math.trunc((p * (p - 1)) / 2)]
    noise.set_at(['...', i, j], ops.randn(shape, { dtype: noise.dtype, device: noise.device }))
    const factor = this._unbroadcasted_scale_tril.matmul(noise)
    return factor.matmul(factor.transpose(-2, -1))
  }

  /** @internal */
  _over_batch(flags: Tensor): Tensor {
    return this._batch_shape.length > 0 ? flags.amax(this._batch_dims) : flags
  }

  /**
   * Draws samples through which gradients flow.
   *
   * @param sample_shape - how many. Default: one
   * @param max_try_correction - how often samples that are singular are drawn again. Default: 10
   */
  override rsample(sample_shape: SampleShape = [], max_try_correction: number | null = null): Tensor {
    const shape = argument<Sizes>(sample_shape, 'sample_shape', [])
    const sample = this._bartlett_sampling(shape)
    const support = this.support
    // PyTorch's own start: what is in the support counts as singular, and is drawn anew.
    const singular = this._over_batch(support.check(sample))
    if (!singular.any().item()) return sample
    process.emitWarning('Singular sample detected.', 'UserWarning')
    for (let i = 0; i < (max_try_correction ?? 10); i++) {
      const again = this._bartlett_sampling(singular.at(singular).shape)
      sample.set_at([singular], again)
      const still = this._over_batch(support.check(again).logical_not())
      singular.set_at([singular.clone()], still)
      if (!singular.any().item()) break
    }
    return sample
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const nu = this.df
    const p = this._event_shape[1]!
    const l = this._unbroadcasted_scale_tril
    return nu
      .neg()
      .mul(this._half_log_det().add((p * LOG_2) / 2))
      .sub(nu.div(2).mvlgamma(p))
      .add(nu.sub(p).sub(1).div(2).mul(linalg.slogdet(value).logabsdet))
      .sub(ops.cholesky_solve(value, l).diagonal({ dim1: -2, dim2: -1 }).sum(-1).div(2))
  }

  /** @internal */
  _half_log_det(): Tensor {
    return this._unbroadcasted_scale_tril.diagonal({ dim1: -2, dim2: -1 }).log().sum(-1)
  }

  override entropy(): Tensor {
    const nu = this.df
    const p = this._event_shape[1]!
    return this._half_log_det()
      .add((p * LOG_2) / 2)
      .mul(p + 1)
      .add(nu.div(2).mvlgamma(p))
      .sub(
        nu
          .sub(p)
          .sub(1)
          .div(2)
          .mul(mvdigamma(nu.div(2), p)),
      )
      .add(nu.mul(p).div(2))
  }

  override get _natural_params(): Tensor[] {
    const p = this._event_shape[1]!
    return [this.precision_matrix.neg().div(2), this.df.sub(p).sub(1).div(2)]
  }

  override _log_normalizer(x: Tensor, y: Tensor): Tensor {
    const p = this._event_shape[1]!
    const more = y.add((p + 1) / 2)
    return more
      .mul(
        linalg
          .slogdet(x.mul(-2))
          .logabsdet.neg()
          .add(LOG_2 * p),
      )
      .add(more.mvlgamma(p))
  }

  override get _mean_carrier_measure(): number {
    return 0
  }

  static {
    methods(Wishart, {
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      rsample: 'sample_shape?, max_try_correction?',
    })
  }
}
