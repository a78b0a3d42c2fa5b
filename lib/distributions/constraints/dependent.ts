import { not_implemented_error, value_error } from '../../errors.js'
import { IDENTITY, next_identity } from '../../identity.js'
import { own, traps } from '../../own.js'
import type { Tensor } from '../../tensor.js'
import { Constraint } from './constraint.js'

/** What is known of a constraint that depends on other values. */
export interface DependentOptions {
  is_discrete?: boolean
  event_dim?: number
}

/** A constraint that depends on other values, and is known on an instance only. */
export class _Dependent extends Constraint {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  readonly #known: DependentOptions

  constructor(known: DependentOptions = {}) {
    super()
    this.#known = own(known)
  }

  override get is_discrete(): boolean {
    if (this.#known.is_discrete === undefined)
      throw not_implemented_error('.is_discrete cannot be determined statically')
    return this.#known.is_discrete
  }

  override get event_dim(): number {
    if (this.#known.event_dim === undefined)
      throw not_implemented_error('.event_dim cannot be determined statically')
    return this.#known.event_dim
  }

  /** The same with more known of it. */
  with(more: DependentOptions): _Dependent {
    return new _Dependent({ ...this.#known, ...more })
  }

  override check(_value: Tensor): Tensor {
    throw value_error('Cannot determine validity of dependent constraint')
  }
}

/** Stands for a constraint that depends on other values; called, it notes what is known of it. */
export const dependent: _Dependent & ((known?: DependentOptions) => _Dependent) = (() => {
  const base = new _Dependent()
  const call = (known: DependentOptions = {}) => base.with(known)
  return new Proxy(
    call as unknown as _Dependent & typeof call,
    traps({
      get: (_, name) => {
        const value: unknown = Reflect.get(base, name, base)
        return typeof value === 'function' ? value.bind(base) : value
      },
      getPrototypeOf: () => _Dependent.prototype,
    }),
  )
})()

/** Whether a constraint depends on other values. */
export function is_dependent(constraint: Constraint): boolean {
  return constraint instanceof _Dependent
}

/**
 * Decorates a getter that computes a constraint from other values. The class has it as a plain getter; what is known
 * statically is for the reader.
 *
 * @example
 * ```ts
 * class Between extends Distribution {
 *   @constraints.dependent_property({ is_discrete: false, event_dim: 0 })
 *   override get support() {
 *     return constraints.interval(this.low, this.high)
 *   }
 * }
 * ```
 */
export function dependent_property<This, V extends Constraint>(
  _known: DependentOptions = {},
): (get: (this: This) => V, context: ClassGetterDecoratorContext<This, V>) => (this: This) => V {
  return (get) => get
}
