import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import type { Tensor } from '../tensor.js'
import type { Cauchy } from './cauchy.js'
import * as constraints from './constraints.js'
import type { Normal } from './normal.js'
import { TransformedDistribution } from './transformed_distribution.js'

const LOG_2 = native.math.log(2)

/** What the distributions of |x| have in common, x being distributed evenly about 0. */
export class HalfDistribution<Base extends Cauchy | Normal> extends TransformedDistribution<Base> {
  static override arg_constraints = { scale: constraints.positive }
  static override support: constraints.Constraint = constraints.nonnegative
  static override has_rsample = true

  get scale(): Tensor {
    return this.base_dist.scale
  }
  override get mode(): Tensor {
    return ops.zeros_like(this.scale)
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return this._folded_log_prob(value)
  }

  /** @internal */
  _folded_log_prob(value: Tensor): Tensor {
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

  static {
    methods(HalfDistribution, { log_prob: 'value', cdf: 'value', icdf: 'prob', entropy: '' })
  }
}
