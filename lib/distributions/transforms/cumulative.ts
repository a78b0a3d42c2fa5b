import { methods } from '../../python/methods.js'
import { required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { type Constraint, unit_interval } from '../constraints.js'
import type { Distribution } from '../distribution.js'
import { CACHE_SIZE, type Sign, Transform } from './transform.js'

const CUMULATIVE_DISTRIBUTION_TRANSFORM = signature(
  'CumulativeDistributionTransform',
  { distribution: required<Distribution>() },
  CACHE_SIZE,
)

/**
 * y = F(x), the cumulative distribution function of a distribution; x = F⁻¹(y).
 *
 * @param distribution - its `cdf` and `icdf` are the transform and the inverse
 *
 * @example
 * ```ts
 * // A copula over normal marginals.
 * const base = new torch.distributions.Normal(0, 1)
 * const transform = new torch.distributions.transforms.CumulativeDistributionTransform(base)
 * const copula = new torch.distributions.TransformedDistribution(base, [transform])
 * ```
 *
 * @see torch/distributions/transforms.py
 */
export class CumulativeDistributionTransform extends Transform {
  declare readonly distribution: Distribution

  constructor(...args: Call<typeof CUMULATIVE_DISTRIBUTION_TRANSFORM>)
  constructor(...args: UsualCall<typeof CUMULATIVE_DISTRIBUTION_TRANSFORM>)
  constructor(...args: unknown[]) {
    const given = CUMULATIVE_DISTRIBUTION_TRANSFORM.take(args)
    super(given.cache_size)
    this.distribution = given.distribution
  }

  override get bijective(): boolean {
    return true
  }
  override get codomain(): Constraint {
    return unit_interval
  }
  override get sign(): Sign {
    return 1
  }
  override get domain(): Constraint {
    return this.distribution.support
  }
  override _call(x: Tensor): Tensor {
    return this.distribution.cdf(x)
  }
  override _inverse(y: Tensor): Tensor {
    return this.distribution.icdf(y)
  }
  override log_abs_det_jacobian(x: Tensor, _y: Tensor): Tensor {
    return this.distribution.log_prob(x)
  }
  override _with_cache(cache_size: number): Transform {
    return new CumulativeDistributionTransform(this.distribution, cache_size)
  }

  static {
    methods(CumulativeDistributionTransform, {
      log_abs_det_jacobian: 'x, y',
    })
  }
}
