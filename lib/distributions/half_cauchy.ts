import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { as_tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor.js'
import { Cauchy } from './cauchy.js'
import { HalfDistribution } from './half.js'
import { VALIDATE_ARGS } from './parameters.js'
import { AbsTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

const HALF_CAUCHY = signature('HalfCauchy', { scale: required<Value>() }, VALIDATE_ARGS)

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
  constructor(...args: Call<typeof HALF_CAUCHY>)
  constructor(...args: UsualCall<typeof HALF_CAUCHY>)
  constructor(...args: unknown[]) {
    const { scale, validate_args } = HALF_CAUCHY.take(args)
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

  static {
    methods(HalfCauchy, {
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
    })
  }
}
