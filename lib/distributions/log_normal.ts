import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Normal } from './normal.js'
import { VALIDATE_ARGS } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { ExpTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

const LOG_NORMAL = signature(
  'LogNormal',
  { loc: required<Value>() },
  { scale: required<Value>() },
  VALIDATE_ARGS,
)

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

  constructor(...args: Call<typeof LOG_NORMAL>)
  constructor(...args: UsualCall<typeof LOG_NORMAL>)
  constructor(...args: unknown[]) {
    const given = LOG_NORMAL.take(args)
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

  static {
    methods(LogNormal, {
      entropy: '',
      expand: 'batch_shape, _instance?',
    })
  }
}
