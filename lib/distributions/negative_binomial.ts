import { without_grad } from '../autograd/grad_mode.js'
import { log_sigmoid } from '../ops/generated/nn.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { float_scalar } from '../scalar.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { Gamma } from './gamma.js'
import { counted_attributes, expanded_probabilities, PROBS_OR_LOGITS, VALIDATE_ARGS } from './parameters.js'
import { lazy_property, logits_to_probs, probs_to_logits, type Sizes, type Value } from './utils.js'

const NEGATIVE_BINOMIAL = signature(
  'NegativeBinomial',
  { total_count: required<Value>() },
  ...PROBS_OR_LOGITS,
  VALIDATE_ARGS,
)

/**
 * The negative binomial distribution: how many trials succeed before `total_count` failures.
 *
 * @param total_count - the number of failures that ends it; it need not be whole
 * @param probs - the probability of success
 * @param logits - the logarithm of its odds; exactly one of both is given
 *
 * @example
 * ```ts
 * new torch.distributions.NegativeBinomial(5, torch.tensor([0.3])).sample()
 * ```
 *
 * @see torch/distributions/negative_binomial.py
 */
export class NegativeBinomial extends Distribution {
  static override arg_constraints = {
    total_count: constraints.greater_than_eq(0),
    probs: constraints.half_open_interval(float_scalar(0), float_scalar(1)),
    logits: constraints.real,
  }
  static override support: constraints.Constraint = constraints.nonnegative_integer

  declare readonly total_count: Tensor
  /** @internal */
  declare readonly _param: Tensor

  constructor(...args: Call<typeof NEGATIVE_BINOMIAL>)
  constructor(...args: UsualCall<typeof NEGATIVE_BINOMIAL>)
  constructor(...args: unknown[]) {
    const given = NEGATIVE_BINOMIAL.take(args)
    const attributes = counted_attributes(given)
    super(attributes._param.shape, [], given.validate_args, attributes)
  }

  override expand(batch_shape: Sizes, _instance: NegativeBinomial | null = null): NegativeBinomial {
    const made = this._get_checked_instance(NegativeBinomial, _instance)
    const attributes = this._expanded_attributes(['total_count', 'probs', 'logits'], batch_shape)
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
  /** @internal */
  @lazy_property get _gamma(): Gamma {
    return new Gamma(this.total_count, this.logits.neg().exp(), { validate_args: false })
  }

  override get mean(): Tensor {
    return this.total_count.mul(this.logits.exp())
  }
  override get mode(): Tensor {
    return this.total_count.sub(1).mul(this.logits.exp()).floor().clamp(0)
  }
  override get variance(): Tensor {
    return this.mean.div(this.logits.neg().sigmoid())
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    return without_grad(() => ops.poisson(this._gamma.sample(sample_shape)))
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const { total_count, logits } = this
    const unnormalized = total_count.mul(log_sigmoid(logits.neg())).add(value.mul(log_sigmoid(logits)))
    const normalizer = total_count
      .add(value)
      .lgamma()
      .neg()
      .add(value.add(1).lgamma())
      .add(total_count.lgamma())
    // No failures are asked for, and there is no success: certain.
    return unnormalized.sub(normalizer.masked_fill(total_count.add(value).eq(0), 0))
  }

  static {
    methods(NegativeBinomial, {
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}
