import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import {
  expanded_probabilities,
  PROBS_OR_LOGITS,
  probability_attributes,
  VALIDATE_ARGS,
} from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { SigmoidTransform } from './transforms.js'
import {
  broadcast_all,
  clamp_probs,
  lazy_property,
  logits_to_probs,
  probs_to_logits,
  type Sizes,
  standard_uniform,
  type Value,
} from './utils.js'

const LOGIT_RELAXED_BERNOULLI = signature(
  'LogitRelaxedBernoulli',
  { temperature: required<Value>() },
  ...PROBS_OR_LOGITS,
  VALIDATE_ARGS,
)

/**
 * The distribution of the logit of a {@link RelaxedBernoulli}.
 *
 * @param temperature - near 0 the samples' sigmoids are near 0 and 1
 * @param probs - the probability of 1
 * @param logits - the logarithm of its odds; exactly one of both is given
 * @see torch/distributions/relaxed_bernoulli.py
 */
export class LogitRelaxedBernoulli extends Distribution {
  static override arg_constraints = { probs: constraints.unit_interval, logits: constraints.real }
  static override support: constraints.Constraint = constraints.real

  declare readonly temperature: Value
  /** @internal */
  declare readonly _param: Tensor

  constructor(...args: Call<typeof LOGIT_RELAXED_BERNOULLI>)
  constructor(...args: UsualCall<typeof LOGIT_RELAXED_BERNOULLI>)
  constructor(...args: unknown[]) {
    const given = LOGIT_RELAXED_BERNOULLI.take(args)
    const { attributes, batch_shape } = probability_attributes(given)
    super(batch_shape, [], given.validate_args, { ...attributes, temperature: given.temperature })
  }

  override expand(batch_shape: Sizes, _instance: LogitRelaxedBernoulli | null = null): LogitRelaxedBernoulli {
    const made = this._get_checked_instance(LogitRelaxedBernoulli, _instance)
    const attributes = expanded_probabilities(this._expanded_attributes(['probs', 'logits'], batch_shape))
    return this._become(made, { ...attributes, temperature: this.temperature }, batch_shape)
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

  override rsample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    const probs = clamp_probs(this.probs.expand(shape))
    const u = clamp_probs(standard_uniform(shape, probs))
    const sum = u.log().sub(u.neg().log1p()).add(probs.log()).sub(probs.neg().log1p())
    return ops.div(sum, this.temperature as Tensor)
  }

  override log_prob(given: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(given)
    const [logits, value] = broadcast_all(this.logits, given) as [Tensor, Tensor]
    const temperature = broadcast_all(this.temperature)[0]!
    const difference = logits.sub(value.mul(temperature))
    return temperature.log().add(difference).sub(difference.exp().log1p().mul(2))
  }
}

const RELAXED_BERNOULLI = signature(
  'RelaxedBernoulli',
  { temperature: required<Value>() },
  ...PROBS_OR_LOGITS,
  VALIDATE_ARGS,
)

/**
 * The Bernoulli distribution relaxed to (0, 1), so that gradients flow through samples.
 *
 * @param temperature - near 0 the samples are near 0 and 1
 * @param probs - the probability of 1
 * @param logits - the logarithm of its odds; exactly one of both is given
 *
 * @example
 * ```ts
 * new torch.distributions.RelaxedBernoulli(torch.tensor([2.2]), torch.tensor([0.1, 0.2, 0.3, 0.99])).sample()
 * ```
 *
 * @see torch/distributions/relaxed_bernoulli.py
 */
export class RelaxedBernoulli extends TransformedDistribution<LogitRelaxedBernoulli> {
  static override arg_constraints = { probs: constraints.unit_interval, logits: constraints.real }
  static override support: constraints.Constraint = constraints.unit_interval
  static override has_rsample = true

  constructor(...args: Call<typeof RELAXED_BERNOULLI>)
  constructor(...args: UsualCall<typeof RELAXED_BERNOULLI>)
  constructor(...args: unknown[]) {
    const { temperature, probs, logits, validate_args } = RELAXED_BERNOULLI.take(args)
    super(new LogitRelaxedBernoulli(temperature, probs, logits), new SigmoidTransform(), validate_args)
  }

  override expand(batch_shape: Sizes, _instance: RelaxedBernoulli | null = null): RelaxedBernoulli {
    return super.expand(
      batch_shape,
      this._get_checked_instance(RelaxedBernoulli, _instance),
    ) as RelaxedBernoulli
  }

  get temperature(): Value {
    return this.base_dist.temperature
  }
  get logits(): Tensor {
    return this.base_dist.logits
  }
  get probs(): Tensor {
    return this.base_dist.probs
  }

  static {
    methods(RelaxedBernoulli, {
      expand: 'batch_shape, _instance?',
    })
  }
}
