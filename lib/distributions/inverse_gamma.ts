import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Gamma } from './gamma.js'
import { VALIDATE_ARGS } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { PowerTransform } from './transforms.js'
import type { Sizes, Value } from './utils.js'

const INVERSE_GAMMA = signature(
  'InverseGamma',
  { concentration: required<Value>() },
  { rate: required<Value>() },
  VALIDATE_ARGS,
)

/**
 * The distribution of 1 / x where x has the gamma distribution.
 *
 * @param concentration - the shape of the gamma distribution
 * @param rate - its rate
 *
 * @example
 * ```ts
 * new torch.distributions.InverseGamma(torch.tensor([2]), torch.tensor([3])).sample()
 * ```
 *
 * @see torch/distributions/inverse_gamma.py
 */
export class InverseGamma extends TransformedDistribution<Gamma> {
  static override arg_constraints = { concentration: constraints.positive, rate: constraints.positive }
  static override support: constraints.Constraint = constraints.positive
  static override has_rsample = true

  constructor(...args: Call<typeof INVERSE_GAMMA>)
  constructor(...args: UsualCall<typeof INVERSE_GAMMA>)
  constructor(...args: unknown[]) {
    const given = INVERSE_GAMMA.take(args)
    const { validate_args } = given
    const base = new Gamma(given.concentration, given.rate, { validate_args })
    super(base, new PowerTransform(base.rate.new_ones([]).neg()), validate_args)
  }

  override expand(batch_shape: Sizes, _instance: InverseGamma | null = null): InverseGamma {
    return super.expand(batch_shape, this._get_checked_instance(InverseGamma, _instance)) as InverseGamma
  }

  get concentration(): Tensor {
    return this.base_dist.concentration
  }
  get rate(): Tensor {
    return this.base_dist.rate
  }

  override get mean(): Tensor {
    const result = this.rate.div(this.concentration.sub(1))
    return ops.where(this.concentration.gt(1), result, Number.POSITIVE_INFINITY)
  }
  override get mode(): Tensor {
    return this.rate.div(this.concentration.add(1))
  }
  override get variance(): Tensor {
    const { concentration } = this
    const result = this.rate.square().div(concentration.sub(1).square().mul(concentration.sub(2)))
    return ops.where(concentration.gt(2), result, Number.POSITIVE_INFINITY)
  }

  override entropy(): Tensor {
    const { concentration } = this
    return concentration
      .add(this.rate.log())
      .add(concentration.lgamma())
      .sub(concentration.add(1).mul(concentration.digamma()))
  }

  static {
    methods(InverseGamma, {
      entropy: '',
      expand: 'batch_shape, _instance?',
    })
  }
}
