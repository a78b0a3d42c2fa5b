import { without_grad } from '../autograd/grad_mode.js'
import { value_error } from '../errors.js'
import { contiguous_format } from '../layout.js'
import { binary_cross_entropy_with_logits } from '../nn/functional.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { py_ints } from '../repr.js'
import { is_scalar } from '../scalar.js'
import { py_tensor } from '../tensor/py_tensor.js'
import type { Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { one_of, PROBS_OR_LOGITS, VALIDATE_ARGS } from './parameters.js'
import {
  broadcast_all,
  divide,
  lazy_property,
  logits_to_probs,
  probs_to_logits,
  type Sizes,
} from './utils.js'

const GEOMETRIC = signature('Geometric', ...PROBS_OR_LOGITS, VALIDATE_ARGS)

/**
 * The geometric distribution: how many trials fail before the first success, p(k) = (1 − p)ᵏ p.
 *
 * @param probs - p, which is above 0
 * @param logits - log(p / (1 − p)); exactly one of both is given
 *
 * @example
 * ```ts
 * new torch.distributions.Geometric(torch.tensor([0.3])).sample()
 * ```
 *
 * @see torch/distributions/geometric.py
 */
export class Geometric extends Distribution {
  static override arg_constraints = { probs: constraints.unit_interval, logits: constraints.real }
  static override support: constraints.Constraint = constraints.nonnegative_integer

  constructor(...args: Call<typeof GEOMETRIC>)
  constructor(...args: UsualCall<typeof GEOMETRIC>)
  constructor(...args: unknown[]) {
    const given = GEOMETRIC.take(args)
    const { name, value } = one_of(given.probs, given.logits)
    const parameter = broadcast_all(value)[0]!
    super(is_scalar(value) ? [] : parameter.shape, [], given.validate_args, { [name]: parameter })
    if (!this._validate_args || name !== 'probs') return
    const valid = parameter.gt(0)
    if (valid.all().item()) return
    throw value_error(
      `Expected parameter probs (Tensor of shape ${py_ints(parameter.shape)}) of distribution ${this} ` +
        `to be positive but found invalid values:\n${py_tensor(parameter.detach().at(valid.logical_not()))}`,
    )
  }

  override expand(batch_shape: Sizes, _instance: Geometric | null = null): Geometric {
    const made = this._get_checked_instance(Geometric, _instance)
    return this._become(made, this._expanded_attributes(['probs', 'logits'], batch_shape), batch_shape)
  }

  @lazy_property get logits(): Tensor {
    return probs_to_logits(this.probs, true)
  }
  @lazy_property get probs(): Tensor {
    return logits_to_probs(this.logits, true)
  }

  override get mean(): Tensor {
    return divide(1, this.probs).sub(1)
  }
  override get mode(): Tensor {
    return ops.zeros_like(this.probs)
  }
  override get variance(): Tensor {
    return divide(1, this.probs).sub(1).div(this.probs)
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    return without_grad(() => {
      const u = this.probs.new_empty(shape).uniform_(finfo(this.probs.dtype).tiny, 1)
      return u.log().div(this.probs.neg().log1p()).floor()
    })
  }

  override log_prob(given: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(given)
    const [value, broadcast] = broadcast_all(given, this.probs) as [Tensor, Tensor]
    const probs = broadcast.clone({ memory_format: contiguous_format })
    // 0 · log(1 − 1) is not a number.
    probs.set_at([probs.eq(1).bitwise_and(value.eq(0))], 0)
    return value.mul(probs.neg().log1p()).add(this.probs.log())
  }

  override entropy(): Tensor {
    return binary_cross_entropy_with_logits(this.logits, this.probs, { reduction: 'none' }).div(this.probs)
  }

  static {
    methods(Geometric, {
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}
