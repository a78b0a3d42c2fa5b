import { assertion_error, type_name, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { real } from './bounds.js'
import { Constraint } from './constraint.js'

function expect_constraint(value: unknown): void {
  if (!(value instanceof Constraint))
    throw assertion_error(`base_constraint must be a Constraint, got ${type_name(value)}`)
}

/** A constraint that holds for the last dimensions as a whole where it holds for all of them. */
export class _IndependentConstraint extends Constraint {
  constructor(
    readonly base_constraint: Constraint,
    readonly reinterpreted_batch_ndims: number,
  ) {
    super()
    expect_constraint(base_constraint)
    if (!Number.isInteger(reinterpreted_batch_ndims))
      throw assertion_error(
        `reinterpreted_batch_ndims must be an int, got ${type_name(reinterpreted_batch_ndims)}`,
      )
    if (reinterpreted_batch_ndims < 0)
      throw assertion_error(`reinterpreted_batch_ndims must be >= 0, got ${reinterpreted_batch_ndims}`)
  }

  override get is_discrete(): boolean {
    return this.base_constraint.is_discrete
  }

  override get event_dim(): number {
    return this.base_constraint.event_dim + this.reinterpreted_batch_ndims
  }

  override check(value: Tensor): Tensor {
    const result = this.base_constraint.check(value)
    if (result.ndim < this.reinterpreted_batch_ndims)
      throw value_error(`Expected value.dim() >= ${this.event_dim} but got ${value.ndim}`)
    return result
      .reshape([...result.shape.slice(0, result.ndim - this.reinterpreted_batch_ndims), -1])
      .all(-1)
  }

  override toString(): string {
    return `IndependentConstraint(${this.base_constraint}, ${this.reinterpreted_batch_ndims})`
  }
}

/** The constraint of a mixture: that of its components, for each of them. */
export class MixtureSameFamilyConstraint extends Constraint {
  constructor(readonly base_constraint: Constraint) {
    super()
    expect_constraint(base_constraint)
  }

  override get is_discrete(): boolean {
    return this.base_constraint.is_discrete
  }

  override get event_dim(): number {
    return this.base_constraint.event_dim
  }

  override check(value: Tensor): Tensor {
    const { event_dim } = this
    const result = this.base_constraint.check(value.unsqueeze(-1 - event_dim))
    if (value.ndim < event_dim)
      throw value_error(`Expected value.dim() >= ${event_dim} but got ${value.ndim}`)
    return result.reshape([...result.shape.slice(0, value.ndim - event_dim), -1]).all(-1)
  }

  override toString(): string {
    return `MixtureSameFamilyConstraint(${this.base_constraint})`
  }
}

function expect_sequence(cseq: readonly Constraint[]): Constraint[] {
  if (!cseq.every((item) => item instanceof Constraint))
    throw assertion_error('All elements of cseq must be Constraint instances')
  return [...cseq]
}

function expect_dim(value: Tensor, dim: number): void {
  if (dim < -value.ndim || dim >= value.ndim)
    throw assertion_error(`dim ${dim} out of range for value with ${value.ndim} dimensions`)
}

/** Constraints for parts of one dimension, one after the other. */
export class _Cat extends Constraint {
  readonly cseq: Constraint[]
  readonly lengths: number[]

  constructor(
    cseq: readonly Constraint[],
    readonly dim: number = 0,
    lengths: readonly number[] | null = null,
  ) {
    super()
    this.cseq = expect_sequence(cseq)
    this.lengths = lengths === null ? this.cseq.map(() => 1) : [...lengths]
    if (this.lengths.length !== this.cseq.length)
      throw assertion_error(`lengths (${this.lengths.length}) must match cseq (${this.cseq.length})`)
  }

  override get is_discrete(): boolean {
    return this.cseq.some((item) => item.is_discrete)
  }

  override get event_dim(): number {
    return Math.max(...this.cseq.map((item) => item.event_dim))
  }

  override check(value: Tensor): Tensor {
    expect_dim(value, this.dim)
    let start = 0
    const checks = this.cseq.map((item, i) => {
      const part = value.narrow(this.dim, start, this.lengths[i]!)
      start += this.lengths[i]!
      return item.check(part)
    })
    return ops.cat(checks, this.dim)
  }
}

/** Constraints for the slices of one dimension. */
export class _Stack extends Constraint {
  readonly cseq: Constraint[]

  constructor(
    cseq: readonly Constraint[],
    readonly dim: number = 0,
  ) {
    super()
    this.cseq = expect_sequence(cseq)
  }

  override get is_discrete(): boolean {
    return this.cseq.some((item) => item.is_discrete)
  }

  override get event_dim(): number {
    const most = Math.max(...this.cseq.map((item) => item.event_dim))
    return this.dim + most < 0 ? most + 1 : most
  }

  override check(value: Tensor): Tensor {
    expect_dim(value, this.dim)
    const count = Math.min(value.size(this.dim), this.cseq.length)
    const checks = Array.from({ length: count }, (_, i) => this.cseq[i]!.check(value.select(this.dim, i)))
    return ops.stack(checks, this.dim)
  }
}

export const real_vector = new _IndependentConstraint(real, 1)
