import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { DistributionOptions } from './distribution.js'
import { Normal } from './normal.js'
import { take_parameters } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { ExpTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

/**
 * The distribution of exp(x) where x has the normal distribution.
 *
 * @param loc - the mean of x
 * @param scale - the standard deviation of x
 *
 * @example
 * ```ts
 * new torch.distributions.LogNormal(torch.tensor([0]), torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/log_normal.py
 */
export class LogNormal extends TransformedDistribution<Normal> {
  static override arg_constraints = { loc: constraints.real, scale: constraints.positive }
  static override support: constraints.Constraint = constraints.positive
  static override has_rsample = true

  constructor(loc: Value, scale: Value, options?: DistributionOptions)
  constructor(options: DistributionOptions & { loc: Value; scale: Value })
  constructor(...args: unknown[]) {
    const given = take_parameters<{ loc: Value; scale: Value }>('LogNormal', args, ['loc', 'scale'])
    const { loc, scale, validate_args } = given
    super(new Normal(loc, scale, { validate_args }), new ExpTransform(), validate_args)
  }

  override expand(batch_shape: Sizes, _instance: LogNormal | null = null): LogNormal {
    return super.expand(batch_shape, this._get_checked_instance(LogNormal, _instance)) as LogNormal
  }

  get loc(): Tensor {
    return this.base_dist.loc
  }
  get scale(): Tensor {
    return this.base_dist.scale
  }

  override get mean(): Tensor {
    return this.loc.add(this.scale.pow(2).div(2)).exp()
  }
  override get mode(): Tensor {
    return this.loc.sub(this.scale.square()).exp()
  }
  override get variance(): Tensor {
    const square = this.scale.pow(2)
    return square.expm1().mul(this.loc.mul(2).add(square).exp())
  }

  override entropy(): Tensor {
    return this.base_dist.entropy().add(this.loc)
  }
}
