import { assertion_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type GivenBy, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as constraints from '../constraints.js'
import { lazy_property, sum_rightmost } from '../utils.js'
import { CACHE_SIZE, Transform } from './transform.js'

const TRANSFORMS = {
  /** The transforms of the parts, in order. */
  tseq: required<readonly Transform[]>(),
} as const
const DIM = {
  /** Dimension of the parts. Default: 0. */
  dim: optional(0),
} as const

const CAT_TRANSFORM = signature(
  'CatTransform',
  TRANSFORMS,
  DIM,
  {
    /** Sizes of the parts. Default: 1 each. */
    lengths: optional<readonly number[] | null>(null),
  },
  CACHE_SIZE,
)
const STACK_TRANSFORM = signature('StackTransform', TRANSFORMS, DIM, CACHE_SIZE)

/** A transform made of several, for parts of one dimension. */
abstract class Sequence extends Transform {
  declare readonly transforms: Transform[]
  declare readonly dim: number

  constructor(given: GivenBy<typeof STACK_TRANSFORM>) {
    super(given.cache_size)
    const { tseq, cache_size } = given
    if (!tseq.every((item) => item instanceof Transform))
      throw assertion_error('All elements of tseq must be Transform instances')
    this.transforms = cache_size ? tseq.map((item) => item.with_cache(cache_size)) : [...tseq]
    this.dim = given.dim
  }

  override get bijective(): boolean {
    return this.transforms.every((item) => item.bijective)
  }

  /** The parts of a tensor, one a transform. */
  protected abstract _parts(value: Tensor, name: string): Tensor[]

  protected _expect_dim(value: Tensor, name: string): void {
    if (this.dim < -value.ndim || this.dim >= value.ndim)
      throw assertion_error(`dim ${this.dim} out of range for ${name} with ${value.ndim} dimensions`)
  }
}

/**
 * Transforms for parts of one dimension, one after the other.
 *
 * @param tseq - the transforms
 * @param dim - the dimension. Default: 0
 * @param lengths - the sizes of the parts. Default: 1 each
 *
 * @example
 * ```ts
 * const t = new CatTransform([new ExpTransform(), identity_transform], { dim: 0, lengths: [10, 10] })
 * ```
 *
 * @see torch/distributions/transforms.py
 */
export class CatTransform extends Sequence {
  declare readonly lengths: number[]

  constructor(...args: Call<typeof CAT_TRANSFORM>)
  constructor(...args: UsualCall<typeof CAT_TRANSFORM>)
  constructor(...args: unknown[]) {
    const given = CAT_TRANSFORM.take(args)
    super(given)
    this.lengths = given.lengths === null ? this.transforms.map(() => 1) : [...given.lengths]
    if (this.lengths.length !== this.transforms.length)
      throw assertion_error(
        `lengths (${this.lengths.length}) must match transforms (${this.transforms.length})`,
      )
  }

  @lazy_property override get event_dim(): number {
    return Math.max(...this.transforms.map((item) => item.event_dim))
  }

  @lazy_property override get length(): number {
    return this.lengths.reduce((sum, length) => sum + length, 0)
  }

  override _with_cache(cache_size: number): Transform {
    return new CatTransform(this.transforms, this.dim, { lengths: this.lengths, cache_size })
  }

  protected override _parts(value: Tensor, name: string): Tensor[] {
    this._expect_dim(value, name === 'tensor' ? 'tensor' : name)
    const letter = name === 'tensor' ? 'x' : name
    if (value.size(this.dim) !== this.length)
      throw assertion_error(
        `${letter}.size(${this.dim}) = ${value.size(this.dim)} must equal length ${this.length}`,
      )
    let start = 0
    return this.lengths.map((length) => {
      const part = value.narrow(this.dim, start, length)
      start += length
      return part
    })
  }

  override _call(x: Tensor): Tensor {
    const parts = this._parts(x, 'tensor')
    return ops.cat(
      this.transforms.map((item, i) => item(parts[i]!)),
      this.dim,
    )
  }

  override _inverse(y: Tensor): Tensor {
    const parts = this._parts(y, 'tensor')
    return ops.cat(
      this.transforms.map((item, i) => item.inv(parts[i]!)),
      this.dim,
    )
  }

  override log_abs_det_jacobian(x: Tensor, y: Tensor): Tensor {
    const xs = this._parts(x, 'x')
    const ys = this._parts(y, 'y')
    const terms = this.transforms.map((item, i) => {
      const term = item.log_abs_det_jacobian(xs[i]!, ys[i]!)
      return item.event_dim < this.event_dim ? sum_rightmost(term, this.event_dim - item.event_dim) : term
    })
    const dim = (this.dim >= 0 ? this.dim - x.ndim : this.dim) + this.event_dim
    return dim < 0 ? ops.cat(terms, dim) : terms.reduce((sum, term) => sum.add(term))
  }

  override get domain(): constraints.Constraint {
    return constraints.cat(
      this.transforms.map((item) => item.domain),
      this.dim,
      this.lengths,
    )
  }

  override get codomain(): constraints.Constraint {
    return constraints.cat(
      this.transforms.map((item) => item.codomain),
      this.dim,
      this.lengths,
    )
  }

  static {
    methods(CatTransform, {
      log_abs_det_jacobian: 'x, y',
    })
  }
}

/**
 * Transforms for the slices of one dimension.
 *
 * @param tseq - the transforms, one a slice
 * @param dim - the dimension. Default: 0
 * @see torch/distributions/transforms.py
 */
export class StackTransform extends Sequence {
  constructor(...args: Call<typeof STACK_TRANSFORM>)
  constructor(...args: UsualCall<typeof STACK_TRANSFORM>)
  constructor(...args: unknown[]) {
    super(STACK_TRANSFORM.take(args))
  }

  override _with_cache(cache_size: number): Transform {
    return new StackTransform(this.transforms, this.dim, { cache_size })
  }

  protected override _parts(value: Tensor, name: string): Tensor[] {
    this._expect_dim(value, name)
    const size = value.size(this.dim)
    if (size !== this.transforms.length)
      throw assertion_error(
        `${name === 'tensor' ? 'x' : name}.size(${this.dim}) = ${size} must equal len(transforms) ` +
          `${this.transforms.length}`,
      )
    return Array.from({ length: size }, (_, i) => value.select(this.dim, i))
  }

  override _call(x: Tensor): Tensor {
    const parts = this._parts(x, 'tensor')
    return ops.stack(
      this.transforms.map((item, i) => item(parts[i]!)),
      this.dim,
    )
  }

  override _inverse(y: Tensor): Tensor {
    const parts = this._parts(y, 'tensor')
    return ops.stack(
      this.transforms.map((item, i) => item.inv(parts[i]!)),
      this.dim,
    )
  }

  override log_abs_det_jacobian(x: Tensor, y: Tensor): Tensor {
    const xs = this._parts(x, 'x')
    const ys = this._parts(y, 'y')
    return ops.stack(
      this.transforms.map((item, i) => item.log_abs_det_jacobian(xs[i]!, ys[i]!)),
      this.dim,
    )
  }

  override get domain(): constraints.Constraint {
    return constraints.stack(
      this.transforms.map((item) => item.domain),
      this.dim,
    )
  }

  override get codomain(): constraints.Constraint {
    return constraints.stack(
      this.transforms.map((item) => item.codomain),
      this.dim,
    )
  }

  static {
    methods(StackTransform, {
      log_abs_det_jacobian: 'x, y',
    })
  }
}
