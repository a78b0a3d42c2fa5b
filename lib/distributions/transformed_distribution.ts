import { without_grad } from '../autograd/grad_mode.js'
import { assertion_error, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { of_objects, optional, required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { py_size } from '../repr.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { type Constraints, Distribution, type SampleShape } from './distribution.js'
import { Independent } from './independent.js'
import { VALIDATE_ARGS } from './parameters.js'
import { ComposeTransform, type Sign, Transform } from './transforms.js'
import { type Sizes, sum_rightmost } from './utils.js'

function transform_list(given: unknown): Transform[] {
  if (given instanceof Transform) return [given]
  if (!Array.isArray(given))
    throw value_error(`transforms must be a Transform or list, but was ${String(given)}`)
  if (!given.every((item) => item instanceof Transform))
    throw value_error('transforms must be a Transform or a list of Transforms')
  return given
}

const same_sizes = (a: Sizes, b: Sizes) => a.length === b.length && a.every((size, i) => size === b[i])

/** The base with the dimensions that the transforms need, and the shapes of the result. */
function transformed(given: Distribution, transforms: Transform[]) {
  const base_shape = [...given.batch_shape, ...given.event_shape]
  const base_event_dim = given.event_shape.length
  const transform = new ComposeTransform(transforms)
  const domain_dim = transform.domain.event_dim
  if (base_shape.length < domain_dim)
    throw value_error(
      `base_distribution needs to have shape with size at least ${domain_dim}, but got ${py_size(base_shape)}.`,
    )
  const forward_shape = transform.forward_shape(base_shape)
  const expanded_shape = transform.inverse_shape(forward_shape)
  let base_dist = given
  if (!same_sizes(base_shape, expanded_shape))
    base_dist = base_dist.expand(expanded_shape.slice(0, expanded_shape.length - base_event_dim))
  if (domain_dim > base_event_dim) base_dist = new Independent(base_dist, domain_dim - base_event_dim)
  const codomain_dim = transform.codomain.event_dim
  const event_dim = Math.max(codomain_dim, base_event_dim + codomain_dim - domain_dim)
  if (forward_shape.length < event_dim)
    throw assertion_error(`forward_shape length ${forward_shape.length} must be >= event_dim ${event_dim}`)
  const cut = forward_shape.length - event_dim
  return { base_dist, batch_shape: forward_shape.slice(0, cut), event_shape: forward_shape.slice(cut) }
}

const TRANSFORMED_DISTRIBUTION = signature(
  'TransformedDistribution',
  { base_distribution: required<Distribution>() },
  { transforms: required<Transform | readonly Transform[]>() },
  VALIDATE_ARGS,
  { attributes: of_objects(optional<object>({})) },
)

/**
 * The distribution of y = f(x), x being distributed as the base: log p(y) = log p(x) − Σ log |det ∂f/∂x|.
 *
 * @param base_distribution - the distribution of x
 * @param transforms - one transform, or several that are applied one after the other
 * @param attributes - for subclasses: properties that are set before the arguments are checked
 *
 * @example
 * ```ts
 * const { Uniform, SigmoidTransform, AffineTransform, TransformedDistribution } = torch.distributions
 * const base = new Uniform(0, 1)
 * const logistic = new TransformedDistribution(base, [
 *   new SigmoidTransform().inv,
 *   new AffineTransform({ loc: torch.tensor(0), scale: torch.tensor(1) }),
 * ])
 * ```
 *
 * @see torch/distributions/transformed_distribution.py
 */
export class TransformedDistribution<B extends Distribution = Distribution> extends Distribution {
  static override arg_constraints: Constraints | null = {}
  static override support: constraints.Constraint | null = constraints.dependent({ is_discrete: false })
  static override has_rsample: boolean | null = null

  /** The distribution before the transforms. */
  declare readonly base_dist: B
  /** The transforms, the first one first. */
  declare readonly transforms: Transform[]

  constructor(...args: Call<typeof TRANSFORMED_DISTRIBUTION>)
  constructor(...args: UsualCall<typeof TRANSFORMED_DISTRIBUTION>)
  constructor(...args: unknown[]) {
    const given = TRANSFORMED_DISTRIBUTION.take(args)
    const transforms = transform_list(given.transforms)
    const { base_dist, batch_shape, event_shape } = transformed(given.base_distribution, transforms)
    super(batch_shape, event_shape, given.validate_args, { ...given.attributes, base_dist, transforms })
  }

  override expand(batch_shape: Sizes, _instance: Distribution | null = null): TransformedDistribution<B> {
    const made = this._get_checked_instance(TransformedDistribution<B>, _instance)
    const shape = this.transforms.reduceRight(
      (sizes, transform) => transform.inverse_shape(sizes),
      [...batch_shape, ...this._event_shape],
    )
    const base_dist = this.base_dist.expand(shape.slice(0, shape.length - this.base_dist.event_shape.length))
    return this._become(made, { base_dist, transforms: this.transforms }, batch_shape)
  }

  override get has_rsample(): boolean {
    return (this.constructor as typeof TransformedDistribution).has_rsample ?? this.base_dist.has_rsample
  }

  override get support(): constraints.Constraint {
    const fixed = (this.constructor as typeof TransformedDistribution).support
    if (fixed !== null && !constraints.is_dependent(fixed)) return fixed
    const last = this.transforms.at(-1)
    if (last === undefined) return this.base_dist.support
    const support = last.codomain
    const more = this._event_shape.length - support.event_dim
    return more > 0 ? constraints.independent(support, more) : support
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    return without_grad(() => this._forward(this.base_dist.sample(sample_shape)))
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    return this._forward(this.base_dist.rsample(sample_shape))
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    let event_dim = this._event_shape.length
    let log_prob: Tensor | null = null
    let y = value
    for (const transform of [...this.transforms].reverse()) {
      const x = transform.inv(y)
      const { domain } = transform
      event_dim += domain.event_dim - transform.codomain.event_dim
      const term = sum_rightmost(transform.log_abs_det_jacobian(x, y), event_dim - domain.event_dim)
      log_prob = log_prob === null ? ops.rsub(term, 0) : log_prob.sub(term)
      y = x
    }
    const base = sum_rightmost(this.base_dist.log_prob(y), event_dim - this.base_dist.event_shape.length)
    return log_prob === null ? base.add(0) : log_prob.add(base)
  }

  override cdf(given: Tensor): Tensor {
    const value = this.transforms.reduceRight((y, transform) => transform.inv(y), given)
    if (this._validate_args) this.base_dist._validate_sample(value)
    return this._monotonize_cdf(this.base_dist.cdf(value))
  }

  override icdf(value: Tensor): Tensor {
    return this._forward(this.base_dist.icdf(this._monotonize_cdf(value)))
  }

  /** @internal */
  _forward(x: Tensor): Tensor {
    return this.transforms.reduce((value, transform) => transform(value), x)
  }

  // A falling transform turns the probabilities of "up to" into those of "from".
  /** @internal */
  _monotonize_cdf(value: Tensor): Tensor {
    const { sign }: { sign: Sign } = new ComposeTransform(this.transforms)
    if (sign === 1) return value
    return ops.mul(sign, value.sub(0.5)).add(0.5)
  }

  static {
    methods(TransformedDistribution, {
      cdf: 'value',
      expand: 'batch_shape, _instance?',
      icdf: 'value',
      log_prob: 'value',
      rsample: 'sample_shape?',
      sample: 'sample_shape?',
    })
  }
}
