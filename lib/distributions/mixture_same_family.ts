import { without_grad } from '../autograd/grad_mode.js'
import { value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { py_size } from '../repr.js'
import type { Tensor } from '../tensor.js'
import { Categorical } from './categorical.js'
import * as constraints from './constraints.js'
import { type Constraints, Distribution, type SampleShape } from './distribution.js'
import { VALIDATE_ARGS } from './parameters.js'
import { argument, type Sizes } from './utils.js'

type Arguments = { mixture_distribution: Categorical; component_distribution: Distribution }

function check({ mixture_distribution, component_distribution }: Arguments): void {
  if (!(mixture_distribution instanceof Categorical))
    throw value_error(' The Mixture distribution needs to be an  instance of torch.distributions.Categorical')
  if (!(component_distribution instanceof Distribution))
    throw value_error(
      'The Component distribution needs to be an instance of torch.distributions.Distribution',
    )
  const mixture = mixture_distribution.batch_shape
  const components = component_distribution.batch_shape.slice(0, -1)
  for (let i = 1; i <= Math.min(mixture.length, components.length); i++) {
    const [a, b] = [mixture.at(-i), components.at(-i)]
    if (a !== 1 && b !== 1 && a !== b)
      throw value_error(
        `\`mixture_distribution.batch_shape\` (${py_size(mixture)}) is not compatible with ` +
          `\`component_distribution.batch_shape\`(${py_size(components)})`,
      )
  }
  const km = mixture_distribution.logits.shape.at(-1)
  const kc = component_distribution.batch_shape.at(-1)
  if (km !== kc)
    throw value_error(
      `\`mixture_distribution component\` (${km}) does not equal ` +
        `\`component_distribution.batch_shape[-1]\` (${kc})`,
    )
}

const MIXTURE_SAME_FAMILY = signature(
  'MixtureSameFamily',
  { mixture_distribution: required<Categorical>() },
  { component_distribution: required<Distribution>() },
  VALIDATE_ARGS,
)

/**
 * A mixture of distributions of one family, p(x) = Σ πₖ pₖ(x).
 *
 * @param mixture_distribution - π, as a {@link Categorical}
 * @param component_distribution - p, whose last batch dimension is k
 *
 * @example
 * ```ts
 * const { Categorical, MixtureSameFamily, Normal } = torch.distributions
 * const mix = new Categorical(torch.ones(5))
 * const gmm = new MixtureSameFamily(mix, new Normal(torch.randn(5), torch.rand(5)))
 * ```
 *
 * @see torch/distributions/mixture_same_family.py
 */
export class MixtureSameFamily extends Distribution {
  static override arg_constraints: Constraints = {}
  static override support: constraints.Constraint = constraints.dependent()

  /** @internal */
  declare readonly _mixture_distribution: Categorical
  /** @internal */
  declare readonly _component_distribution: Distribution
  /** @internal */
  declare readonly _num_component: number
  /** @internal */
  declare readonly _event_ndims: number

  constructor(...args: Call<typeof MIXTURE_SAME_FAMILY>)
  constructor(...args: UsualCall<typeof MIXTURE_SAME_FAMILY>)
  constructor(...args: unknown[]) {
    const given = MIXTURE_SAME_FAMILY.take(args)
    check(given)
    const { mixture_distribution, component_distribution } = given
    const { event_shape, batch_shape } = component_distribution
    super(batch_shape.slice(0, -1), event_shape, given.validate_args, {
      _mixture_distribution: mixture_distribution,
      _component_distribution: component_distribution,
      _num_component: mixture_distribution.logits.shape.at(-1),
      _event_ndims: event_shape.length,
    })
  }

  override expand(batch_shape: Sizes, _instance: MixtureSameFamily | null = null): MixtureSameFamily {
    const made = this._get_checked_instance(MixtureSameFamily, _instance)
    const attributes = {
      _mixture_distribution: this._mixture_distribution.expand(batch_shape),
      _component_distribution: this._component_distribution.expand([...batch_shape, this._num_component]),
      _num_component: this._num_component,
      _event_ndims: this._event_ndims,
    }
    return this._become(made, attributes, batch_shape)
  }

  override get support(): constraints.Constraint {
    return constraints.MixtureSameFamilyConstraint(this._component_distribution.support)
  }

  get mixture_distribution(): Categorical {
    return this._mixture_distribution
  }
  get component_distribution(): Distribution {
    return this._component_distribution
  }

  /** @internal */
  _probs(): Tensor {
    return this._pad_mixture_dimensions(this.mixture_distribution.probs)
  }

  override get mean(): Tensor {
    return this._probs()
      .mul(this.component_distribution.mean)
      .sum(-1 - this._event_ndims)
  }

  override get variance(): Tensor {
    // The law of total variance.
    const dim = -1 - this._event_ndims
    const probs = this._probs()
    const within = probs.mul(this.component_distribution.variance).sum(dim)
    const between = probs.mul(this.component_distribution.mean.sub(this._pad(this.mean)).pow(2)).sum(dim)
    return within.add(between)
  }

  override cdf(x: Tensor): Tensor {
    return this.component_distribution.cdf(this._pad(x)).mul(this.mixture_distribution.probs).sum(-1)
  }

  override log_prob(x: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(x)
    const log_prob = this.component_distribution.log_prob(this._pad(x))
    return log_prob.add(this.mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const shape = argument<Sizes>(sample_shape, 'sample_shape', [])
    return without_grad(() => {
      const dim = shape.length + this._batch_shape.length
      const event = this._event_shape
      const chosen = this.mixture_distribution.sample(shape)
      const samples = this.component_distribution.sample(shape)
      const index = chosen
        .reshape([...chosen.shape, 1, ...event.map(() => 1)])
        .repeat([...chosen.shape.map(() => 1), 1, ...event])
      return ops.gather(samples, dim, index).squeeze(dim)
    })
  }

  /** @internal */
  _pad(x: Tensor): Tensor {
    return x.unsqueeze(-1 - this._event_ndims)
  }

  /** @internal */
  _pad_mixture_dimensions(x: Tensor): Tensor {
    const cat_ndims = this.mixture_distribution.batch_shape.length
    const more = cat_ndims === 1 ? 0 : this._batch_shape.length - cat_ndims
    const ones = (count: number) => Array<number>(Math.max(0, count)).fill(1)
    return x.reshape([...x.shape.slice(0, -1), ...ones(more), x.shape.at(-1)!, ...ones(this._event_ndims)])
  }

  override toString(): string {
    return `MixtureSameFamily(\n  ${this.mixture_distribution},\n  ${this.component_distribution})`
  }

  static {
    methods(MixtureSameFamily, {
      cdf: 'x',
      expand: 'batch_shape, _instance?',
      log_prob: 'x',
      sample: 'sample_shape?',
    })
  }
}
