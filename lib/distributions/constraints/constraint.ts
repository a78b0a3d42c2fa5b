import { inspect } from 'node:util'
import { not_implemented_error } from '../../errors.js'
import { traps } from '../../own.js'
import type { Tensor } from '../../tensor.js'

/**
 * A region of values: where a distribution's arguments, or its samples, may lie.
 *
 * @see torch/distributions/constraints.py
 */
export class Constraint {
  /** Whether the region consists of separate points. */
  get is_discrete(): boolean {
    return false
  }
  /** How many of the last dimensions make one value. */
  get event_dim(): number {
    return 0
  }

  /** A tensor of booleans, one an event: whether the value lies in the region. */
  check(_value: Tensor): Tensor {
    throw not_implemented_error(`${this.constructor.name}.check() is not defined`)
  }

  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  /** The text that Python prints. */
  toString(): string {
    return `${this.constructor.name.replace(/^_/, '')}()`
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/** A class that is called without `new`, as Python's. */
export type Callable<C extends abstract new (...args: never[]) => unknown> = C &
  ((...args: ConstructorParameters<C>) => InstanceType<C>)

/** Makes a class that can be called without `new`. */
export function callable<C extends new (...args: never[]) => object>(made: C): Callable<C> {
  return new Proxy(
    made,
    traps({
      apply: (target, _self, args) => Reflect.construct(target, args) as object,
    }),
  ) as Callable<C>
}
