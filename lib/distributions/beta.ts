import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { is_scalar, type Scalar } from '../scalar.js'
import { make_tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Dirichlet } from './dirichlet.js'
import type { SampleShape } from './distribution.js'
import { ExponentialFamily } from './exp_family.js'
import { VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, one_minus, type Sizes, type Value } from './utils.js'

type Arguments = { concentration1: Value; concentration0: Value }

function pair({ concentration1, concentration0 }: Arguments): Tensor {
  if (is_scalar(concentration1) && is_scalar(concentration0))
    return make_tensor([Number(concentration1 as Scalar), Number(concentration0 as Scalar)], {})
  return ops.stack(broadcast_all(concentration1, concentration0), -1)
}

const BETA = signature(
  'Beta',
  { concentration1: required<Value>() },
  { concentration0: required<Value>() },
  VALIDATE_ARGS,
)

/**
 * The beta distribution on [0, 1], p(x) ∝ x^(α − 1) (1 − x)^(β − 1).
 *
 * @param concentration1 - α
 * @param concentration0 - β
 *
 * @example
 * ```ts
 * new torch.distributions.Beta(torch.tensor([0.5]), torch.tensor([0.5])).sample()
 * ```
 *
 * @see torch/distributions/beta.py
 */
export class Beta extends ExponentialFamily {
  static override arg_constraints = {
    concentration1: constraints.positive,
    concentration0: constraints.positive,
  }
  static override support: constraints.Constraint = constraints.unit_interval
  static override has_rsample = true

  /** @internal */
  declare readonly _dirichlet: Dirichlet

  constructor(...args: Call<typeof BETA>)
  constructor(...args: UsualCall<typeof BETA>)
  constructor(...args: unknown[]) {
    const given = BETA.take(args)
    const { validate_args } = given
    const _dirichlet = new Dirichlet(pair(given), { validate_args })
    super(_dirichlet.batch_shape, [], validate_args, { _dirichlet })
  }

  override expand(batch_shape: Sizes, _instance: Beta | null = null): Beta {
    const made = this._get_checked_instance(Beta, _instance)
    return this._become(made, { _dirichlet: this._dirichlet.expand(batch_shape) }, batch_shape)
  }

  /** α. */
  get concentration1(): Tensor {
    return this._dirichlet.concentration.at('...', 0)
  }
  /** β. */
  get concentration0(): Tensor {
    return this._dirichlet.concentration.at('...', 1)
  }

  override get mean(): Tensor {
    return this.concentration1.div(this.concentration1.add(this.concentration0))
  }
  override get mode(): Tensor {
    return this._dirichlet.mode.at('...', 0)
  }
  override get variance(): Tensor {
    const total = this.concentration1.add(this.concentration0)
    return this.concentration1.mul(this.concentration0).div(total.pow(2).mul(total.add(1)))
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    return this._dirichlet.rsample(sample_shape).select(-1, 0)
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return this._dirichlet.log_prob(ops.stack([value, one_minus(value)], -1))
  }

  override entropy(): Tensor {
    return this._dirichlet.entropy()
  }

  override get _natural_params(): Tensor[] {
    return [this.concentration1, this.concentration0]
  }
  override _log_normalizer(x: Tensor, y: Tensor): Tensor {
    return x.lgamma().add(y.lgamma()).sub(x.add(y).lgamma())
  }

  static {
    methods(Beta, {
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
