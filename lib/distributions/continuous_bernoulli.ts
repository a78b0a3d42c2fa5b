import { without_grad } from '../autograd/grad_mode.js'
import { value_error } from '../errors.js'
import { native } from '../native.js'
import { binary_cross_entropy_with_logits } from '../nn/functional.js'
import * as ops from '../ops/generated/torch.js'
import { own_value } from '../own.js'
import { methods } from '../python/methods.js'
import { optional } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { SampleShape } from './distribution.js'
import { ExponentialFamily } from './exp_family.js'
import {
  expanded_probabilities,
  PROBS_OR_LOGITS,
  probability_attributes,
  VALIDATE_ARGS,
} from './parameters.js'
import {
  broadcast_all,
  clamp_probs,
  divide,
  lazy_property,
  logits_to_probs,
  one_minus,
  probs_to_logits,
  type Sizes,
  standard_uniform,
} from './utils.js'

const { log } = native.math

const CONTINUOUS_BERNOULLI = signature(
  'ContinuousBernoulli',
  ...PROBS_OR_LOGITS,
  { lims: optional<readonly [number, number]>([0.499, 0.501]) },
  VALIDATE_ARGS,
)

/**
 * The continuous Bernoulli distribution on [0, 1], p(x) ∝ λˣ (1 − λ)^(1 − x).
 *
 * @param probs - λ
 * @param logits - log(λ / (1 − λ)); exactly one of both is given
 * @param lims - where λ is so close to ½ that a Taylor series is used. Default: [0.499, 0.501]
 *
 * @example
 * ```ts
 * new torch.distributions.ContinuousBernoulli(torch.tensor([0.3])).sample()
 * ```
 *
 * @see torch/distributions/continuous_bernoulli.py
 */
export class ContinuousBernoulli extends ExponentialFamily {
  static override arg_constraints = { probs: constraints.unit_interval, logits: constraints.real }
  static override support: constraints.Constraint = constraints.unit_interval
  static override has_rsample = true

  /** @internal */
  declare readonly _param: Tensor
  /** @internal */
  declare readonly _lims: readonly [number, number]

  constructor(...args: Call<typeof CONTINUOUS_BERNOULLI>)
  constructor(...args: UsualCall<typeof CONTINUOUS_BERNOULLI>)
  constructor(...args: unknown[]) {
    const given = CONTINUOUS_BERNOULLI.take(args)
    const { attributes, batch_shape } = probability_attributes(given)
    const probs = own_value(attributes, 'probs')
    if (probs !== undefined) {
      // Checked before the probabilities are moved off 0 and 1.
      if (given.validate_args !== null && !constraints.unit_interval.check(probs).all().item())
        throw value_error('The parameter probs has invalid values')
      attributes['probs'] = attributes['_param'] = clamp_probs(probs)
    }
    super(batch_shape, [], given.validate_args, { ...attributes, _lims: given.lims })
  }

  override expand(batch_shape: Sizes, _instance: ContinuousBernoulli | null = null): ContinuousBernoulli {
    const made = this._get_checked_instance(ContinuousBernoulli, _instance)
    const attributes = this._expanded_attributes(['probs', 'logits'], batch_shape)
    return this._become(made, { ...expanded_probabilities(attributes), _lims: this._lims }, batch_shape)
  }

  @lazy_property get logits(): Tensor {
    return probs_to_logits(this.probs, true)
  }
  @lazy_property get probs(): Tensor {
    return clamp_probs(logits_to_probs(this.logits, true))
  }
  get param_shape(): number[] {
    return this._param.shape
  }

  /** @internal */
  _outside_unstable_region(): Tensor {
    return ops.max(this.probs.le(this._lims[0]), this.probs.gt(this._lims[1]))
  }

  /** @internal */
  _cut_probs(): Tensor {
    const limit = ops.ones_like(this.probs).mul(this._lims[0])
    return ops.where(this._outside_unstable_region(), this.probs, limit)
  }

  /** The logarithm of what the density is multiplied by. @internal */
  _cont_bern_log_norm(): Tensor {
    const cut = this._cut_probs()
    const below = ops.where(cut.le(0.5), cut, ops.zeros_like(cut))
    const above = ops.where(cut.ge(0.5), cut, ops.ones_like(cut))
    const log_norm = cut
      .neg()
      .log1p()
      .sub(cut.log())
      .abs()
      .log()
      .sub(ops.where(cut.le(0.5), below.mul(-2).log1p(), above.mul(2).sub(1).log()))
    const x = this.probs.sub(0.5).pow(2)
    const taylor = x
      .mul(104 / 45)
      .add(4 / 3)
      .mul(x)
      .add(log(2))
    return ops.where(this._outside_unstable_region(), log_norm, taylor)
  }

  override get mean(): Tensor {
    const cut = this._cut_probs()
    const mus = cut.div(cut.mul(2).sub(1)).add(divide(1, cut.neg().log1p().sub(cut.log())))
    const x = this.probs.sub(0.5)
    const taylor = x
      .pow(2)
      .mul(16 / 45)
      .add(1 / 3)
      .mul(x)
      .add(0.5)
    return ops.where(this._outside_unstable_region(), mus, taylor)
  }

  override get stddev(): Tensor {
    return this.variance.sqrt()
  }

  override get variance(): Tensor {
    const cut = this._cut_probs()
    const variances = cut
      .mul(cut.sub(1))
      .div(one_minus(cut.mul(2)).pow(2))
      .add(divide(1, cut.neg().log1p().sub(cut.log()).pow(2)))
    const x = this.probs.sub(0.5).pow(2)
    const taylor = ops.rsub(ops.rsub(x.mul(128 / 945), 1 / 15).mul(x), 1 / 12)
    return ops.where(this._outside_unstable_region(), variances, taylor)
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    return without_grad(() => this.rsample(sample_shape))
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    return this.icdf(standard_uniform(this._extended_shape(sample_shape), this.probs))
  }

  override log_prob(given: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(given)
    const [logits, value] = broadcast_all(this.logits, given) as [Tensor, Tensor]
    return binary_cross_entropy_with_logits(logits, value, { reduction: 'none' })
      .neg()
      .add(this._cont_bern_log_norm())
  }

  override cdf(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const cut = this._cut_probs()
    const cdfs = ops
      .pow(cut, value)
      .mul(ops.pow(one_minus(cut), one_minus(value)))
      .add(cut)
      .sub(1)
      .div(cut.mul(2).sub(1))
    const unbounded = ops.where(this._outside_unstable_region(), cdfs, value)
    const from_below = ops.where(value.ge(1), ops.ones_like(value), unbounded)
    return ops.where(value.le(0), ops.zeros_like(value), from_below)
  }

  override icdf(value: Tensor): Tensor {
    const cut = this._cut_probs()
    const inverse = cut
      .neg()
      .add(value.mul(cut.mul(2).sub(1)))
      .log1p()
      .sub(cut.neg().log1p())
      .div(cut.log().sub(cut.neg().log1p()))
    return ops.where(this._outside_unstable_region(), inverse, value)
  }

  override entropy(): Tensor {
    const log_probs0 = this.probs.neg().log1p()
    const log_probs1 = this.probs.log()
    return this.mean.mul(log_probs0.sub(log_probs1)).sub(this._cont_bern_log_norm()).sub(log_probs0)
  }

  override get _natural_params(): Tensor[] {
    return [this.logits]
  }

  override _log_normalizer(x: Tensor): Tensor {
    const outside = ops.max(x.le(this._lims[0] - 0.5), x.gt(this._lims[1] - 0.5))
    const cut = ops.where(outside, x, ops.ones_like(x).mul(this._lims[0] - 0.5))
    const log_norm = cut.expm1().abs().log().sub(cut.abs().log())
    const taylor = x.mul(0.5).add(x.pow(2).div(24)).sub(x.pow(4).div(2880))
    return ops.where(outside, log_norm, taylor)
  }

  override get _mean_carrier_measure(): number {
    return 0
  }

  static {
    methods(ContinuousBernoulli, {
      cdf: 'value',
      entropy: '',
      expand: 'batch_shape, _instance?',
      icdf: 'value',
      log_prob: 'value',
      rsample: 'sample_shape?',
      sample: 'sample_shape?',
    })
  }
}
