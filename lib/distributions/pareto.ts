import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Exponential } from './exponential.js'
import { VALIDATE_ARGS } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { AffineTransform, ExpTransform } from './transforms.js'
import { broadcast_all, type Sizes, type Value } from './utils.js'

const PARETO = signature('Pareto', { scale: required<Value>() }, { alpha: required<Value>() }, VALIDATE_ARGS)

/**
 * The Pareto distribution, P(X > x) = (scale / x)^alpha for x ≥ scale.
 *
 * @param scale - the least value
 * @param alpha - the shape of the tail
 *
 * @example
 * ```ts
 * new torch.distributions.Pareto(torch.tensor([1]), torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/pareto.py
 */
export class Pareto extends TransformedDistribution<Exponential> {
  static override arg_constraints = { alpha: constraints.positive, scale: constraints.positive }
  static override support: constraints.Constraint = constraints.dependent({
    is_discrete: false,
    event_dim: 0,
  })

  declare readonly scale: Tensor
  declare readonly alpha: Tensor

  constructor(...args: Call<typeof PARETO>)
  constructor(...args: UsualCall<typeof PARETO>)
  constructor(...args: unknown[]) {
    const given = PARETO.take(args)
    const { validate_args } = given
    const [scale, alpha] = broadcast_all(given.scale, given.alpha) as [Tensor, Tensor]
    const base = new Exponential(alpha, { validate_args })
    super(base, [new ExpTransform(), new AffineTransform(0, scale)], validate_args, { scale, alpha })
  }

  override expand(batch_shape: Sizes, _instance: Pareto | null = null): Pareto {
    const made = this._get_checked_instance(Pareto, _instance)
    this._become(made, this._expanded_attributes(['scale', 'alpha'], batch_shape), batch_shape)
    return super.expand(batch_shape, made) as Pareto
  }

  override get support(): constraints.Constraint {
    return constraints.greater_than_eq(this.scale)
  }
  override get mean(): Tensor {
    const a = this.alpha.clamp(1)
    return a.mul(this.scale).div(a.sub(1))
  }
  override get mode(): Tensor {
    return this.scale
  }
  override get variance(): Tensor {
    const a = this.alpha.clamp(2)
    return this.scale
      .pow(2)
      .mul(a)
      .div(a.sub(1).pow(2).mul(a.sub(2)))
  }

  override entropy(): Tensor {
    return this.scale.div(this.alpha).log().add(this.alpha.reciprocal().add(1))
  }

  static {
    methods(Pareto, {
      entropy: '',
      expand: 'batch_shape, _instance?',
    })
  }
}
