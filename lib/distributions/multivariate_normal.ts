import { value_error } from '../errors.js'
import { broadcast_shapes } from '../functional/shapes.js'
import { native } from '../native.js'
import * as linalg from '../ops/generated/linalg.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { optional, tensor } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { expect_tensor, type Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Distribution, type DistributionOptions, type SampleShape } from './distribution.js'
import { VALIDATE_ARGS } from './parameters.js'
import { lazy_property, type Sizes, standard_normal } from './utils.js'

const LOG_2_PI = native.math.log(2 * Math.PI)

/** A batch of matrices times a batch of vectors. */
export function batch_mv(matrices: Tensor, vectors: Tensor): Tensor {
  return matrices.matmul(vectors.unsqueeze(-1)).squeeze(-1)
}

const count_to = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step)

/**
 * The squared Mahalanobis distance xᵀ (L Lᵀ)⁻¹ x of batches, which need not have the same shape: those dimensions of x
 * over which L is the same are solved in one go.
 */
export function batch_mahalanobis(l: Tensor, x: Tensor): Tensor {
  const n = x.size(-1)
  const batch = x.shape.slice(0, -1)
  const l_dims = l.ndim - 2
  const outer = batch.length - l_dims
  const l_batch = l.shape.slice(0, -2)
  const split = batch.slice(0, outer)
  batch.slice(outer).forEach((size, i) => {
    split.push(Math.floor(size / l_batch[i]!), l_batch[i]!)
  })
  const last = outer + 2 * l_dims
  const swapped = x
    .reshape([...split, n])
    .permute([...count_to(0, outer), ...count_to(outer, last, 2), ...count_to(outer + 1, last, 2), last])
  const flat_l = l.reshape([-1, n, n])
  const flat_x = swapped.reshape([-1, flat_l.size(0), n]).permute(1, 2, 0)
  const distances = linalg.solve_triangular(flat_l, flat_x, { upper: false }).pow(2).sum(-2).t()
  const back = count_to(0, outer)
  for (let i = 0; i < l_dims; i++) back.push(outer + i, outer + l_dims + i)
  return distances.reshape(swapped.shape.slice(0, -1)).permute(back).reshape(batch)
}

/** The lower Cholesky factor of a precision matrix's inverse. */
export function precision_to_scale_tril(precision: Tensor): Tensor {
  const factor = linalg.cholesky(precision.flip([-2, -1]))
  const inverse = factor.flip([-2, -1]).transpose(-2, -1)
  const { dtype, device } = precision
  const identity = ops.eye(precision.shape.at(-1)!, { dtype, device })
  return linalg.solve_triangular(inverse, identity, { upper: false })
}

/** How a covariance is given: exactly one of three ways. */
export interface CovarianceOptions extends DistributionOptions {
  covariance_matrix?: Tensor | null
  /** The inverse of the covariance. */
  precision_matrix?: Tensor | null
  /** The lower Cholesky factor of the covariance, with a positive diagonal. */
  scale_tril?: Tensor | null
}

type Name = 'covariance_matrix' | 'precision_matrix' | 'scale_tril'
const NAMES = ['covariance_matrix', 'precision_matrix', 'scale_tril'] as const

/** The name of the matrix that was given, and itself; null where it is none or several. */
export function given_matrix(given: Record<Name, Tensor | null>): { name: Name; matrix: Tensor } | null {
  const names = NAMES.filter((name) => given[name] !== null)
  return names.length === 1 ? { name: names[0]!, matrix: given[names[0]!]! } : null
}

/** The lower Cholesky factor of the covariance, from whichever matrix was given. */
export function scale_tril_of(name: Name, matrix: Tensor): Tensor {
  if (name === 'scale_tril') return matrix
  return name === 'covariance_matrix' ? linalg.cholesky(matrix) : precision_to_scale_tril(matrix)
}

const MULTIVARIATE_NORMAL = signature(
  'MultivariateNormal',
  { loc: tensor },
  { covariance_matrix: optional<Tensor | null>(null) },
  { precision_matrix: optional<Tensor | null>(null) },
  { scale_tril: optional<Tensor | null>(null) },
  VALIDATE_ARGS,
)

/**
 * The normal distribution over vectors, p(x) ∝ exp(−½ (x − loc)ᵀ Σ⁻¹ (x − loc)).
 *
 * @param loc - the mean, (…, n)
 * @param covariance_matrix - Σ, (…, n, n)
 * @param precision_matrix - Σ⁻¹
 * @param scale_tril - the L of Σ = L Lᵀ; exactly one of the three is given
 *
 * @example
 * ```ts
 * const m = new torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
 * m.sample()
 * ```
 *
 * @see torch/distributions/multivariate_normal.py
 */
export class MultivariateNormal extends Distribution {
  static override arg_constraints = {
    loc: constraints.real_vector,
    covariance_matrix: constraints.positive_definite,
    precision_matrix: constraints.positive_definite,
    scale_tril: constraints.lower_cholesky,
  }
  static override support: constraints.Constraint = constraints.real_vector
  static override has_rsample = true

  declare readonly loc: Tensor
  /** @internal */
  declare readonly _unbroadcasted_scale_tril: Tensor

  constructor(...args: Call<typeof MULTIVARIATE_NORMAL>)
  constructor(...args: UsualCall<typeof MULTIVARIATE_NORMAL>)
  constructor(...args: unknown[]) {
    const given = MULTIVARIATE_NORMAL.take(args)
    const loc = expect_tensor(given.loc, 'MultivariateNormal', 'loc')
    if (loc.ndim < 1) throw value_error('loc must be at least one-dimensional.')
    const found = given_matrix(given)
    if (found === null)
      throw value_error(
        'Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.',
      )
    const { name, matrix } = found
    if (matrix.ndim < 2)
      throw value_error(
        `${name === 'scale_tril' ? 'scale_tril matrix' : name} must be at least two-dimensional, ` +
          'with optional leading batch dimensions',
      )
    const batch_shape = broadcast_shapes(matrix.shape.slice(0, -2), loc.shape.slice(0, -1))
    super(batch_shape, loc.shape.slice(-1), given.validate_args, {
      [name]: matrix.expand([...batch_shape, -1, -1]),
      loc: loc.expand([...batch_shape, -1]),
    })
    ;(this as { _unbroadcasted_scale_tril: Tensor })._unbroadcasted_scale_tril = scale_tril_of(name, matrix)
  }

  override expand(batch_shape: Sizes, _instance: MultivariateNormal | null = null): MultivariateNormal {
    const made = this._get_checked_instance(MultivariateNormal, _instance)
    const event = this._event_shape
    const attributes = {
      ...this._expanded_attributes(['loc'], [...batch_shape, ...event]),
      ...this._expanded_attributes(NAMES, [...batch_shape, ...event, ...event]),
      _unbroadcasted_scale_tril: this._unbroadcasted_scale_tril,
    }
    return this._become(made, attributes, batch_shape)
  }

  /** @internal */
  _matrix_shape(): number[] {
    return [...this._batch_shape, ...this._event_shape, ...this._event_shape]
  }

  @lazy_property get scale_tril(): Tensor {
    return this._unbroadcasted_scale_tril.expand(this._matrix_shape())
  }
  @lazy_property get covariance_matrix(): Tensor {
    const l = this._unbroadcasted_scale_tril
    return l.matmul(l.mT).expand(this._matrix_shape())
  }
  @lazy_property get precision_matrix(): Tensor {
    return this._unbroadcasted_scale_tril.cholesky_inverse().expand(this._matrix_shape())
  }

  override get mean(): Tensor {
    return this.loc
  }
  override get mode(): Tensor {
    return this.loc
  }
  override get variance(): Tensor {
    const variance = this._unbroadcasted_scale_tril.pow(2).sum(-1)
    return variance.expand([...this._batch_shape, ...this._event_shape])
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const eps = standard_normal(this._extended_shape(sample_shape), this.loc)
    return this.loc.add(batch_mv(this._unbroadcasted_scale_tril, eps))
  }

  /** @internal */
  _half_log_det(): Tensor {
    return this._unbroadcasted_scale_tril.diagonal({ dim1: -2, dim2: -1 }).log().sum(-1)
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const distance = batch_mahalanobis(this._unbroadcasted_scale_tril, value.sub(this.loc))
    return distance
      .add(this._event_shape[0]! * LOG_2_PI)
      .mul(-0.5)
      .sub(this._half_log_det())
  }

  override entropy(): Tensor {
    const entropy = this._half_log_det().add(0.5 * this._event_shape[0]! * (1 + LOG_2_PI))
    return this._batch_shape.length === 0 ? entropy : entropy.expand(this._batch_shape)
  }

  static {
    methods(MultivariateNormal, {
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
