import { int64 } from '../dtype.js'
import { not_implemented_error } from '../errors.js'
import { contiguous_format } from '../layout.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { optional } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { Binomial } from './binomial.js'
import { Categorical } from './categorical.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { VALIDATE_ARGS, VECTOR_PROBS_OR_LOGITS } from './parameters.js'
import { argument, broadcast_all, one_minus, type Sizes } from './utils.js'

const MULTINOMIAL = signature(
  'Multinomial',
  { total_count: optional(1) },
  ...VECTOR_PROBS_OR_LOGITS,
  VALIDATE_ARGS,
)

/**
 * The multinomial distribution: how often each of K outcomes occurs in `total_count` trials.
 *
 * @param total_count - the number of trials, the same for the whole batch. Default: 1
 * @param probs - probabilities, along the last dimension; they need not sum to 1
 * @param logits - their logarithms; exactly one of both is given
 *
 * @example
 * ```ts
 * const m = new torch.distributions.Multinomial(100, torch.tensor([1, 1, 1, 1]))
 * m.sample() // [21, 24, 30, 25], say
 * ```
 *
 * @see torch/distributions/multinomial.py
 */
export class Multinomial extends Distribution {
  static override arg_constraints = { probs: constraints.simplex, logits: constraints.real_vector }
  static override support: constraints.Constraint = constraints.dependent({ is_discrete: true, event_dim: 1 })

  declare readonly total_count: number
  /** @internal */
  declare readonly _categorical: Categorical
  /** @internal */
  declare readonly _binomial: Binomial

  constructor(...args: Call<typeof MULTINOMIAL>)
  constructor(...args: UsualCall<typeof MULTINOMIAL>)
  constructor(...args: unknown[]) {
    const given = MULTINOMIAL.take(args)
    const { total_count } = given
    if (!Number.isInteger(total_count))
      throw not_implemented_error('inhomogeneous total_count is not supported')
    const _categorical = new Categorical(given.probs, given.logits)
    const _binomial = new Binomial(total_count, _categorical.probs)
    super(_categorical.batch_shape, _categorical.param_shape.slice(-1), given.validate_args, {
      total_count,
      _categorical,
      _binomial,
    })
  }

  override expand(batch_shape: Sizes, _instance: Multinomial | null = null): Multinomial {
    const made = this._get_checked_instance(Multinomial, _instance)
    const attributes = {
      total_count: this.total_count,
      _categorical: this._categorical.expand(batch_shape),
      // Not expanded: only its values are used, by entropy().
      _binomial: this._binomial,
    }
    return this._become(made, attributes, batch_shape)
  }

  override get support(): constraints.Constraint {
    return constraints.multinomial(this.total_count)
  }
  get logits(): Tensor {
    return this._categorical.logits
  }
  get probs(): Tensor {
    return this._categorical.probs
  }
  get param_shape(): number[] {
    return this._categorical.param_shape
  }

  override get mean(): Tensor {
    return this.probs.mul(this.total_count)
  }
  override get variance(): Tensor {
    return this.probs.mul(this.total_count).mul(one_minus(this.probs))
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const shape = argument<Sizes>(sample_shape, 'sample_shape', [])
    const drawn = this._categorical.sample([this.total_count, ...shape])
    // (total_count, sample_shape, batch_shape) -> (sample_shape, batch_shape, total_count)
    const samples = drawn.movedim(0, -1)
    const counts = samples.new_zeros(this._extended_shape(shape))
    counts.scatter_add_(-1, samples, ops.ones_like(samples))
    return counts.type_as(this.probs)
  }

  override entropy(): Tensor {
    const n = ops.full([], this.total_count, { dtype: int64 })
    const first = n.mul(this._categorical.entropy()).sub(n.add(1).lgamma())
    const support = this._binomial.enumerate_support(false).at('1:')
    const weights = support.add(1).lgamma()
    const second = this._binomial.log_prob(support).exp().mul(weights).sum([0, -1])
    return first.add(second)
  }

  override log_prob(given: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(given)
    const [broadcast, value] = broadcast_all(this.logits, given) as [Tensor, Tensor]
    const logits = broadcast.clone({ memory_format: contiguous_format })
    const log_factorial_n = value.sum(-1).add(1).lgamma()
    const log_factorial_xs = value.add(1).lgamma().sum(-1)
    // 0 · −∞ is not a number.
    logits.set_at([value.eq(0).bitwise_and(logits.eq(Number.NEGATIVE_INFINITY))], 0)
    return log_factorial_n.sub(log_factorial_xs).add(logits.mul(value).sum(-1))
  }

  static {
    methods(Multinomial, {
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}
