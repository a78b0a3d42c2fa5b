import { native } from '../native.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { HalfDistribution } from './half.js'
import { Normal } from './normal.js'
import { VALIDATE_ARGS } from './parameters.js'
import { AbsTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

const HALF_NORMAL = signature('HalfNormal', { scale: required<Value>() }, VALIDATE_ARGS)

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
  constructor(...args: Call<typeof HALF_NORMAL>)
  constructor(...args: UsualCall<typeof HALF_NORMAL>)
  constructor(...args: unknown[]) {
    const { scale, validate_args } = HALF_NORMAL.take(args)
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

  static {
    methods(HalfNormal, {
      expand: 'batch_shape, _instance?',
    })
  }
}
