import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { type Constraints, Distribution, type SampleShape } from './distribution.js'
import { batch_of, VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, type Sizes, standard_uniform, type Value } from './utils.js'

const UNIFORM = signature('Uniform', { low: required<Value>() }, { high: required<Value>() }, VALIDATE_ARGS)

/**
 * The uniform distribution on [low, high).
 *
 * @param low - the lower end
 * @param high - the upper end, which is not in it
 *
 * @example
 * ```ts
 * new torch.distributions.Uniform(torch.tensor([0]), torch.tensor([5])).sample()
 * ```
 *
 * @see torch/distributions/uniform.py
 */
export class Uniform extends Distribution {
  static override support: constraints.Constraint = constraints.dependent({
    is_discrete: false,
    event_dim: 0,
  })
  static override has_rsample = true

  declare readonly low: Tensor
  declare readonly high: Tensor

  constructor(...args: Call<typeof UNIFORM>)
  constructor(...args: UsualCall<typeof UNIFORM>)
  constructor(...args: unknown[]) {
    const given = UNIFORM.take(args)
    const [low, high] = broadcast_all(given.low, given.high) as [Tensor, Tensor]
    super(batch_of(low, given.low, given.high), [], given.validate_args, { low, high })
  }

  override expand(batch_shape: Sizes, _instance: Uniform | null = null): Uniform {
    const made = this._get_checked_instance(Uniform, _instance)
    return this._become(made, this._expanded_attributes(['low', 'high'], batch_shape), batch_shape)
  }

  override get arg_constraints(): Constraints {
    return { low: constraints.less_than(this.high), high: constraints.greater_than(this.low) }
  }
  override get support(): constraints.Constraint {
    return constraints.interval(this.low, this.high)
  }

  override get mean(): Tensor {
    return this.high.add(this.low).div(2)
  }
  override get mode(): Tensor {
    return this.high.mul(Number.NaN)
  }
  override get stddev(): Tensor {
    return this.high.sub(this.low).div(native.math.pow(12, 0.5))
  }
  override get variance(): Tensor {
    return this.high.sub(this.low).pow(2).div(12)
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const u = standard_uniform(this._extended_shape(sample_shape), this.low)
    return this.low.add(u.mul(this.high.sub(this.low)))
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const above = this.low.le(value).type_as(this.low)
    const below = this.high.gt(value).type_as(this.low)
    return above.mul(below).log().sub(this.high.sub(this.low).log())
  }

  override cdf(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return value.sub(this.low).div(this.high.sub(this.low)).clamp(0, 1)
  }

  override icdf(value: Tensor): Tensor {
    return value.mul(this.high.sub(this.low)).add(this.low)
  }

  override entropy(): Tensor {
    return ops.log(this.high.sub(this.low))
  }

  static {
    methods(Uniform, {
      cdf: 'value',
      entropy: '',
      expand: 'batch_shape, _instance?',
      icdf: 'value',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
