import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { VALIDATE_ARGS } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { AffineTransform, PowerTransform } from './transforms.js'
import { Uniform } from './uniform.js'
import { broadcast_all, divide, euler_constant, one_minus, type Sizes, type Value } from './utils.js'

const NAMES = ['concentration1', 'concentration0'] as const

// E[xⁿ].
function moment(a: Tensor, b: Tensor, n: number): Tensor {
  const arg = divide(n, a).add(1)
  return b.mul(arg.lgamma().add(b.lgamma()).sub(arg.add(b).lgamma()).exp())
}

const KUMARASWAMY = signature(
  'Kumaraswamy',
  { concentration1: required<Value>() },
  { concentration0: required<Value>() },
  VALIDATE_ARGS,
)

/**
 * The Kumaraswamy distribution on [0, 1], P(X ≤ x) = 1 − (1 − xᵃ)ᵇ.
 *
 * @param concentration1 - a
 * @param concentration0 - b
 *
 * @example
 * ```ts
 * new torch.distributions.Kumaraswamy(torch.tensor([1]), torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/kumaraswamy.py
 */
export class Kumaraswamy extends TransformedDistribution {
  static override arg_constraints = {
    concentration1: constraints.positive,
    concentration0: constraints.positive,
  }
  static override support: constraints.Constraint = constraints.unit_interval
  static override has_rsample = true

  declare readonly concentration1: Tensor
  declare readonly concentration0: Tensor

  constructor(...args: Call<typeof KUMARASWAMY>)
  constructor(...args: UsualCall<typeof KUMARASWAMY>)
  constructor(...args: unknown[]) {
    const given = KUMARASWAMY.take(args)
    const { validate_args } = given
    const [concentration1, concentration0] = broadcast_all(given.concentration1, given.concentration0) as [
      Tensor,
      Tensor,
    ]
    const base = new Uniform(ops.full_like(concentration0, 0), ops.full_like(concentration0, 1), {
      validate_args,
    })
    const transforms = [
      new PowerTransform(concentration0.reciprocal()),
      new AffineTransform(1, -1),
      new PowerTransform(concentration1.reciprocal()),
    ]
    super(base, transforms, validate_args, { concentration1, concentration0 })
  }

  override expand(batch_shape: Sizes, _instance: Kumaraswamy | null = null): Kumaraswamy {
    const made = this._get_checked_instance(Kumaraswamy, _instance)
    this._become(made, this._expanded_attributes(NAMES, batch_shape), batch_shape)
    return super.expand(batch_shape, made) as Kumaraswamy
  }

  override get mean(): Tensor {
    return moment(this.concentration1, this.concentration0, 1)
  }

  override get mode(): Tensor {
    const { concentration1: a, concentration0: b } = this
    const log_mode = b.reciprocal().mul(b.neg().log1p()).sub(b.neg().mul(a).log1p())
    log_mode.set_at([b.lt(1).bitwise_or(a.lt(1))], Number.NaN)
    return log_mode.exp()
  }

  override get variance(): Tensor {
    return moment(this.concentration1, this.concentration0, 2).sub(this.mean.pow(2))
  }

  override entropy(): Tensor {
    const t1 = one_minus(this.concentration1.reciprocal())
    const t0 = one_minus(this.concentration0.reciprocal())
    const h0 = this.concentration0.add(1).digamma().add(euler_constant)
    return t0.add(t1.mul(h0)).sub(this.concentration1.log()).sub(this.concentration0.log())
  }

  static {
    methods(Kumaraswamy, {
      entropy: '',
      expand: 'batch_shape, _instance?',
    })
  }
}
