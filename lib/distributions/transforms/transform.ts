import { inspect } from 'node:util'
import { not_implemented_error, value_error } from '../../errors.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { scope_owner } from '../../scope.js'
import type { Tensor } from '../../tensor.js'
import type { Constraint } from '../constraints.js'
import { defines_constructor, type Sizes } from '../utils.js'

/** The last parameter of every transform. */
export const CACHE_SIZE = {
  /** 1 keeps the last input and output, so that inverting the output costs nothing. Default: 0. */
  cache_size: optional(0),
} as const

const TRANSFORM = signature('Transform', CACHE_SIZE)

/** The sign of a monotone transform's derivative: +1, −1, or a tensor of them. */
export type Sign = number | Tensor

type Pair = [x: Tensor, y: Tensor] | null

/** A transform is called like a function: with x, for y. */
export interface Transform {
  // biome-ignore lint/style/useShorthandFunctionType: an interface merges with the class, a type does not
  (x: Tensor): Tensor
}

/**
 * Base class of invertible transforms y = f(x) whose log |det ∂y/∂x| is known. A transform is called with x.
 *
 * @param cache_size - 0, or 1 to keep the last pair of x and y
 * @throws ValueError for another cache size
 *
 * @example
 * ```ts
 * const exp = new torch.distributions.transforms.ExpTransform()
 * exp.inv(exp(torch.tensor([1, 2]))) // [1, 2]
 * ```
 *
 * @see torch/distributions/transforms.py
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface
export class Transform {
  /** @internal */
  declare _cache_size: number
  /** @internal */
  declare _inv: Transform | null
  /** @internal */
  declare _cached: Pair

  constructor(...args: Call<typeof TRANSFORM>)
  constructor(...args: UsualCall<typeof TRANSFORM>)
  constructor(...args: unknown[]) {
    const { cache_size: size } = TRANSFORM.take(args)
    const call = (x: Tensor): Tensor => self._apply(x)
    const self = Object.setPrototypeOf(call, new.target.prototype) as this
    // Transforms have a length of their own.
    delete (call as { name?: string }).name
    delete (call as { length?: number }).length
    self._cache_size = size
    self._inv = null
    self._cached = null
    if (size !== 0 && size !== 1) throw value_error('cache_size must be 0 or 1')
    scope_owner(self)
    // biome-ignore lint/correctness/noConstructorReturn: what makes a transform callable
    return self
  }

  /** Whether every y has one x. */
  get bijective(): boolean {
    return false
  }

  /** Where x lies. */
  get domain(): Constraint {
    throw not_implemented_error(`${this.constructor.name}.domain is not defined`)
  }

  /** Where y lies. */
  get codomain(): Constraint {
    throw not_implemented_error(`${this.constructor.name}.codomain is not defined`)
  }

  /** How many of the last dimensions make one value. */
  get event_dim(): number {
    const dim = this.domain.event_dim
    if (dim === this.codomain.event_dim) return dim
    throw value_error('Please use either .domain.event_dim or .codomain.event_dim')
  }

  /** The inverse transform; its own inverse is this one. */
  get inv(): Transform {
    this._inv ??= invert(this)
    return this._inv
  }

  /** The sign of the derivative of a monotone transform. */
  get sign(): Sign {
    throw not_implemented_error(`${this.constructor.name}.sign is not defined`)
  }

  /** The same transform with another cache size. */
  with_cache(cache_size = 1): Transform {
    if (this._cache_size === cache_size) return this
    return this._with_cache(cache_size)
  }

  /** Makes the same transform with another cache size; a subclass whose constructor takes more overrides it. */
  _with_cache(cache_size: number): Transform {
    const made = this.constructor as new (cache_size: number) => Transform
    if (defines_constructor(made, Transform))
      throw not_implemented_error(`${made.name}.with_cache is not implemented`)
    return new made(cache_size)
  }

  /** Whether both transform alike: Python's `==`. */
  equals(other: unknown): boolean {
    return this === other
  }

  /** f(x), or what is remembered of it. */
  _apply(x: Tensor): Tensor {
    if (this._cache_size === 0) return this._call(x)
    if (this._cached?.[0] === x) return this._cached[1]
    const y = this._call(x)
    this._cached = [x, y]
    return y
  }

  /** f⁻¹(y), or what is remembered of it. */
  _inv_call(y: Tensor): Tensor {
    if (this._cache_size === 0) return this._inverse(y)
    if (this._cached?.[1] === y) return this._cached[0]
    const x = this._inverse(y)
    this._cached = [x, y]
    return x
  }

  /** f(x). */
  _call(_x: Tensor): Tensor {
    throw not_implemented_error(`${this.constructor.name}._call() is not defined`)
  }

  /** f⁻¹(y). */
  _inverse(_y: Tensor): Tensor {
    throw not_implemented_error(`${this.constructor.name}._inverse() is not defined`)
  }

  /** log |det ∂y/∂x|. */
  log_abs_det_jacobian(_x: Tensor, _y: Tensor): Tensor {
    throw not_implemented_error(`${this.constructor.name}.log_abs_det_jacobian() is not defined`)
  }

  /** The shape of y from that of x. */
  forward_shape(shape: Sizes): number[] {
    return [...shape]
  }

  /** The shape of x from that of y. */
  inverse_shape(shape: Sizes): number[] {
    return [...shape]
  }
  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  toString(): string {
    return `${this.constructor.name}()`
  }

  [inspect.custom](): string {
    return this.toString()
  }

  static {
    methods(Transform, {
      forward_shape: 'shape',
      inverse_shape: 'shape',
      log_abs_det_jacobian: 'x, y',
      with_cache: 'cache_size?',
    })
  }
}

/** The transform from y to x of another. */
export class _InverseTransform extends Transform {
  constructor(transform: Transform) {
    super(transform._cache_size)
    this._inv = transform
  }

  get #forward(): Transform {
    return this._inv!
  }

  override get domain(): Constraint {
    return this.#forward.codomain
  }

  override get codomain(): Constraint {
    return this.#forward.domain
  }

  override get bijective(): boolean {
    return this.#forward.bijective
  }

  override get sign(): Sign {
    return this.#forward.sign
  }

  override with_cache(cache_size = 1): Transform {
    return this.#forward.with_cache(cache_size).inv
  }

  override equals(other: unknown): boolean {
    return other instanceof _InverseTransform && this.#forward.equals(other._inv)
  }

  override toString(): string {
    return `_InverseTransform(${this.#forward})`
  }

  override _apply(x: Tensor): Tensor {
    return this.#forward._inv_call(x)
  }

  override log_abs_det_jacobian(x: Tensor, y: Tensor): Tensor {
    return this.#forward.log_abs_det_jacobian(y, x).neg()
  }

  override forward_shape(shape: Sizes): number[] {
    return this.#forward.inverse_shape(shape)
  }

  override inverse_shape(shape: Sizes): number[] {
    return this.#forward.forward_shape(shape)
  }
}

function invert(transform: Transform): Transform {
  return new _InverseTransform(transform)
}
