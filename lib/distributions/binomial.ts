import { without_grad } from '../autograd/grad_mode.js'
import { not_implemented_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { optional } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import {
  counted_attributes,
  enumerate_range,
  expanded_probabilities,
  PROBS_OR_LOGITS,
  VALIDATE_ARGS,
} from './parameters.js'
import {
  lazy_property,
  logits_to_probs,
  one_minus,
  probs_to_logits,
  type Sizes,
  type Value,
} from './utils.js'

// max(x, 0), whose gradient at 0 is ½.
function clamp_by_zero(x: Tensor): Tensor {
  return x
    .clamp(0)
    .add(x)
    .sub(x.clamp({ max: 0 }))
    .div(2)
}

function one_count(given: Tensor, method: string): number {
  const total_count = Math.trunc(given.max().item())
  if (given.min().item() !== total_count)
    throw not_implemented_error(`Inhomogeneous total count not supported by \`${method}\`.`)
  return total_count
}

const BINOMIAL = signature('Binomial', { total_count: optional<Value>(1) }, ...PROBS_OR_LOGITS, VALIDATE_ARGS)

/**
 * The binomial distribution: how many of `total_count` trials succeed, each with probability p.
 *
 * @param total_count - the number of trials. Default: 1
 * @param probs - p
 * @param logits - log(p / (1 − p)); exactly one of both is given
 *
 * @example
 * ```ts
 * new torch.distributions.Binomial(100, torch.tensor([0, 0.2, 0.8, 1])).sample() // [0, 22, 71, 100], say
 * ```
 *
 * @see torch/distributions/binomial.py
 */
export class Binomial extends Distribution {
  static override arg_constraints = {
    total_count: constraints.nonnegative_integer,
    probs: constraints.unit_interval,
    logits: constraints.real,
  }
  static override support: constraints.Constraint = constraints.dependent({ is_discrete: true, event_dim: 0 })
  static override has_enumerate_support = true

  declare readonly total_count: Tensor
  /** @internal */
  declare readonly _param: Tensor

  constructor(...args: Call<typeof BINOMIAL>)
  constructor(...args: UsualCall<typeof BINOMIAL>)
  constructor(...args: unknown[]) {
    const given = BINOMIAL.take(args)
    const attributes = counted_attributes(given)
    super(attributes._param.shape, [], given.validate_args, attributes)
  }

  override expand(batch_shape: Sizes, _instance: Binomial | null = null): Binomial {
    const made = this._get_checked_instance(Binomial, _instance)
    const attributes = this._expanded_attributes(['total_count', 'probs', 'logits'], batch_shape)
    return this._become(made, expanded_probabilities(attributes), batch_shape)
  }

  override get support(): constraints.Constraint {
    return constraints.integer_interval(0, this.total_count)
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
    return this.total_count.mul(this.probs)
  }
  override get mode(): Tensor {
    return this.total_count.add(1).mul(this.probs).floor().clamp({ max: this.total_count })
  }
  override get variance(): Tensor {
    return this.total_count.mul(this.probs).mul(one_minus(this.probs))
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    return without_grad(() => ops.binomial(this.total_count.expand(shape), this.probs.expand(shape)))
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const { total_count, logits } = this
    const log_factorial_n = total_count.add(1).lgamma()
    const log_factorial_k = value.add(1).lgamma()
    const log_factorial_nmk = total_count.sub(value).add(1).lgamma()
    const normalizer = total_count
      .mul(clamp_by_zero(logits))
      .add(total_count.mul(logits.abs().neg().exp().log1p()))
      .sub(log_factorial_n)
    return value.mul(logits).sub(log_factorial_k).sub(log_factorial_nmk).sub(normalizer)
  }

  override entropy(): Tensor {
    one_count(this.total_count, 'entropy')
    const log_prob = this.log_prob(this.enumerate_support(false))
    return log_prob.exp().mul(log_prob).sum(0).neg()
  }

  override enumerate_support(expand: boolean | { expand?: boolean } = true): Tensor {
    return enumerate_range(this, 1 + one_count(this.total_count, 'enumerate_support'), this._param, expand)
  }

  static {
    methods(Binomial, {
      entropy: '',
      enumerate_support: 'expand?',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}
