import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import { type Constraint, unit_interval } from '../constraints.js'
import type { Distribution } from '../distribution.js'
import { type Sign, Transform, type TransformOptions } from './transform.js'

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

  constructor(distribution: Distribution, options?: number | TransformOptions)
  constructor(...args: unknown[]) {
    const given = take_options<{ distribution: Distribution; cache_size: number }>(
      'CumulativeDistributionTransform',
      args,
      ['distribution', 'cache_size'],
      { cache_size: 0 },
    )
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
}
