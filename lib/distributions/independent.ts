import { not_implemented_error, value_error } from '../errors.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { type Constraints, Distribution, type SampleShape } from './distribution.js'
import { VALIDATE_ARGS } from './parameters.js'
import { type Sizes, sum_rightmost } from './utils.js'

const INDEPENDENT = signature(
  'Independent',
  { base_distribution: required<Distribution>() },
  { reinterpreted_batch_ndims: required<number>() },
  VALIDATE_ARGS,
)

/**
 * A distribution whose last batch dimensions are one event: log-probabilities are summed over them.
 *
 * @param base_distribution - the distribution
 * @param reinterpreted_batch_ndims - how many batch dimensions become part of an event
 * @throws ValueError where it has fewer
 *
 * @example
 * ```ts
 * const { Independent, Normal } = torch.distributions
 * // A normal distribution over vectors of three, with a diagonal covariance.
 * const diagonal = new Independent(new Normal(torch.zeros(3), torch.ones(3)), 1)
 * ```
 *
 * @see torch/distributions/independent.py
 */
export class Independent<B extends Distribution = Distribution> extends Distribution {
  static override arg_constraints: Constraints = {}
  static override support: constraints.Constraint = constraints.dependent()
  static override has_rsample: boolean | null = null
  static override has_enumerate_support: boolean | null = null

  declare readonly base_dist: B
  declare readonly reinterpreted_batch_ndims: number

  constructor(...args: Call<typeof INDEPENDENT>)
  constructor(...args: UsualCall<typeof INDEPENDENT>)
  constructor(...args: unknown[]) {
    const given = INDEPENDENT.take(args)
    const { base_distribution: base_dist, reinterpreted_batch_ndims } = given
    const { batch_shape, event_shape } = base_dist
    if (reinterpreted_batch_ndims > batch_shape.length)
      throw value_error(
        'Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual ' +
          `${reinterpreted_batch_ndims} vs ${batch_shape.length}`,
      )
    const cut = batch_shape.length - reinterpreted_batch_ndims
    const shape = [...batch_shape, ...event_shape]
    super(shape.slice(0, cut), shape.slice(cut), given.validate_args, {
      base_dist,
      reinterpreted_batch_ndims,
    })
  }

  override expand(batch_shape: Sizes, _instance: Independent<B> | null = null): Independent<B> {
    const made = this._get_checked_instance(Independent<B>, _instance)
    const { reinterpreted_batch_ndims } = this
    const base_shape = [...batch_shape, ...this._event_shape.slice(0, reinterpreted_batch_ndims)]
    const base_dist = this.base_dist.expand(base_shape)
    return this._become(made, { base_dist, reinterpreted_batch_ndims }, batch_shape)
  }

  override get has_rsample(): boolean {
    return this.base_dist.has_rsample
  }
  override get has_enumerate_support(): boolean {
    return this.reinterpreted_batch_ndims === 0 && this.base_dist.has_enumerate_support
  }
  override get support(): constraints.Constraint {
    const { support } = this.base_dist
    return this.reinterpreted_batch_ndims > 0
      ? constraints.independent(support, this.reinterpreted_batch_ndims)
      : support
  }
  override get mean(): Tensor {
    return this.base_dist.mean
  }
  override get mode(): Tensor {
    return this.base_dist.mode
  }
  override get variance(): Tensor {
    return this.base_dist.variance
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    return this.base_dist.sample(sample_shape)
  }
  override rsample(sample_shape: SampleShape = []): Tensor {
    return this.base_dist.rsample(sample_shape)
  }
  override log_prob(value: Tensor): Tensor {
    return sum_rightmost(this.base_dist.log_prob(value), this.reinterpreted_batch_ndims)
  }
  override entropy(): Tensor {
    return sum_rightmost(this.base_dist.entropy(), this.reinterpreted_batch_ndims)
  }

  override enumerate_support(expand: boolean | { expand?: boolean } = true): Tensor {
    if (this.reinterpreted_batch_ndims > 0)
      throw not_implemented_error('Enumeration over cartesian product is not implemented')
    return this.base_dist.enumerate_support(expand)
  }

  override toString(): string {
    return `${this.constructor.name}(${this.base_dist}, ${this.reinterpreted_batch_ndims})`
  }

  static {
    methods(Independent, {
      entropy: '',
      enumerate_support: 'expand?',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      rsample: 'sample_shape?',
      sample: 'sample_shape?',
    })
  }
}
