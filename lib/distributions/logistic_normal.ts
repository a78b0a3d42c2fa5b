import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { Independent } from './independent.js'
import { Normal } from './normal.js'
import { VALIDATE_ARGS } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { StickBreakingTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

const LOGISTIC_NORMAL = signature(
  'LogisticNormal',
  { loc: required<Value>() },
  { scale: required<Value>() },
  VALIDATE_ARGS,
)

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

  constructor(...args: Call<typeof LOGISTIC_NORMAL>)
  constructor(...args: UsualCall<typeof LOGISTIC_NORMAL>)
  constructor(...args: unknown[]) {
    const given = LOGISTIC_NORMAL.take(args)
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

  static {
    methods(LogisticNormal, {
      expand: 'batch_shape, _instance?',
    })
  }
}
