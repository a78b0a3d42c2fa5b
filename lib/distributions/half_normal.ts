import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { DistributionOptions } from './distribution.js'
import { Normal } from './normal.js'
import { take_parameters } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { AbsTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

const LOG_2 = native.math.log(2)

/**
 * The distribution of |x| where x has the normal distribution of median 0.
 *
 * @param scale - the scale of the whole distribution
 *
 * @example
 * ```ts
 * new torch.distributions.HalfNormal(torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/half_normal.py
 */
export class HalfNormal extends TransformedDistribution<Normal> {
  static override arg_constraints = { scale: constraints.positive }
  static override support: constraints.Constraint = constraints.nonnegative
  static override has_rsample = true

  constructor(scale: Value, options?: DistributionOptions)
  constructor(options: DistributionOptions & { scale: Value })
  constructor(...args: unknown[]) {
    const { scale, validate_args } = take_parameters<{ scale: Value }>('HalfNormal', args, ['scale'])
    super(new Normal(0, scale, { validate_args: false }), new AbsTransform(), validate_args)
  }

  override expand(batch_shape: Sizes, _instance: HalfNormal | null = null): HalfNormal {
    return super.expand(batch_shape, this._get_checked_instance(HalfNormal, _instance)) as HalfNormal
  }

  get scale(): Tensor {
    return this.base_dist.scale
  }
  override get mean(): Tensor {
    return this.scale.mul(native.math.sqrt(2 / Math.PI))
  }
  override get mode(): Tensor {
    return ops.zeros_like(this.scale)
  }
  override get variance(): Tensor {
    return this.scale.pow(2).mul(1 - 2 / Math.PI)
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
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
