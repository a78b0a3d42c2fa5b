import * as special from '../ops/generated/special.js'
import { operator } from '../ops/operator.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { as_tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'
import * as constraints from './constraints.js'
import type { SampleShape } from './distribution.js'
import { ExponentialFamily } from './exp_family.js'
import { batch_of, VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, one_minus, type Sizes, type Value } from './utils.js'

const standard_gamma = operator('aten::_standard_gamma')

const GAMMA = signature(
  'Gamma',
  { concentration: required<Value>() },
  { rate: required<Value>() },
  VALIDATE_ARGS,
)

/**
 * The gamma distribution, p(x) = rateᵃ xᵃ⁻¹ exp(−rate x) / Γ(a) for x > 0, a being the concentration.
 *
 * @param concentration - the shape, often called α
 * @param rate - 1 / the scale, often called β
 *
 * @example
 * ```ts
 * new torch.distributions.Gamma(torch.tensor([1]), torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/gamma.py
 */
export class Gamma extends ExponentialFamily {
  static override arg_constraints: { [name: string]: constraints.Constraint } = {
    concentration: constraints.positive,
    rate: constraints.positive,
  }
  static override support: constraints.Constraint = constraints.nonnegative
  static override has_rsample = true

  declare readonly concentration: Tensor
  declare readonly rate: Tensor

  constructor(...args: Call<typeof GAMMA>)
  constructor(...args: UsualCall<typeof GAMMA>)
  constructor(...args: unknown[]) {
    const given = GAMMA.take(args)
    const [concentration, rate] = broadcast_all(given.concentration, given.rate) as [Tensor, Tensor]
    const batch_shape = batch_of(concentration, given.concentration, given.rate)
    super(batch_shape, [], given.validate_args, { concentration, rate })
  }

  override expand(batch_shape: Sizes, _instance: Gamma | null = null): Gamma {
    const made = this._get_checked_instance(Gamma, _instance)
    return this._become(made, this._expanded_attributes(['concentration', 'rate'], batch_shape), batch_shape)
  }

  override get mean(): Tensor {
    return this.concentration.div(this.rate)
  }
  override get mode(): Tensor {
    return this.concentration.sub(1).div(this.rate).clamp(0)
  }
  override get variance(): Tensor {
    return this.concentration.div(this.rate.pow(2))
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    const value = standard_gamma(this.concentration.expand(shape)).div(this.rate.expand(shape))
    // Not recorded, as in PyTorch: a gradient flows through values that were raised, too.
    value.detach().clamp_(finfo(value.dtype).tiny)
    return value
  }

  override log_prob(given: Tensor): Tensor {
    const value = as_tensor(given, { dtype: this.rate.dtype, device: this.rate.device })
    if (this._validate_args) this._validate_sample(value)
    return this.concentration
      .xlogy(this.rate)
      .add(this.concentration.sub(1).xlogy(value))
      .sub(this.rate.mul(value))
      .sub(this.concentration.lgamma())
  }

  override cdf(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return special.gammainc(this.concentration, this.rate.mul(value))
  }

  override entropy(): Tensor {
    const { concentration } = this
    return concentration
      .sub(this.rate.log())
      .add(concentration.lgamma())
      .add(one_minus(concentration).mul(concentration.digamma()))
  }

  override get _natural_params(): Tensor[] {
    return [this.concentration.sub(1), this.rate.neg()]
  }
  override _log_normalizer(x: Tensor, y: Tensor): Tensor {
    return x.add(1).lgamma().add(x.add(1).mul(y.reciprocal().neg().log()))
  }
  override get _mean_carrier_measure(): number {
    return 0
  }

  static {
    methods(Gamma, {
      cdf: 'value',
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
