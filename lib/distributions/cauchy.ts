import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { batch_of, VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, type Sizes, type Value } from './utils.js'

const { log } = native.math

const CAUCHY = signature('Cauchy', { loc: required<Value>() }, { scale: required<Value>() }, VALIDATE_ARGS)

/**
 * The Cauchy distribution, p(x) = 1 / (π scale (1 + ((x − loc) / scale)²)): the ratio of two normal variables.
 *
 * @param loc - the median
 * @param scale - half the width at half the height
 *
 * @example
 * ```ts
 * new torch.distributions.Cauchy(torch.tensor([0]), torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/cauchy.py
 */
export class Cauchy extends Distribution {
  static override arg_constraints = { loc: constraints.real, scale: constraints.positive }
  static override support: constraints.Constraint = constraints.real
  static override has_rsample = true

  declare readonly loc: Tensor
  declare readonly scale: Tensor

  constructor(...args: Call<typeof CAUCHY>)
  constructor(...args: UsualCall<typeof CAUCHY>)
  constructor(...args: unknown[]) {
    const given = CAUCHY.take(args)
    const [loc, scale] = broadcast_all(given.loc, given.scale) as [Tensor, Tensor]
    super(batch_of(loc, given.loc, given.scale), [], given.validate_args, { loc, scale })
  }

  override expand(batch_shape: Sizes, _instance: Cauchy | null = null): Cauchy {
    const made = this._get_checked_instance(Cauchy, _instance)
    return this._become(made, this._expanded_attributes(['loc', 'scale'], batch_shape), batch_shape)
  }

  _constant(value: number): Tensor {
    return ops.full(this._extended_shape(), value, { dtype: this.loc.dtype, device: this.loc.device })
  }

  override get mean(): Tensor {
    return this._constant(Number.NaN)
  }
  override get mode(): Tensor {
    return this.loc
  }
  override get variance(): Tensor {
    return this._constant(Number.POSITIVE_INFINITY)
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const eps = this.loc.new_empty(this._extended_shape(sample_shape)).cauchy_()
    return this.loc.add(eps.mul(this.scale))
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const z = value.sub(this.loc).div(this.scale)
    return ops.rsub(this.scale.log(), -log(Math.PI)).sub(z.pow(2).log1p())
  }

  override cdf(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return value.sub(this.loc).div(this.scale).atan().div(Math.PI).add(0.5)
  }

  override icdf(value: Tensor): Tensor {
    return value.sub(0.5).mul(Math.PI).tan().mul(this.scale).add(this.loc)
  }

  override entropy(): Tensor {
    return this.scale.log().add(log(4 * Math.PI))
  }

  static {
    methods(Cauchy, {
      cdf: 'value',
      entropy: '',
      expand: 'batch_shape, _instance?',
      icdf: 'value',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
