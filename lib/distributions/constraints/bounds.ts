import * as ops from '../../ops/generated/torch.js'
import { float_scalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'
import { Tensor as TensorClass } from '../../tensor.js'
import { py_value, type Value } from '../utils.js'
import { Constraint } from './constraint.js'

// What Python writes as a float prints as one.
const ZERO = float_scalar(0)
const ONE = float_scalar(1)

function above(value: Tensor, bound: Value): Tensor {
  return bound instanceof TensorClass ? bound.lt(value) : value.gt(bound)
}

function at_least(value: Tensor, bound: Value): Tensor {
  return bound instanceof TensorClass ? bound.le(value) : value.ge(bound)
}

function at_most(value: Tensor, bound: Value): Tensor {
  return value.le(bound as Tensor)
}

function below(value: Tensor, bound: Value): Tensor {
  return value.lt(bound as Tensor)
}

function is_whole(value: Tensor): Tensor {
  return value.remainder(1).eq(0)
}

class Lower extends Constraint {
  constructor(readonly lower_bound: Value) {
    super()
  }
  override toString(): string {
    return `${this.constructor.name.slice(1)}(lower_bound=${py_value(this.lower_bound)})`
  }
}

class Upper extends Constraint {
  constructor(readonly upper_bound: Value) {
    super()
  }
  override toString(): string {
    return `${this.constructor.name.slice(1)}(upper_bound=${py_value(this.upper_bound)})`
  }
}

class Between extends Constraint {
  constructor(
    readonly lower_bound: Value,
    readonly upper_bound: Value,
  ) {
    super()
  }
  override toString(): string {
    return (
      `${this.constructor.name.slice(1)}(lower_bound=${py_value(this.lower_bound)}, ` +
      `upper_bound=${py_value(this.upper_bound)})`
    )
  }
}

/** 0 or 1. */
export class _Boolean extends Constraint {
  override get is_discrete(): boolean {
    return true
  }
  override check(value: Tensor): Tensor {
    return value.eq(0).bitwise_or(value.eq(1))
  }
}

/** One 1, and zeros, along the last dimension. */
export class _OneHot extends Constraint {
  override get is_discrete(): boolean {
    return true
  }
  override get event_dim(): number {
    return 1
  }
  override check(value: Tensor): Tensor {
    const is_boolean = value.eq(0).bitwise_or(value.eq(1))
    return is_boolean.all(-1).bitwise_and(value.sum(-1).eq(1))
  }
}

/** Whole numbers from a lower to an upper bound, both included. */
export class _IntegerInterval extends Between {
  override get is_discrete(): boolean {
    return true
  }
  override check(value: Tensor): Tensor {
    return is_whole(value)
      .bitwise_and(at_least(value, this.lower_bound))
      .bitwise_and(at_most(value, this.upper_bound))
  }
}

/** Whole numbers up to a bound. */
export class _IntegerLessThan extends Upper {
  override get is_discrete(): boolean {
    return true
  }
  override check(value: Tensor): Tensor {
    return is_whole(value).bitwise_and(at_most(value, this.upper_bound))
  }
}

/** Whole numbers from a bound on. */
export class _IntegerGreaterThan extends Lower {
  override get is_discrete(): boolean {
    return true
  }
  override check(value: Tensor): Tensor {
    return is_whole(value).bitwise_and(at_least(value, this.lower_bound))
  }
}

/** Any number but NaN. */
export class _Real extends Constraint {
  override check(value: Tensor): Tensor {
    return value.eq(value)
  }
}

/** Numbers above a bound. */
export class _GreaterThan extends Lower {
  override check(value: Tensor): Tensor {
    return above(value, this.lower_bound)
  }
}

/** Numbers from a bound on. */
export class _GreaterThanEq extends Lower {
  override check(value: Tensor): Tensor {
    return at_least(value, this.lower_bound)
  }
}

/** Numbers below a bound. */
export class _LessThan extends Upper {
  override check(value: Tensor): Tensor {
    return below(value, this.upper_bound)
  }
}

/** Numbers from a lower to an upper bound, both included. */
export class _Interval extends Between {
  override check(value: Tensor): Tensor {
    return at_least(value, this.lower_bound).bitwise_and(at_most(value, this.upper_bound))
  }
}

/** Numbers from a lower bound on, and below an upper one. */
export class _HalfOpenInterval extends Between {
  override check(value: Tensor): Tensor {
    return at_least(value, this.lower_bound).bitwise_and(below(value, this.upper_bound))
  }
}

/** Numbers from 0 on that sum to 1 along the last dimension. */
export class _Simplex extends Constraint {
  override get event_dim(): number {
    return 1
  }
  override check(value: Tensor): Tensor {
    return ops.all(value.ge(0), -1).bitwise_and(value.sum(-1).sub(1).abs().lt(1e-6))
  }
}

/** Counts from 0 on that sum to at most a bound along the last dimension. */
export class _Multinomial extends Upper {
  override get is_discrete(): boolean {
    return true
  }
  override get event_dim(): number {
    return 1
  }
  override check(value: Tensor): Tensor {
    return value
      .ge(0)
      .all(-1)
      .bitwise_and(at_most(value.sum(-1), this.upper_bound))
  }
  override toString(): string {
    return 'Multinomial()'
  }
}

export const boolean = new _Boolean()
export const one_hot = new _OneHot()
export const nonnegative_integer = new _IntegerGreaterThan(0)
export const positive_integer = new _IntegerGreaterThan(1)
export const real = new _Real()
export const positive = new _GreaterThan(ZERO)
export const nonnegative = new _GreaterThanEq(ZERO)
export const unit_interval = new _Interval(ZERO, ONE)
export const simplex = new _Simplex()
