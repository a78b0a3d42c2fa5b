import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { make_tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { batch_of, VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, divide, one_minus, type Sizes, standard_uniform, type Value } from './utils.js'

const NAMES = ['loc', 'scale', 'concentration'] as const

const GENERALIZED_PARETO = signature(
  'GeneralizedPareto',
  { loc: required<Value>() },
  { scale: required<Value>() },
  { concentration: required<Value>() },
  VALIDATE_ARGS,
)

/**
 * The generalized Pareto distribution of excesses above a threshold,
 * P(X > x) = (1 + concentration (x − loc) / scale)^(−1 / concentration), exp(−(x − loc) / scale) where that is 0.
 *
 * @param loc - the threshold
 * @param scale - the scale
 * @param concentration - the shape of the tail
 *
 * @example
 * ```ts
 * new torch.distributions.GeneralizedPareto(torch.tensor([0.1]), torch.tensor([2]), torch.tensor([0.4])).sample()
 * ```
 *
 * @see torch/distributions/generalized_pareto.py
 */
export class GeneralizedPareto extends Distribution {
  static override arg_constraints = {
    loc: constraints.real,
    scale: constraints.positive,
    concentration: constraints.real,
  }
  static override support: constraints.Constraint = constraints.dependent({
    is_discrete: false,
    event_dim: 0,
  })
  static override has_rsample = true

  declare readonly loc: Tensor
  declare readonly scale: Tensor
  declare readonly concentration: Tensor

  constructor(...args: Call<typeof GENERALIZED_PARETO>)
  constructor(...args: UsualCall<typeof GENERALIZED_PARETO>)
  constructor(...args: unknown[]) {
    const given = GENERALIZED_PARETO.take(args)
    const [loc, scale, concentration] = broadcast_all(given.loc, given.scale, given.concentration) as [
      Tensor,
      Tensor,
      Tensor,
    ]
    const batch_shape = batch_of(loc, given.loc, given.scale, given.concentration)
    super(batch_shape, [], given.validate_args, { loc, scale, concentration })
  }

  override expand(batch_shape: Sizes, _instance: GeneralizedPareto | null = null): GeneralizedPareto {
    const made = this._get_checked_instance(GeneralizedPareto, _instance)
    return this._become(made, this._expanded_attributes(NAMES, batch_shape), batch_shape)
  }

  override get support(): constraints.Constraint {
    const upper = this.loc.sub(this.scale.div(this.concentration))
    const bounded = ops.where(this.concentration.lt(0), upper, Number.POSITIVE_INFINITY)
    return constraints.interval(this.loc, bounded)
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    return this.icdf(standard_uniform(this._extended_shape(sample_shape), this.loc))
  }

  /** @internal */
  _z(x: Tensor): Tensor {
    return x.sub(this.loc).div(this.scale)
  }

  /** Where the concentration is 0, and the concentration with 1 there. @internal */
  _safe_concentration(): { is_zero: Tensor; safe: Tensor } {
    const { concentration } = this
    const is_zero = ops.isclose(concentration, make_tensor(0, { dtype: concentration.dtype }))
    return { is_zero, safe: ops.where(is_zero, ops.ones_like(concentration), concentration) }
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const z = this._z(value)
    const { is_zero, safe } = this._safe_concentration()
    const y = divide(1, safe).add(ops.ones_like(z))
    const nonzero = ops.where(y.eq(0), y, y.mul(safe.mul(z).log1p()))
    return this.scale
      .log()
      .neg()
      .sub(ops.where(is_zero, z, nonzero))
  }

  /** log P(X > value). */
  log_survival_function(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const z = this._z(value)
    const { is_zero, safe } = this._safe_concentration()
    return ops.where(is_zero, z.neg(), safe.mul(z).log1p().neg().div(safe))
  }

  /** log P(X ≤ value). */
  log_cdf(value: Tensor): Tensor {
    return this.log_survival_function(value).exp().neg().log1p()
  }

  override cdf(value: Tensor): Tensor {
    return this.log_cdf(value).exp()
  }

  override icdf(value: Tensor): Tensor {
    const { loc, scale } = this
    const { is_zero, safe } = this._safe_concentration()
    const log_u = value.neg().log1p()
    const nonzero = loc.add(scale.div(safe).mul(safe.neg().mul(log_u).expm1()))
    return ops.where(is_zero, loc.sub(scale.mul(log_u)), nonzero)
  }

  override get mean(): Tensor {
    const valid = this.concentration.lt(1)
    const safe = ops.where(valid, this.concentration, 0.5)
    return ops.where(valid, this.loc.add(this.scale.div(one_minus(safe))), Number.NaN)
  }

  override get variance(): Tensor {
    const valid = this.concentration.lt(0.5)
    const safe = ops.where(valid, this.concentration, 0.25)
    const result = this.scale.pow(2).div(
      one_minus(safe)
        .pow(2)
        .mul(one_minus(safe.mul(2))),
    )
    return ops.where(valid, result, Number.NaN)
  }

  override entropy(): Tensor {
    return this.scale.log().add(this.concentration).add(1).broadcast_to(this._batch_shape)
  }

  override get mode(): Tensor {
    return this.loc
  }

  static {
    methods(GeneralizedPareto, {
      cdf: 'value',
      entropy: '',
      expand: 'batch_shape, _instance?',
      icdf: 'value',
      log_cdf: 'value',
      log_prob: 'value',
      log_survival_function: 'value',
      rsample: 'sample_shape?',
    })
  }
}
