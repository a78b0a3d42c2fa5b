import * as ops from '../ops/generated/torch.js'
import { as_tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor.js'
import { Cauchy } from './cauchy.js'
import type { DistributionOptions } from './distribution.js'
import { HalfDistribution } from './half.js'
import { take_parameters } from './parameters.js'
import { AbsTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

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
export class HalfCauchy extends HalfDistribution<Cauchy> {
  constructor(scale: Value, options?: DistributionOptions)
  constructor(options: DistributionOptions & { scale: Value })
  constructor(...args: unknown[]) {
    const { scale, validate_args } = take_parameters<{ scale: Value }>('HalfCauchy', args, ['scale'])
    super(new Cauchy(0, scale, { validate_args: false }), new AbsTransform(), validate_args)
  }

  override expand(batch_shape: Sizes, _instance: HalfCauchy | null = null): HalfCauchy {
    return super.expand(batch_shape, this._get_checked_instance(HalfCauchy, _instance)) as HalfCauchy
  }

  override get mean(): Tensor {
    return ops.full(this._extended_shape(), Number.POSITIVE_INFINITY, {
      dtype: this.scale.dtype,
      device: this.scale.device,
    })
  }
  override get variance(): Tensor {
    return this.base_dist.variance
  }

  override log_prob(given: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(given)
    const value = as_tensor(given, { dtype: this.scale.dtype, device: this.scale.device })
    return this._folded_log_prob(value)
  }
}
