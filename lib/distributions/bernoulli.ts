import { without_grad } from '../autograd/grad_mode.js'
import { binary_cross_entropy_with_logits } from '../nn/functional.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { SampleShape } from './distribution.js'
import { ExponentialFamily } from './exp_family.js'
import {
  enumerate_range,
  expanded_probabilities,
  PROBS_OR_LOGITS,
  probability_attributes,
  VALIDATE_ARGS,
} from './parameters.js'
import {
  broadcast_all,
  lazy_property,
  logits_to_probs,
  one_minus,
  probs_to_logits,
  type Sizes,
} from './utils.js'

const BERNOULLI = signature('Bernoulli', ...PROBS_OR_LOGITS, VALIDATE_ARGS)

/**
 * The Bernoulli distribution: 1 with probability p, else 0.
 *
 * @param probs - p
 * @param logits - log(p / (1 − p)); exactly one of both is given
 *
 * @example
 * ```ts
 * new torch.distributions.Bernoulli(torch.tensor([0.3])).sample() // 30 % chance of 1, 70 % of 0
 * ```
 *
 * @see torch/distributions/bernoulli.py
 */
export class Bernoulli extends ExponentialFamily {
  static override arg_constraints = { probs: constraints.unit_interval, logits: constraints.real }
  static override support: constraints.Constraint = constraints.boolean
  static override has_enumerate_support = true

  /** @internal */
  declare readonly _param: Tensor

  constructor(...args: Call<typeof BERNOULLI>)
  constructor(...args: UsualCall<typeof BERNOULLI>)
  constructor(...args: unknown[]) {
    const given = BERNOULLI.take(args)
    const { attributes, batch_shape } = probability_attributes(given)
    super(batch_shape, [], given.validate_args, attributes)
  }

  override expand(batch_shape: Sizes, _instance: Bernoulli | null = null): Bernoulli {
    const made = this._get_checked_instance(Bernoulli, _instance)
    const attributes = this._expanded_attributes(['probs', 'logits'], batch_shape)
    return this._become(made, expanded_probabilities(attributes), batch_shape)
  }

  @lazy_property get logits(): Tensor {
    return probs_to_logits(this.probs, true)
  }
  @lazy_property get probs(): Tensor {
    return logits_to_probs(this.logits, true)
  }
  get param_shape(): number[] {
    return this._param.shape
  }

  override get mean(): Tensor {
    return this.probs
  }
  override get mode(): Tensor {
    const mode = this.probs.ge(0.5).to(this.probs)
    return mode.set_at([this.probs.eq(0.5)], Number.NaN)
  }
  override get variance(): Tensor {
    return this.probs.mul(one_minus(this.probs))
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    return without_grad(() => ops.bernoulli(this.probs.expand(shape)))
  }

  override log_prob(given: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(given)
    const [logits, value] = broadcast_all(this.logits, given) as [Tensor, Tensor]
    return binary_cross_entropy_with_logits(logits, value, { reduction: 'none' }).neg()
  }

  override entropy(): Tensor {
    return binary_cross_entropy_with_logits(this.logits, this.probs, { reduction: 'none' })
  }

  override enumerate_support(expand: boolean | { expand?: boolean } = true): Tensor {
    return enumerate_range(this, 2, this._param, expand)
  }

  override get _natural_params(): Tensor[] {
    return [this.probs.logit()]
  }
  override _log_normalizer(x: Tensor): Tensor {
    return x.exp().log1p()
  }
  override get _mean_carrier_measure(): number {
    return 0
  }

  static {
    methods(Bernoulli, {
      entropy: '',
      enumerate_support: 'expand?',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}
