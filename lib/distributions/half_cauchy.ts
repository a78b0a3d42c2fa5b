import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { as_tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor.js'
import { Cauchy } from './cauchy.js'
import * as constraints from './constraints.js'
import type { DistributionOptions } from './distribution.js'
import { take_parameters } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { AbsTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

const LOG_2 = native.math.log(2)

/**
 * The distribution of |x| where x has the Cauchy distribution of median 0.
 *
 * @param scale - the scale of the whole distribution
 *
 * @example
 * ```ts
 * new torch.distributions.HalfCauchy(torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/half_cauchy.py
 */
export class HalfCauchy extends TransformedDistribution<Cauchy> {
  static override arg_constraints = { scale: constraints.positive }
  static override support: constraints.Constraint = constraints.nonnegative
  static override has_rsample = true

  constructor(scale: Value, options?: DistributionOptions)
  constructor(options: DistributionOptions & { scale: Value })
  constructor(...args: unknown[]) {
    const { scale, validate_args } = take_parameters<{ scale: Value }>('HalfCauchy', args, ['scale'])
    super(new Cauchy(0, scale, { validate_args: false }), new AbsTransform(), validate_args)
  }

  override expand(batch_shape: Sizes, _instance: HalfCauchy | null = null): HalfCauchy {
    return super.expand(batch_shape, this._get_checked_instance(HalfCauchy, _instance)) as HalfCauchy
  }

  get scale(): Tensor {
    return this.base_dist.scale
  }
  override get mean(): Tensor {
    return ops.full(this._extended_shape(), Number.POSITIVE_INFINITY, {
      dtype: this.scale.dtype,
      device: this.scale.device,
    })
  }
  override get mode(): Tensor {
    return ops.zeros_like(this.scale)
  }
  override get variance(): Tensor {
    return this.base_dist.variance
  }

  override log_prob(given: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(given)
    const value = as_tensor(given, { dtype: this.scale.dtype, device: this.scale.device })
    const log_prob = this.base_dist.log_prob(value).add(LOG_2)
    return ops.where(value.ge(0), log_prob, Number.NEGATIVE_INFINITY)
  }

  override cdf(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return this.base_dist.cdf(value).mul(2).sub(1)
  }

  override icdf(prob: Tensor): Tensor {
    return this.base_dist.icdf(prob.add(1).div(2))
  }

  override entropy(): Tensor {
    return this.base_dist.entropy().sub(LOG_2)
  }
}
