import { without_grad } from '../autograd/grad_mode.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { SampleShape } from './distribution.js'
import { ExponentialFamily } from './exp_family.js'
import { batch_of, VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, type Sizes, type Value } from './utils.js'

const POISSON = signature('Poisson', { rate: required<Value>() }, VALIDATE_ARGS)

/**
 * The Poisson distribution, p(k) = rateᵏ exp(−rate) / k!.
 *
 * @param rate - the mean
 *
 * @example
 * ```ts
 * new torch.distributions.Poisson(torch.tensor([4])).sample()
 * ```
 *
 * @see torch/distributions/poisson.py
 */
export class Poisson extends ExponentialFamily {
  static override arg_constraints = { rate: constraints.nonnegative }
  static override support: constraints.Constraint = constraints.nonnegative_integer

  declare readonly rate: Tensor

  constructor(...args: Call<typeof POISSON>)
  constructor(...args: UsualCall<typeof POISSON>)
  constructor(...args: unknown[]) {
    const given = POISSON.take(args)
    const rate = broadcast_all(given.rate)[0]!
    super(batch_of(rate, given.rate), [], given.validate_args, { rate })
  }

  override expand(batch_shape: Sizes, _instance: Poisson | null = null): Poisson {
    const made = this._get_checked_instance(Poisson, _instance)
    return this._become(made, this._expanded_attributes(['rate'], batch_shape), batch_shape)
  }

  override get mean(): Tensor {
    return this.rate
  }
  override get mode(): Tensor {
    return this.rate.floor()
  }
  override get variance(): Tensor {
    return this.rate
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    return without_grad(() => ops.poisson(this.rate.expand(shape)))
  }

  override log_prob(given: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(given)
    const [rate, value] = broadcast_all(this.rate, given) as [Tensor, Tensor]
    return value.xlogy(rate).sub(rate).sub(value.add(1).lgamma())
  }

  override get _natural_params(): Tensor[] {
    return [this.rate.log()]
  }
  override _log_normalizer(x: Tensor): Tensor {
    return x.exp()
  }

  static {
    methods(Poisson, {
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}
