import { int64 } from '../dtype.js'
import { value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { expect_tensor, type Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import {
  enumerate_range,
  expanded_probabilities,
  one_of,
  VALIDATE_ARGS,
  VECTOR_PROBS_OR_LOGITS,
} from './parameters.js'
import { argument, lazy_property, logits_to_probs, probs_to_logits, type Sizes } from './utils.js'

/** Normalized probabilities or logits, as attributes. */
function normalized(given: { probs: Tensor | null; logits: Tensor | null }): {
  [name: string]: Tensor
  _param: Tensor
} {
  const { name, value } = one_of(given.probs, given.logits)
  expect_tensor(value, 'Categorical', name)
  if (value.ndim < 1) throw value_error(`\`${name}\` parameter must be at least one-dimensional.`)
  const parameter = name === 'probs' ? value.div(value.sum(-1, true)) : value.sub(value.logsumexp(-1, true))
  return { [name]: parameter, _param: parameter }
}

const CATEGORICAL = signature('Categorical', ...VECTOR_PROBS_OR_LOGITS, VALIDATE_ARGS)

/**
 * The categorical distribution over 0 … K − 1.
 *
 * @param probs - probabilities, along the last dimension; they need not sum to 1
 * @param logits - their logarithms; exactly one of both is given
 * @throws ValueError for both or none, or for a tensor without dimensions
 *
 * @example
 * ```ts
 * new torch.distributions.Categorical(torch.tensor([0.25, 0.25, 0.25, 0.25])).sample() // 0, 1, 2 or 3
 * ```
 *
 * @see torch/distributions/categorical.py
 */
export class Categorical extends Distribution {
  static override arg_constraints = { probs: constraints.simplex, logits: constraints.real_vector }
  static override support: constraints.Constraint = constraints.dependent({ is_discrete: true, event_dim: 0 })
  static override has_enumerate_support = true

  /** @internal */
  declare readonly _param: Tensor
  /** @internal */
  declare readonly _num_events: number

  constructor(...args: Call<typeof CATEGORICAL>)
  constructor(...args: UsualCall<typeof CATEGORICAL>)
  constructor(...args: unknown[]) {
    const given = CATEGORICAL.take(args)
    const attributes = normalized(given)
    const { shape } = attributes._param
    super(shape.slice(0, -1), [], given.validate_args, { ...attributes, _num_events: shape.at(-1)! })
  }

  override expand(batch_shape: Sizes, _instance: Categorical | null = null): Categorical {
    const made = this._get_checked_instance(Categorical, _instance)
    const { _num_events } = this
    const attributes = this._expanded_attributes(['probs', 'logits'], [...batch_shape, _num_events])
    return this._become(made, { ...expanded_probabilities(attributes), _num_events }, batch_shape)
  }

  override get support(): constraints.Constraint {
    return constraints.integer_interval(0, this._num_events - 1)
  }
  @lazy_property get logits(): Tensor {
    return probs_to_logits(this.probs)
  }
  @lazy_property get probs(): Tensor {
    return logits_to_probs(this.logits)
  }
  get param_shape(): number[] {
    return this._param.shape
  }

  override get mean(): Tensor {
    const { dtype, device } = this.probs
    return ops.full(this._extended_shape(), Number.NaN, { dtype, device })
  }
  override get mode(): Tensor {
    return this.probs.argmax(-1)
  }
  override get variance(): Tensor {
    return this.mean
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const shape = argument<Sizes>(sample_shape, 'sample_shape', [])
    const rows = this.probs.reshape([-1, this._num_events])
    const count = shape.reduce((product, size) => product * size, 1)
    return rows.multinomial(count, true).t().reshape(this._extended_shape(shape))
  }

  override log_prob(given: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(given)
    const [value, log_pmf] = ops.broadcast_tensors([given.long().unsqueeze(-1), this.logits]) as [
      Tensor,
      Tensor,
    ]
    return log_pmf.gather(-1, value.at('...', ':1')).squeeze(-1)
  }

  override entropy(): Tensor {
    // −∞ · 0 is not a number.
    const logits = this.logits.clamp(-finfo(this.logits.dtype).max)
    return logits.mul(this.probs).sum(-1).neg()
  }

  override enumerate_support(expand: boolean | { expand?: boolean } = true): Tensor {
    return enumerate_range(this, this._num_events, this._param, expand, int64)
  }

  static {
    methods(Categorical, {
      entropy: '',
      enumerate_support: 'expand?',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}
