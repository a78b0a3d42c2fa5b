import { assertion_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { methods } from '../../python/methods.js'
import { required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { type Constraint, independent, real } from '../constraints.js'
import { lazy_property, type Sizes, sum_rightmost } from '../utils.js'
import { CACHE_SIZE, type Sign, Transform } from './transform.js'

function product(signs: readonly Sign[]): Sign {
  let sign: Sign = 1
  for (const next of signs)
    sign = typeof sign === 'number' && typeof next === 'number' ? sign * next : ops.mul(sign, next)
  return sign
}

/** The event dimensions that a chain needs at its beginning. */
function event_dim_before(parts: readonly Transform[], last: number): number {
  let dim = last
  for (const part of [...parts].reverse()) {
    dim += part.domain.event_dim - part.codomain.event_dim
    dim = Math.max(dim, part.domain.event_dim)
  }
  return dim
}

function event_dim_after(parts: readonly Transform[], first: number): number {
  let dim = first
  for (const part of parts) {
    dim += part.codomain.event_dim - part.domain.event_dim
    dim = Math.max(dim, part.codomain.event_dim)
  }
  return dim
}

function widen(constraint: Constraint, event_dim: number, what: string): Constraint {
  if (event_dim < constraint.event_dim)
    throw assertion_error(`event_dim ${event_dim} must be >= ${what}.event_dim ${constraint.event_dim}`)
  return event_dim > constraint.event_dim
    ? independent(constraint, event_dim - constraint.event_dim)
    : constraint
}

const COMPOSE_TRANSFORM = signature(
  'ComposeTransform',
  { parts: required<readonly Transform[]>() },
  CACHE_SIZE,
)

/**
 * Transforms one after the other: y = fₙ(…f₁(x)).
 *
 * @param parts - the transforms, the first one first
 * @param cache_size - see {@link Transform}; it goes to the parts
 * @see torch/distributions/transforms.py
 */
export class ComposeTransform extends Transform {
  declare readonly parts: Transform[]

  constructor(...args: Call<typeof COMPOSE_TRANSFORM>)
  constructor(...args: UsualCall<typeof COMPOSE_TRANSFORM>)
  constructor(...args: unknown[]) {
    const given = COMPOSE_TRANSFORM.take(args)
    super(given.cache_size)
    const { parts, cache_size } = given
    this.parts = cache_size ? parts.map((part) => part.with_cache(cache_size)) : [...parts]
  }

  override equals(other: unknown): boolean {
    return (
      other instanceof ComposeTransform &&
      this.parts.length === other.parts.length &&
      this.parts.every((part, i) => part.equals(other.parts[i]))
    )
  }

  override get domain(): Constraint {
    const [first] = this.parts
    if (first === undefined) return real
    return widen(first.domain, event_dim_before(this.parts, this.parts.at(-1)!.codomain.event_dim), 'domain')
  }

  override get codomain(): Constraint {
    const last = this.parts.at(-1)
    if (last === undefined) return real
    return widen(last.codomain, event_dim_after(this.parts, this.parts[0]!.domain.event_dim), 'codomain')
  }

  @lazy_property override get bijective(): boolean {
    return this.parts.every((part) => part.bijective)
  }

  @lazy_property override get sign(): Sign {
    return product(this.parts.map((part) => part.sign))
  }

  override get inv(): Transform {
    if (this._inv === null) {
      this._inv = new ComposeTransform([...this.parts].reverse().map((part) => part.inv))
      this._inv._inv = this
    }
    return this._inv
  }

  override _with_cache(cache_size: number): Transform {
    return new ComposeTransform(this.parts, cache_size)
  }

  override _apply(x: Tensor): Tensor {
    return this.parts.reduce((value, part) => part(value), x)
  }

  override log_abs_det_jacobian(x: Tensor, y: Tensor): Tensor {
    if (this.parts.length === 0) return ops.zeros_like(x)
    const values = [x]
    for (const part of this.parts.slice(0, -1)) values.push(part(values.at(-1)!))
    values.push(y)
    let { event_dim } = this.domain
    const terms = this.parts.map((part, i) => {
      const term = sum_rightmost(
        part.log_abs_det_jacobian(values[i]!, values[i + 1]!),
        event_dim - part.domain.event_dim,
      )
      event_dim += part.codomain.event_dim - part.domain.event_dim
      return term
    })
    return terms.reduce((sum, term) => sum.add(term))
  }

  override forward_shape(shape: Sizes): number[] {
    return this.parts.reduce((sizes, part) => part.forward_shape(sizes), [...shape])
  }

  override inverse_shape(shape: Sizes): number[] {
    return this.parts.reduceRight((sizes, part) => part.inverse_shape(sizes), [...shape])
  }

  override toString(): string {
    return `${this.constructor.name}(\n    ${this.parts.map(String).join(',\n    ')}\n)`
  }

  static {
    methods(ComposeTransform, {
      forward_shape: 'shape',
      inverse_shape: 'shape',
      log_abs_det_jacobian: 'x, y',
    })
  }
}

/** y = x. */
export const identity_transform = new ComposeTransform([])

const INDEPENDENT_TRANSFORM = signature(
  'IndependentTransform',
  { base_transform: required<Transform>() },
  { reinterpreted_batch_ndims: required<number>() },
  CACHE_SIZE,
)

/**
 * A transform whose last dimensions are one event: their log-determinants are summed.
 *
 * @param base_transform - the transform
 * @param reinterpreted_batch_ndims - how many dimensions become part of an event
 * @see torch/distributions/transforms.py
 */
export class IndependentTransform extends Transform {
  declare readonly base_transform: Transform
  declare readonly reinterpreted_batch_ndims: number

  constructor(...args: Call<typeof INDEPENDENT_TRANSFORM>)
  constructor(...args: UsualCall<typeof INDEPENDENT_TRANSFORM>)
  constructor(...args: unknown[]) {
    const given = INDEPENDENT_TRANSFORM.take(args)
    super(given.cache_size)
    this.base_transform = given.base_transform.with_cache(given.cache_size)
    this.reinterpreted_batch_ndims = given.reinterpreted_batch_ndims
  }

  override _with_cache(cache_size: number): Transform {
    return new IndependentTransform(this.base_transform, this.reinterpreted_batch_ndims, cache_size)
  }

  override get domain(): Constraint {
    return independent(this.base_transform.domain, this.reinterpreted_batch_ndims)
  }

  override get codomain(): Constraint {
    return independent(this.base_transform.codomain, this.reinterpreted_batch_ndims)
  }

  override get bijective(): boolean {
    return this.base_transform.bijective
  }

  override get sign(): Sign {
    return this.base_transform.sign
  }

  override _call(x: Tensor): Tensor {
    if (x.ndim < this.domain.event_dim) throw value_error('Too few dimensions on input')
    return this.base_transform(x)
  }

  override _inverse(y: Tensor): Tensor {
    if (y.ndim < this.codomain.event_dim) throw value_error('Too few dimensions on input')
    return this.base_transform.inv(y)
  }

  override log_abs_det_jacobian(x: Tensor, y: Tensor): Tensor {
    return sum_rightmost(this.base_transform.log_abs_det_jacobian(x, y), this.reinterpreted_batch_ndims)
  }

  override toString(): string {
    return `${this.constructor.name}(${this.base_transform}, ${this.reinterpreted_batch_ndims})`
  }

  override forward_shape(shape: Sizes): number[] {
    return this.base_transform.forward_shape(shape)
  }

  override inverse_shape(shape: Sizes): number[] {
    return this.base_transform.inverse_shape(shape)
  }

  static {
    methods(IndependentTransform, {
      forward_shape: 'shape',
      inverse_shape: 'shape',
      log_abs_det_jacobian: 'x, y',
    })
  }
}
