import { one_hot } from '../ops/generated/nn.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { Categorical } from './categorical.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { VALIDATE_ARGS, VECTOR_PROBS_OR_LOGITS } from './parameters.js'
import { argument, one_minus, type Sizes } from './utils.js'

const ONE_HOT_CATEGORICAL = signature('OneHotCategorical', ...VECTOR_PROBS_OR_LOGITS, VALIDATE_ARGS)

/**
 * The categorical distribution over vectors with one 1 and zeros.
 *
 * @param probs - probabilities, along the last dimension; they need not sum to 1
 * @param logits - their logarithms; exactly one of both is given
 *
 * @example
 * ```ts
 * new torch.distributions.OneHotCategorical(torch.tensor([0.25, 0.25, 0.25, 0.25])).sample() // [0, 0, 0, 1], say
 * ```
 *
 * @see torch/distributions/one_hot_categorical.py
 */
export class OneHotCategorical extends Distribution {
  static override arg_constraints = { probs: constraints.simplex, logits: constraints.real_vector }
  static override support: constraints.Constraint = constraints.one_hot
  static override has_enumerate_support = true

  /** @internal */
  declare readonly _categorical: Categorical

  constructor(...args: Call<typeof ONE_HOT_CATEGORICAL>)
  constructor(...args: UsualCall<typeof ONE_HOT_CATEGORICAL>)
  constructor(...args: unknown[]) {
    const { probs, logits, validate_args } = ONE_HOT_CATEGORICAL.take(args)
    const _categorical = new Categorical(probs, logits)
    const { batch_shape, param_shape } = _categorical
    super(batch_shape, param_shape.slice(-1), validate_args, { _categorical })
  }

  override expand(batch_shape: Sizes, _instance: OneHotCategorical | null = null): OneHotCategorical {
    const made = this._get_checked_instance(OneHotCategorical, _instance)
    return this._become(made, { _categorical: this._categorical.expand(batch_shape) }, batch_shape)
  }

  /** @internal */
  get _param(): Tensor {
    return this._categorical._param
  }
  get probs(): Tensor {
    return this._categorical.probs
  }
  get logits(): Tensor {
    return this._categorical.logits
  }
  get param_shape(): number[] {
    return this._categorical.param_shape
  }

  override get mean(): Tensor {
    return this.probs
  }
  override get mode(): Tensor {
    return one_hot(this.probs.argmax(-1), this.probs.shape.at(-1)!).to(this.probs)
  }
  override get variance(): Tensor {
    return this.probs.mul(one_minus(this.probs))
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const indices = this._categorical.sample(sample_shape)
    return one_hot(indices, this._categorical._num_events).to(this.probs)
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return this._categorical.log_prob(value.max(-1).indices)
  }

  override entropy(): Tensor {
    return this._categorical.entropy()
  }

  override enumerate_support(expand: boolean | { expand?: boolean } = true): Tensor {
    const n = this._event_shape[0]!
    const { dtype, device } = this._param
    const values = ops.eye(n, { dtype, device }).view([n, ...this._batch_shape.map(() => 1), n])
    return argument<boolean>(expand, 'expand', true) ? values.expand([n, ...this._batch_shape, n]) : values
  }

  static {
    methods(OneHotCategorical, {
      entropy: '',
      enumerate_support: 'expand?',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}

/**
 * {@link OneHotCategorical} whose samples have the gradient of the probabilities: the straight-through estimator.
 *
 * @see torch/distributions/one_hot_categorical.py
 */
export class OneHotCategoricalStraightThrough extends OneHotCategorical {
  static override has_rsample = true

  override rsample(sample_shape: SampleShape = []): Tensor {
    const samples = this.sample(sample_shape)
    return samples.add(this.probs.sub(this.probs.detach()))
  }

  static {
    methods(OneHotCategoricalStraightThrough, {
      rsample: 'sample_shape?',
    })
  }
}
