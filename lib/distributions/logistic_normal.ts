import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { DistributionOptions } from './distribution.js'
import type { Independent } from './independent.js'
import { Normal } from './normal.js'
import { take_parameters } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { StickBreakingTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

/**
 * The distribution over vectors of K probabilities that stick breaking makes of K − 1 normal variables.
 *
 * @param loc - the means, along the last dimension
 * @param scale - the standard deviations
 *
 * @example
 * ```ts
 * new torch.distributions.LogisticNormal(torch.zeros(3), torch.ones(3)).sample() // 4 probabilities
 * ```
 *
 * @see torch/distributions/logistic_normal.py
 */
export class LogisticNormal extends TransformedDistribution<Independent<Normal>> {
  static override arg_constraints = { loc: constraints.real, scale: constraints.positive }
  static override support: constraints.Constraint = constraints.simplex
  static override has_rsample = true

  constructor(loc: Value, scale: Value, options?: DistributionOptions)
  constructor(options: DistributionOptions & { loc: Value; scale: Value })
  constructor(...args: unknown[]) {
    const given = take_parameters<{ loc: Value; scale: Value }>('LogisticNormal', args, ['loc', 'scale'])
    const { loc, scale, validate_args } = given
    let base = new Normal(loc, scale, { validate_args })
    if (base.batch_shape.length === 0) base = base.expand([1])
    // The transform's event has one dimension, for which the base becomes an Independent.
    super(base as unknown as Independent<Normal>, new StickBreakingTransform(), validate_args)
  }

  override expand(batch_shape: Sizes, _instance: LogisticNormal | null = null): LogisticNormal {
    return super.expand(batch_shape, this._get_checked_instance(LogisticNormal, _instance)) as LogisticNormal
  }

  get loc(): Tensor {
    return this.base_dist.base_dist.loc
  }
  get scale(): Tensor {
    return this.base_dist.base_dist.scale
  }
}
