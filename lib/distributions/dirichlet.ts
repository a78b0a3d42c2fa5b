import { without_grad } from '../autograd/grad_mode.js'
import { value_error } from '../errors.js'
import { one_hot } from '../ops/generated/nn.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import { methods } from '../python/methods.js'
import { tensor } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { expect_tensor, type Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import type { SampleShape } from './distribution.js'
import { ExponentialFamily } from './exp_family.js'
import { VALIDATE_ARGS } from './parameters.js'
import type { Sizes } from './utils.js'

const sample_dirichlet = operator('aten::_sample_dirichlet')
const dirichlet_grad = operator('aten::_dirichlet_grad')

/**
 * Draws samples through which gradients flow: the sample, and a term of value 0 whose derivative is the sample's,
 * ∂x/∂α applied to g being D (g − Σ x g) with the D of `_dirichlet_grad`.
 */
function draw(concentration: Tensor): Tensor {
  const x = without_grad(() => sample_dirichlet(concentration))
  if (!concentration.requires_grad) return x
  const term = without_grad(() => {
    const total = concentration.sum(-1, true).expand_as(concentration)
    return dirichlet_grad(x, concentration, total)
  })
  const moved = concentration.sub(concentration.detach()).mul(term)
  return x.add(moved.sub(x.mul(moved.sum(-1, true))).nan_to_num())
}

const DIRICHLET = signature('Dirichlet', { concentration: tensor }, VALIDATE_ARGS)

/**
 * The Dirichlet distribution over vectors of probabilities, p(x) ∝ Π xᵢ^(αᵢ − 1).
 *
 * @param concentration - α, along the last dimension
 * @throws ValueError for a number
 *
 * @example
 * ```ts
 * new torch.distributions.Dirichlet(torch.tensor([0.5, 0.5])).sample()
 * ```
 *
 * @see torch/distributions/dirichlet.py
 */
export class Dirichlet extends ExponentialFamily {
  static override arg_constraints = { concentration: constraints.independent(constraints.positive, 1) }
  static override support: constraints.Constraint = constraints.simplex
  static override has_rsample = true

  declare readonly concentration: Tensor

  constructor(...args: Call<typeof DIRICHLET>)
  constructor(...args: UsualCall<typeof DIRICHLET>)
  constructor(...args: unknown[]) {
    const given = DIRICHLET.take(args)
    const concentration = expect_tensor(given.concentration, 'Dirichlet', 'concentration')
    if (concentration.ndim < 1)
      throw value_error('`concentration` parameter must be at least one-dimensional.')
    const { shape } = concentration
    super(shape.slice(0, -1), shape.slice(-1), given.validate_args, { concentration })
  }

  override expand(batch_shape: Sizes, _instance: Dirichlet | null = null): Dirichlet {
    const made = this._get_checked_instance(Dirichlet, _instance)
    const shape = [...batch_shape, ...this._event_shape]
    return this._become(made, this._expanded_attributes(['concentration'], shape), batch_shape)
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    return draw(this.concentration.expand(this._extended_shape(sample_shape)))
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const { concentration } = this
    return concentration
      .sub(1)
      .xlogy(value)
      .sum(-1)
      .add(concentration.sum(-1).lgamma())
      .sub(concentration.lgamma().sum(-1))
  }

  override get mean(): Tensor {
    return this.concentration.div(this.concentration.sum(-1, true))
  }

  override get mode(): Tensor {
    const less = this.concentration.sub(1).clamp(0)
    const mode = less.div(less.sum(-1, true))
    const mask = this.concentration.lt(1).all(-1)
    const corner = one_hot(mode.at(mask).argmax(-1), less.shape.at(-1)!)
    return mode.set_at([mask], corner.to(mode))
  }

  override get variance(): Tensor {
    const total = this.concentration.sum(-1, true)
    return this.concentration.mul(total.sub(this.concentration)).div(total.pow(2).mul(total.add(1)))
  }

  override entropy(): Tensor {
    const { concentration } = this
    const k = concentration.size(-1)
    const total = concentration.sum(-1)
    return concentration
      .lgamma()
      .sum(-1)
      .sub(total.lgamma())
      .sub(ops.rsub(total, k).mul(total.digamma()))
      .sub(concentration.sub(1).mul(concentration.digamma()).sum(-1))
  }

  override get _natural_params(): Tensor[] {
    return [this.concentration]
  }
  override _log_normalizer(x: Tensor): Tensor {
    return x.lgamma().sum(-1).sub(x.sum(-1).lgamma())
  }

  static {
    methods(Dirichlet, {
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
