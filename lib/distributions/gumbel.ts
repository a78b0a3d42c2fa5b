import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { is_scalar } from '../scalar.js'
import type { Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'
import * as constraints from './constraints.js'
import { VALIDATE_ARGS } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { AffineTransform, ExpTransform } from './transforms.js'
import { Uniform } from './uniform.js'
import { broadcast_all, euler_constant, type Sizes, type Value } from './utils.js'

const GUMBEL = signature('Gumbel', { loc: required<Value>() }, { scale: required<Value>() }, VALIDATE_ARGS)

/**
 * The Gumbel distribution of the greatest of many, P(X ≤ x) = exp(−exp(−(x − loc) / scale)).
 *
 * @param loc - the mode
 * @param scale - the scale
 *
 * @example
 * ```ts
 * new torch.distributions.Gumbel(torch.tensor([1]), torch.tensor([2])).sample()
 * ```
 *
 * @see torch/distributions/gumbel.py
 */
export class Gumbel extends TransformedDistribution {
  static override arg_constraints = { loc: constraints.real, scale: constraints.positive }
  static override support: constraints.Constraint = constraints.real

  declare readonly loc: Tensor
  declare readonly scale: Tensor

  constructor(...args: Call<typeof GUMBEL>)
  constructor(...args: UsualCall<typeof GUMBEL>)
  constructor(...args: unknown[]) {
    const given = GUMBEL.take(args)
    const { validate_args } = given
    const [loc, scale] = broadcast_all(given.loc, given.scale) as [Tensor, Tensor]
    const { tiny, eps } = finfo(loc.dtype)
    const base =
      is_scalar(given.loc) && is_scalar(given.scale)
        ? new Uniform(tiny, 1 - eps, { validate_args })
        : new Uniform(ops.full_like(loc, tiny), ops.full_like(loc, 1 - eps), { validate_args })
    const transforms = [
      new ExpTransform().inv,
      new AffineTransform(0, ops.ones_like(scale).neg()),
      new ExpTransform().inv,
      new AffineTransform(given.loc, scale.neg()),
    ]
    super(base, transforms, validate_args, { loc, scale })
  }

  override expand(batch_shape: Sizes, _instance: Gumbel | null = null): Gumbel {
    const made = this._get_checked_instance(Gumbel, _instance)
    this._become(made, this._expanded_attributes(['loc', 'scale'], batch_shape), batch_shape)
    return super.expand(batch_shape, made) as Gumbel
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const y = this.loc.sub(value).div(this.scale)
    return y.sub(y.exp()).sub(this.scale.log())
  }

  override get mean(): Tensor {
    return this.loc.add(this.scale.mul(euler_constant))
  }
  override get mode(): Tensor {
    return this.loc
  }
  override get stddev(): Tensor {
    return this.scale.mul(Math.PI / native.math.sqrt(6))
  }
  override get variance(): Tensor {
    return this.stddev.pow(2)
  }

  override entropy(): Tensor {
    return this.scale.log().add(1 + euler_constant)
  }

  static {
    methods(Gumbel, {
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
    })
  }
}
