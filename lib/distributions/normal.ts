import { without_grad } from '../autograd/grad_mode.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { SampleShape } from './distribution.js'
import { ExponentialFamily } from './exp_family.js'
import { batch_of, VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, divide, type Sizes, standard_normal, type Value } from './utils.js'

const { log, sqrt } = native.math

const NORMAL = signature('Normal', { loc: required<Value>() }, { scale: required<Value>() }, VALIDATE_ARGS)

/**
 * The normal distribution, p(x) = exp(−(x − loc)² / (2 scale²)) / (scale √(2π)).
 *
 * @param loc - the mean
 * @param scale - the standard deviation
 *
 * @example
 * ```ts
 * const m = new torch.distributions.Normal(torch.tensor([0]), torch.tensor([1]))
 * m.sample() // normally distributed, with loc 0 and scale 1
 * ```
 *
 * @see torch/distributions/normal.py
 */
export class Normal extends ExponentialFamily {
  static override arg_constraints = { loc: constraints.real, scale: constraints.positive }
  static override support: constraints.Constraint = constraints.real
  static override has_rsample = true

  declare readonly loc: Tensor
  declare readonly scale: Tensor

  constructor(...args: Call<typeof NORMAL>)
  constructor(...args: UsualCall<typeof NORMAL>)
  constructor(...args: unknown[]) {
    const given = NORMAL.take(args)
    const [loc, scale] = broadcast_all(given.loc, given.scale) as [Tensor, Tensor]
    super(batch_of(loc, given.loc, given.scale), [], given.validate_args, { loc, scale })
  }

  override expand(batch_shape: Sizes, _instance: Normal | null = null): Normal {
    const made = this._get_checked_instance(Normal, _instance)
    return this._become(made, this._expanded_attributes(['loc', 'scale'], batch_shape), batch_shape)
  }

  override get mean(): Tensor {
    return this.loc
  }
  override get mode(): Tensor {
    return this.loc
  }
  override get stddev(): Tensor {
    return this.scale
  }
  override get variance(): Tensor {
    return this.stddev.pow(2)
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    return without_grad(() => ops.normal(this.loc.expand(shape), this.scale.expand(shape)))
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const eps = standard_normal(this._extended_shape(sample_shape), this.loc)
    return this.loc.add(eps.mul(this.scale))
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const variance = this.scale.pow(2)
    return value
      .sub(this.loc)
      .pow(2)
      .neg()
      .div(variance.mul(2))
      .sub(this.scale.log())
      .sub(log(sqrt(2 * Math.PI)))
  }

  override cdf(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const z = value.sub(this.loc).mul(this.scale.reciprocal()).div(sqrt(2))
    return z.erf().add(1).mul(0.5)
  }

  override icdf(value: Tensor): Tensor {
    return this.loc.add(this.scale.mul(value.mul(2).sub(1).erfinv()).mul(sqrt(2)))
  }

  override entropy(): Tensor {
    return this.scale.log().add(0.5 + 0.5 * log(2 * Math.PI))
  }

  override get _natural_params(): Tensor[] {
    return [this.loc.div(this.scale.pow(2)), this.scale.pow(2).reciprocal().mul(-0.5)]
  }

  override _log_normalizer(x: Tensor, y: Tensor): Tensor {
    return x.pow(2).mul(-0.25).div(y).add(divide(-Math.PI, y).log().mul(0.5))
  }

  override get _mean_carrier_measure(): number {
    return 0
  }

  static {
    methods(Normal, {
      cdf: 'value',
      entropy: '',
      expand: 'batch_shape, _instance?',
      icdf: 'value',
      log_prob: 'value',
      rsample: 'sample_shape?',
      sample: 'sample_shape?',
    })
  }
}
