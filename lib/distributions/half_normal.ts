import { native } from '../native.js'
import type { Tensor } from '../tensor.js'
import type { DistributionOptions } from './distribution.js'
import { HalfDistribution } from './half.js'
import { Normal } from './normal.js'
import { take_parameters } from './parameters.js'
import { AbsTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

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
export class HalfNormal extends HalfDistribution<Normal> {
  constructor(scale: Value, options?: DistributionOptions)
  constructor(options: DistributionOptions & { scale: Value })
  constructor(...args: unknown[]) {
    const { scale, validate_args } = take_parameters<{ scale: Value }>('HalfNormal', args, ['scale'])
    super(new Normal(0, scale, { validate_args: false }), new AbsTransform(), validate_args)
  }

  override expand(batch_shape: Sizes, _instance: HalfNormal | null = null): HalfNormal {
    return super.expand(batch_shape, this._get_checked_instance(HalfNormal, _instance)) as HalfNormal
  }

  override get mean(): Tensor {
    return this.scale.mul(native.math.sqrt(2 / Math.PI))
  }
  override get variance(): Tensor {
    return this.scale.pow(2).mul(1 - 2 / Math.PI)
  }
}
