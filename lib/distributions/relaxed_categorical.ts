import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { Categorical } from './categorical.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { VALIDATE_ARGS, VECTOR_PROBS_OR_LOGITS } from './parameters.js'
import { TransformedDistribution } from './transformed_distribution.js'
import { ExpTransform } from './transforms.js'
import { broadcast_all, clamp_probs, type Sizes, standard_uniform, type Value } from './utils.js'

const EXP_RELAXED_CATEGORICAL = signature(
  'ExpRelaxedCategorical',
  { temperature: required<Value>() },
  ...VECTOR_PROBS_OR_LOGITS,
  VALIDATE_ARGS,
)

/**
 * The distribution of the logarithm of a {@link RelaxedOneHotCategorical}.
 *
 * @param temperature - near 0 the samples' exps are near corners
 * @param probs - probabilities, along the last dimension; they need not sum to 1
 * @param logits - their logarithms; exactly one of both is given
 * @see torch/distributions/relaxed_categorical.py
 */
export class ExpRelaxedCategorical extends Distribution {
  static override arg_constraints = { probs: constraints.simplex, logits: constraints.real_vector }
  static override support: constraints.Constraint = constraints.real_vector
  static override has_rsample = true

  declare readonly temperature: Value
  /** @internal */
  declare readonly _categorical: Categorical

  constructor(...args: Call<typeof EXP_RELAXED_CATEGORICAL>)
  constructor(...args: UsualCall<typeof EXP_RELAXED_CATEGORICAL>)
  constructor(...args: unknown[]) {
    const given = EXP_RELAXED_CATEGORICAL.take(args)
    const _categorical = new Categorical(given.probs, given.logits)
    super(_categorical.batch_shape, _categorical.param_shape.slice(-1), given.validate_args, {
      _categorical,
      temperature: given.temperature,
    })
  }

  override expand(batch_shape: Sizes, _instance: ExpRelaxedCategorical | null = null): ExpRelaxedCategorical {
    const made = this._get_checked_instance(ExpRelaxedCategorical, _instance)
    const attributes = { temperature: this.temperature, _categorical: this._categorical.expand(batch_shape) }
    return this._become(made, attributes, batch_shape)
  }

  get param_shape(): number[] {
    return this._categorical.param_shape
  }
  get logits(): Tensor {
    return this._categorical.logits
  }
  get probs(): Tensor {
    return this._categorical.probs
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const uniforms = clamp_probs(standard_uniform(this._extended_shape(sample_shape), this.logits))
    const gumbels = uniforms.log().neg().log().neg()
    const scores = ops.div(this.logits.add(gumbels), this.temperature as Tensor)
    return scores.sub(scores.logsumexp(-1, true))
  }

  override log_prob(given: Tensor): Tensor {
    const k = this._categorical._num_events
    if (this._validate_args) this._validate_sample(given)
    const [logits, value] = broadcast_all(this.logits, given) as [Tensor, Tensor]
    const temperature = broadcast_all(this.temperature)[0]!
    const log_scale = ops
      .full_like(temperature, k)
      .lgamma()
      .sub(temperature.log().mul(-(k - 1)))
    const score = logits.sub(value.mul(temperature))
    return score.sub(score.logsumexp(-1, true)).sum(-1).add(log_scale)
  }
}

const RELAXED_ONE_HOT_CATEGORICAL = signature(
  'RelaxedOneHotCategorical',
  { temperature: required<Value>() },
  ...VECTOR_PROBS_OR_LOGITS,
  VALIDATE_ARGS,
)

/**
 * The one-hot categorical distribution relaxed to the simplex, so that gradients flow through samples: also known as
 * the concrete or Gumbel-softmax distribution.
 *
 * @param temperature - near 0 the samples are near corners
 * @param probs - probabilities, along the last dimension; they need not sum to 1
 * @param logits - their logarithms; exactly one of both is given
 *
 * @example
 * ```ts
 * const m = new torch.distributions.RelaxedOneHotCategorical(
 *   torch.tensor([2.2]),
 *   torch.tensor([0.1, 0.2, 0.3, 0.4]),
 * )
 * m.sample()
 * ```
 *
 * @see torch/distributions/relaxed_categorical.py
 */
export class RelaxedOneHotCategorical extends TransformedDistribution<ExpRelaxedCategorical> {
  static override arg_constraints = { probs: constraints.simplex, logits: constraints.real_vector }
  static override support: constraints.Constraint = constraints.simplex
  static override has_rsample = true

  constructor(...args: Call<typeof RELAXED_ONE_HOT_CATEGORICAL>)
  constructor(...args: UsualCall<typeof RELAXED_ONE_HOT_CATEGORICAL>)
  constructor(...args: unknown[]) {
    const { temperature, probs, logits, validate_args } = RELAXED_ONE_HOT_CATEGORICAL.take(args)
    const base = new ExpRelaxedCategorical(temperature, probs, logits, { validate_args })
    super(base, new ExpTransform(), validate_args)
  }

  override expand(
    batch_shape: Sizes,
    _instance: RelaxedOneHotCategorical | null = null,
  ): RelaxedOneHotCategorical {
    const made = this._get_checked_instance(RelaxedOneHotCategorical, _instance)
    return super.expand(batch_shape, made) as RelaxedOneHotCategorical
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
    methods(RelaxedOneHotCategorical, {
      expand: 'batch_shape, _instance?',
    })
  }
}
