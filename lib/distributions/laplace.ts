import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { batch_of, VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, type Sizes, type Value } from './utils.js'

const LAPLACE = signature('Laplace', { loc: required<Value>() }, { scale: required<Value>() }, VALIDATE_ARGS)

/**
 * The Laplace distribution, p(x) = exp(−|x − loc| / scale) / (2 scale).
 *
 * @param loc - the mean
 * @param scale - the scale
 *
 * @example
 * ```ts
 * new torch.distributions.Laplace(torch.tensor([0]), torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/laplace.py
 */
export class Laplace extends Distribution {
  static override arg_constraints = { loc: constraints.real, scale: constraints.positive }
  static override support: constraints.Constraint = constraints.real
  static override has_rsample = true

  declare readonly loc: Tensor
  declare readonly scale: Tensor

  constructor(...args: Call<typeof LAPLACE>)
  constructor(...args: UsualCall<typeof LAPLACE>)
  constructor(...args: unknown[]) {
    const given = LAPLACE.take(args)
    const [loc, scale] = broadcast_all(given.loc, given.scale) as [Tensor, Tensor]
    super(batch_of(loc, given.loc, given.scale), [], given.validate_args, { loc, scale })
  }

  override expand(batch_shape: Sizes, _instance: Laplace | null = null): Laplace {
    const made = this._get_checked_instance(Laplace, _instance)
    return this._become(made, this._expanded_attributes(['loc', 'scale'], batch_shape), batch_shape)
  }

  override get mean(): Tensor {
    return this.loc
  }
  override get mode(): Tensor {
    return this.loc
  }
  override get variance(): Tensor {
    return this.scale.pow(2).mul(2)
  }
  override get stddev(): Tensor {
    return this.scale.mul(native.math.pow(2, 0.5))
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    const u = this.loc.new_empty(shape).uniform_(finfo(this.loc.dtype).eps - 1, 1)
    return this.loc.sub(this.scale.mul(u.sign()).mul(u.abs().neg().log1p()))
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return this.scale.mul(2).log().neg().sub(value.sub(this.loc).abs().div(this.scale))
  }

  override cdf(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const distance = value.sub(this.loc)
    return ops.rsub(distance.sign().mul(0.5).mul(distance.abs().neg().div(this.scale).expm1()), 0.5)
  }

  override icdf(value: Tensor): Tensor {
    const term = value.sub(0.5)
    return this.loc.sub(this.scale.mul(term.sign()).mul(term.abs().mul(-2).log1p()))
  }

  override entropy(): Tensor {
    return this.scale.mul(2).log().add(1)
  }

  static {
    methods(Laplace, {
      cdf: 'value',
      entropy: '',
      expand: 'batch_shape, _instance?',
      icdf: 'value',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
