import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Exponential } from './exponential.js'
import { VALIDATE_ARGS } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { AffineTransform, PowerTransform, type Transform } from './transforms.js'
import { broadcast_all, euler_constant, one_minus, type Sizes, type Value } from './utils.js'

const _NAMES = ['scale', 'concentration'] as const

function transforms_of(scale: Tensor, concentration_reciprocal: Tensor): Transform[] {
  return [new PowerTransform(concentration_reciprocal), new AffineTransform(0, scale)]
}

const WEIBULL = signature(
  'Weibull',
  { scale: required<Value>() },
  { concentration: required<Value>() },
  VALIDATE_ARGS,
)

/**
 * The Weibull distribution, P(X > x) = exp(−(x / scale)^concentration) for x > 0.
 *
 * @param scale - often called λ
 * @param concentration - the shape, often called k
 *
 * @example
 * ```ts
 * new torch.distributions.Weibull(torch.tensor([1]), torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/weibull.py
 */
export class Weibull extends TransformedDistribution<Exponential> {
  static override arg_constraints = { scale: constraints.positive, concentration: constraints.positive }
  static override support: constraints.Constraint = constraints.positive

  declare readonly scale: Tensor
  declare readonly concentration: Tensor
  declare readonly concentration_reciprocal: Tensor

  constructor(...args: Call<typeof WEIBULL>)
  constructor(...args: UsualCall<typeof WEIBULL>)
  constructor(...args: unknown[]) {
    const given = WEIBULL.take(args)
    const { validate_args } = given
    const [scale, concentration] = broadcast_all(given.scale, given.concentration) as [Tensor, Tensor]
    const concentration_reciprocal = concentration.reciprocal()
    const base = new Exponential(ops.ones_like(scale), { validate_args })
    super(base, transforms_of(scale, concentration_reciprocal), validate_args, {
      scale,
      concentration,
      concentration_reciprocal,
    })
  }

  override expand(batch_shape: Sizes, _instance: Weibull | null = null): Weibull {
    const made = this._get_checked_instance(Weibull, _instance)
    const scale = this.scale.expand(batch_shape)
    const concentration = this.concentration.expand(batch_shape)
    const concentration_reciprocal = concentration.reciprocal()
    const attributes = {
      scale,
      concentration,
      concentration_reciprocal,
      base_dist: this.base_dist.expand(batch_shape),
      transforms: transforms_of(scale, concentration_reciprocal),
    }
    return this._become(made, attributes, batch_shape)
  }

  override get mean(): Tensor {
    return this.scale.mul(this.concentration_reciprocal.add(1).lgamma().exp())
  }
  override get mode(): Tensor {
    const { concentration } = this
    return this.scale.mul(concentration.sub(1).div(concentration).pow(concentration.reciprocal()))
  }
  override get variance(): Tensor {
    const second = this.concentration_reciprocal.mul(2).add(1).lgamma().exp()
    const first = this.concentration_reciprocal.add(1).lgamma().mul(2).exp()
    return this.scale.pow(2).mul(second.sub(first))
  }

  override entropy(): Tensor {
    return one_minus(this.concentration_reciprocal)
      .mul(euler_constant)
      .add(this.scale.mul(this.concentration_reciprocal).log())
      .add(1)
  }

  static {
    methods(Weibull, {
      entropy: '',
      expand: 'batch_shape, _instance?',
    })
  }
}
