import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { SampleShape } from './distribution.js'
import { ExponentialFamily } from './exp_family.js'
import { batch_of, VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, one_minus, type Sizes, type Value } from './utils.js'

const EXPONENTIAL = signature('Exponential', { rate: required<Value>() }, VALIDATE_ARGS)

/**
 * The exponential distribution, p(x) = rate exp(−rate x) for x ≥ 0.
 *
 * @param rate - 1 / the mean
 *
 * @example
 * ```ts
 * new torch.distributions.Exponential(torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/exponential.py
 */
export class Exponential extends ExponentialFamily {
  static override arg_constraints = { rate: constraints.positive }
  static override support: constraints.Constraint = constraints.nonnegative
  static override has_rsample = true

  declare readonly rate: Tensor

  constructor(...args: Call<typeof EXPONENTIAL>)
  constructor(...args: UsualCall<typeof EXPONENTIAL>)
  constructor(...args: unknown[]) {
    const given = EXPONENTIAL.take(args)
    const rate = broadcast_all(given.rate)[0]!
    super(batch_of(rate, given.rate), [], given.validate_args, { rate })
  }

  override expand(batch_shape: Sizes, _instance: Exponential | null = null): Exponential {
    const made = this._get_checked_instance(Exponential, _instance)
    return this._become(made, this._expanded_attributes(['rate'], batch_shape), batch_shape)
  }

  override get mean(): Tensor {
    return this.rate.reciprocal()
  }
  override get mode(): Tensor {
    return ops.zeros_like(this.rate)
  }
  override get stddev(): Tensor {
    return this.rate.reciprocal()
  }
  override get variance(): Tensor {
    return this.rate.pow(-2)
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    return this.rate.new_empty(this._extended_shape(sample_shape)).exponential_().div(this.rate)
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return this.rate.log().sub(this.rate.mul(value))
  }

  override cdf(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return one_minus(this.rate.neg().mul(value).exp())
  }

  override icdf(value: Tensor): Tensor {
    return value.neg().log1p().neg().div(this.rate)
  }

  override entropy(): Tensor {
    return one_minus(this.rate.log())
  }

  override get _natural_params(): Tensor[] {
    return [this.rate.neg()]
  }
  override _log_normalizer(x: Tensor): Tensor {
    return x.neg().log().neg()
  }
  override get _mean_carrier_measure(): number {
    return 0
  }

  static {
    methods(Exponential, {
      cdf: 'value',
      entropy: '',
      expand: 'batch_shape, _instance?',
      icdf: 'value',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
