import { inspect } from 'node:util'
import { without_grad } from '../autograd/grad_mode.js'
import { attribute_error, not_implemented_error, value_error } from '../errors.js'
import { member } from '../own.js'
import { methods } from '../python/methods.js'
import { of_objects, optional } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { is_error } from '../realm.js'
import { py_ints, py_size } from '../repr.js'
import { scope_owner } from '../scope.js'
import { py_tensor } from '../tensor/py_tensor.js'
import { Tensor } from '../tensor.js'
import { type Constraint, is_dependent } from './constraints.js'
import { VALIDATE_ARGS } from './parameters.js'
import { argument, defines_constructor, is_lazy, own, type Sizes } from './utils.js'

/** Options that all distributions take. */
export interface DistributionOptions {
  /** Whether arguments and values are checked. Default: what `set_default_validate_args` says, which is true. */
  validate_args?: boolean | null
}

/** Constraints by the argument's name. */
export type Constraints = { readonly [argument: string]: Constraint }

/** A list of sizes, or the same by keyword. */
export type SampleShape = Sizes | { sample_shape?: Sizes }

type Class = typeof Distribution

const DISTRIBUTION = signature(
  'Distribution',
  { batch_shape: optional<Sizes>([]) },
  { event_shape: optional<Sizes>([]) },
  VALIDATE_ARGS,
  { attributes: of_objects(optional<object>({})) },
)

/**
 * Base class of all distributions.
 *
 * @param batch_shape - the shape of a batch of independent distributions
 * @param event_shape - the shape of one sample
 * @param validate_args - whether arguments and values are checked
 * @param attributes - properties that are set before the arguments are checked: a subclass's parameters
 * @throws ValueError for arguments that do not satisfy their constraints
 *
 * @example
 * ```ts
 * class Always extends torch.distributions.Distribution {
 *   static override arg_constraints = { value: torch.distributions.constraints.real }
 *   declare value: Tensor
 *   constructor(value: Tensor) {
 *     super(value.shape, [], null, { value })
 *   }
 *   override rsample(sample_shape = []) {
 *     return this.value.expand(this._extended_shape(sample_shape))
 *   }
 * }
 * ```
 *
 * @see torch/distributions/distribution.py
 */
export class Distribution {
  /** The constraints of the arguments, where they are the same for all instances. */
  static arg_constraints: Constraints | null = null
  /** The constraint of samples, where it is the same for all instances. */
  static support: Constraint | null = null
  /** Whether `rsample` is there; null where an instance tells. */
  static has_rsample: boolean | null = false
  /** Whether `enumerate_support` is there; null where an instance tells. */
  static has_enumerate_support: boolean | null = false

  /** @internal */
  declare _batch_shape: number[]
  /** @internal */
  declare _event_shape: number[]
  /** @internal */
  declare _validate_args: boolean

  /** Whether distributions made from now on check arguments and values unless they are told. */
  static set_default_validate_args(value: boolean): void {
    if (typeof value !== 'boolean') throw value_error('validate_args must be True or False')
    Distribution.prototype._validate_args = value
  }

  constructor(...args: Call<typeof DISTRIBUTION>)
  constructor(...args: UsualCall<typeof DISTRIBUTION>)
  constructor(...args: unknown[]) {
    const { batch_shape, event_shape, validate_args, attributes } = DISTRIBUTION.take(args)
    scope_owner(this)
    own(this, attributes as Record<string, unknown>)
    this._batch_shape = [...batch_shape]
    this._event_shape = [...event_shape]
    if (validate_args !== null) this._validate_args = validate_args
    if (this._validate_args) this._check_arguments()
  }

  /** @internal */
  _check_arguments(): void {
    for (const [name, constraint] of Object.entries(this._known_constraints())) {
      if (is_dependent(constraint) || is_lazy(this, name)) continue
      const value = this._attribute(name)
      if (value === undefined)
        throw attribute_error(`'${this.constructor.name}' object has no attribute '${name}'`)
      if (constraint.check(value).all().item()) continue
      throw value_error(
        `Expected parameter ${name} (${value.constructor.name} of shape ${py_ints(value.shape)}) of distribution ` +
          `${this} to satisfy the constraint ${constraint}, but found invalid values:\n${py_tensor(value)}`,
      )
    }
  }

  /** @internal */
  _known_constraints(): Constraints {
    try {
      return this.arg_constraints
    } catch (error) {
      if (!is_error(error) || error.name !== 'NotImplementedError') throw error
      process.emitWarning(
        `${this.constructor.name} does not define \`arg_constraints\`. Please set \`arg_constraints = {}\` or ` +
          'initialize the distribution with `validate_args=False` to turn off validation.',
        'UserWarning',
      )
      return {}
    }
  }

  /** @internal */
  _attribute(name: string): Tensor | undefined {
    return member(this as unknown as Record<string, Tensor | undefined>, name)
  }

  /**
   * The same distribution for a larger batch, over the same memory.
   *
   * @param batch_shape - the shape of the new batch
   */
  expand(_batch_shape: Sizes, _instance: Distribution | null = null): Distribution {
    throw not_implemented_error(`${this.constructor.name}.expand() is not defined`)
  }

  /** The shape of the batch of distributions. */
  get batch_shape(): number[] {
    return [...this._batch_shape]
  }

  /** The shape of one sample. */
  get event_shape(): number[] {
    return [...this._event_shape]
  }

  /** The constraints of the arguments. */
  get arg_constraints(): Constraints {
    const found = (this.constructor as Class).arg_constraints
    if (found === null)
      throw not_implemented_error(`${this.constructor.name} does not define arg_constraints`)
    return found
  }

  /** The constraint of samples. */
  get support(): Constraint {
    const found = (this.constructor as Class).support
    if (found === null) throw not_implemented_error(`${this.constructor.name} does not define support`)
    return found
  }

  /** Whether `rsample` is there. */
  get has_rsample(): boolean {
    return (this.constructor as Class).has_rsample ?? false
  }

  /** Whether `enumerate_support` is there. */
  get has_enumerate_support(): boolean {
    return (this.constructor as Class).has_enumerate_support ?? false
  }

  get mean(): Tensor {
    throw not_implemented_error(`${this.constructor.name}.mean is not defined`)
  }

  /** The most probable value. */
  get mode(): Tensor {
    throw not_implemented_error(`${this.constructor.name} does not implement mode`)
  }

  get variance(): Tensor {
    throw not_implemented_error(`${this.constructor.name}.variance is not defined`)
  }

  /** The root of the variance. */
  get stddev(): Tensor {
    return this.variance.sqrt()
  }

  /**
   * Draws samples, without gradients.
   *
   * @param sample_shape - how many; its dimensions come first. Default: one
   */
  sample(sample_shape: SampleShape = []): Tensor {
    return without_grad(() => this.rsample(sample_shape))
  }

  /** Draws samples through which gradients flow to the parameters. */
  rsample(_sample_shape: SampleShape = []): Tensor {
    throw not_implemented_error(`${this.constructor.name}.rsample() is not defined`)
  }

  /** n samples; PyTorch's older form of `sample([n])`. */
  sample_n(n: number): Tensor {
    process.emitWarning('`sample_n(n)` will be deprecated. Use `sample((n,))` instead.', 'FutureWarning')
    return this.sample([n])
  }

  /** The logarithm of the density, or of the probability, at a value. */
  log_prob(_value: Tensor): Tensor {
    throw not_implemented_error(`${this.constructor.name}.log_prob() is not defined`)
  }

  /** The probability of values up to this one. */
  cdf(_value: Tensor): Tensor {
    throw not_implemented_error(`${this.constructor.name}.cdf() is not defined`)
  }

  /** The value up to which a probability lies: the inverse of {@link cdf}. */
  icdf(_value: Tensor): Tensor {
    throw not_implemented_error(`${this.constructor.name}.icdf() is not defined`)
  }

  /**
   * All values of a discrete distribution, along the first dimension.
   *
   * @param expand - whether they are expanded over the batch. Default: true
   */
  enumerate_support(_expand: boolean | { expand?: boolean } = true): Tensor {
    throw not_implemented_error(`${this.constructor.name}.enumerate_support() is not defined`)
  }

  /** −E[log p(x)]. */
  entropy(): Tensor {
    throw not_implemented_error(`${this.constructor.name}.entropy() is not defined`)
  }

  /** exp of the entropy. */
  perplexity(): Tensor {
    return this.entropy().exp()
  }

  /** The shape of samples. */
  _extended_shape(sample_shape: SampleShape = []): number[] {
    const given = argument<Sizes>(sample_shape, 'sample_shape', [])
    return [...given, ...this._batch_shape, ...this._event_shape]
  }

  /** Refuses what is no value of the distribution. */
  _validate_sample(value: Tensor): void {
    if (!(value instanceof Tensor)) throw value_error('The value argument to log_prob must be a Tensor')
    const actual = value.shape
    const event = this._event_shape
    const tail = actual.slice(Math.max(0, actual.length - event.length))
    if (tail.length !== event.length || tail.some((size, i) => size !== event[i]))
      throw value_error(
        `The right-most size of value must match event_shape: ${py_size(actual)} vs ${py_size(event)}.`,
      )
    const expected = [...this._batch_shape, ...event]
    for (let i = 1; i <= Math.min(actual.length, expected.length); i++) {
      const [a, e] = [actual.at(-i), expected.at(-i)]
      if (a !== 1 && e !== 1 && a !== e)
        throw value_error(
          `Value is not broadcastable with batch_shape+event_shape: ${py_size(actual)} vs ${py_size(expected)}.`,
        )
    }
    const support = this._known_support()
    if (support === null || support.check(value).all().item()) return
    throw value_error(
      `Expected value argument (${value.constructor.name} of shape ${py_ints(actual)}) to be within the support ` +
        `(${support}) of the distribution ${this}, but found invalid values:\n${py_tensor(value)}`,
    )
  }

  /** @internal */
  _known_support(): Constraint | null {
    try {
      return this.support
    } catch (error) {
      if (!is_error(error) || error.name !== 'NotImplementedError') throw error
      process.emitWarning(
        `${this.constructor.name} does not define \`support\` to enable sample validation. Please initialize the ` +
          'distribution with `validate_args=False` to turn off validation.',
        'UserWarning',
      )
      return null
    }
  }

  /** A new object of the same class whose parts are still to be set, or the one given. */
  _get_checked_instance<D extends Distribution>(
    base: new (...args: never[]) => D,
    instance: Distribution | null = null,
  ): D {
    if (instance !== null) return instance as D
    if (this.constructor !== base && defines_constructor(this.constructor, base))
      throw not_implemented_error(
        `Subclass ${this.constructor.name} of ${base.name} that defines a custom __init__ method must also define a ` +
          'custom .expand() method.',
      )
    return Object.create(Object.getPrototypeOf(this) as object) as D
  }

  /** Sets the parts of an expanded distribution. */
  _become<D extends Distribution>(
    made: D,
    attributes: Record<string, unknown>,
    batch_shape: Sizes,
    event_shape: Sizes = this._event_shape,
  ): D {
    scope_owner(made)
    own(made, attributes)
    made._batch_shape = [...batch_shape]
    made._event_shape = [...event_shape]
    made._validate_args = this._validate_args
    return made
  }

  /** Those of the attributes that are set, expanded to a shape. */
  _expanded_attributes(names: readonly string[], shape: Sizes): Record<string, unknown> {
    return Object.fromEntries(
      names
        .filter((name) => Object.hasOwn(this, name))
        .map((name) => [name, this._attribute(name)!.expand(shape)]),
    )
  }

  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  /** The text that Python prints: parameters of one element by value, others by size. */
  toString(): string {
    const parameters = Object.keys(this.arg_constraints).filter((name) => Object.hasOwn(this, name))
    const texts = parameters.map((name) => {
      const value = this._attribute(name)!
      return `${name}: ${value.numel() === 1 ? py_tensor(value) : py_size(value.shape)}`
    })
    return `${this.constructor.name}(${texts.join(', ')})`
  }

  [inspect.custom](): string {
    return this.toString()
  }

  static {
    methods(Distribution, {
      cdf: 'value',
      entropy: '',
      enumerate_support: 'expand?',
      expand: 'batch_shape, _instance?',
      icdf: 'value',
      log_prob: 'value',
      perplexity: '',
      rsample: 'sample_shape?',
      sample: 'sample_shape?',
      sample_n: 'n',
    })
  }
}

Distribution.prototype._validate_args = true
