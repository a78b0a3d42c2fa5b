import { type Items, OrderedDict } from '../../collections.js'
import { key_error, runtime_error, type_error } from '../../errors.js'
import { methods } from '../../python/methods.js'
import { of_objects, optional, required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { is_map } from '../../realm.js'
import type { Tensor } from '../../tensor.js'
import type { Parameter } from '../parameter.js'
import { py_repr } from '../repr.js'
import { ASSIGN, DELETED, delete_field, fields_of } from './internals.js'
import { Module } from './module.js'
import { pairs_of } from './module_dict.js'
import { as_entry, describe_entry } from './parameter_list.js'
import { set_attribute, type_name } from './registration.js'

const KEYS: unique symbol = Symbol('keys')

const PARAMETER_DICT = signature('ParameterDict', { parameters: of_objects(optional<unknown>(null)) })

const KEY = { key: required<string>() } as const
const DEFAULT = { default: optional<unknown>(null) } as const
const GET = signature('get', KEY, { default: optional<unknown>(undefined) })
const SETDEFAULT = signature('setdefault', KEY, DEFAULT)
const FROMKEYS = signature('fromkeys', { keys: required<Iterable<string>>() }, DEFAULT)

/**
 * A dictionary whose tensors are parameters of the module. Other values may stand in it too. It keeps the order of
 * insertion, whole numbers included.
 *
 * @param parameters - what to begin with: a plain object, a Map, pairs, or another dictionary
 *
 * @example
 * ```ts
 * const params = new nn.ParameterDict({ left: torch.randn(5, 10), right: torch.randn(5, 10) })
 * const y = params.get('left').mm(x)
 * ```
 *
 * @see torch/nn/modules/container.py
 */
export class ParameterDict<V = Parameter> extends Module implements Iterable<string> {
  /** @internal */
  declare readonly [KEYS]: Set<string>

  constructor(parameters?: Items<V | Tensor> | OrderedDict<V | Tensor> | ParameterDict<V> | null)
  constructor(options: { parameters?: Items<V | Tensor> | OrderedDict<V | Tensor> | ParameterDict<V> | null })
  constructor(...args: unknown[]) {
    super()
    const { parameters } = PARAMETER_DICT.take(args, new.target.name)
    Object.defineProperty(this, KEYS, { value: new Set() })
    if (parameters !== null) this.update(parameters as Items<V>)
  }

  /** As Python's `dictionary['name'] = value`; a subclass may have other fields. @internal */
  [ASSIGN](name: string, value: unknown): boolean {
    if (!this[KEYS].has(name) && Object.getPrototypeOf(this) !== ParameterDict.prototype) return false
    this.set(name, value as V)
    return true
  }

  /** @internal */
  [DELETED](names: readonly string[]): () => void {
    return () => {
      for (const name of names) this[KEYS].delete(name)
    }
  }

  /** How many entries there are. */
  override get length(): number {
    return this.keys().length
  }

  /** The value of a key; where there is none `otherwise`, and where that is not given a KeyError. */
  get(key: string, otherwise?: V | null): V
  get(key: string, options: { default?: V | null }): V
  get(...args: unknown[]): V {
    const [key, otherwise] = GET.bind(args)
    if (this.has(key)) return fields_of(this)[key] as V
    if (otherwise !== undefined) return otherwise as V
    throw key_error(py_repr(key))
  }

  /** Sets the value of a key; a Tensor becomes a Parameter. */
  set(key: string, value: V | Tensor): this {
    if (typeof key !== 'string')
      throw type_error(
        `Index given to ParameterDict cannot be used as a key as it is not a string (type is '${type_name(key)}'). ` +
          'Open an issue on github if you need non-string keys.',
      )
    set_attribute(this, key, as_entry(value))
    this[KEYS].add(key)
    return this
  }

  /** Whether the key is there. */
  has(key: string): boolean {
    return this[KEYS].has(key) && Object.hasOwn(this, key)
  }

  /** Removes a key. Throws KeyError where it is not there. */
  delete(key: string): void {
    if (!this.has(key)) throw key_error(py_repr(key))
    this[KEYS].delete(key)
    delete_field(this, key)
  }

  /** Removes a key and returns its value. Throws KeyError where it is not there. */
  pop(key: string): V {
    const value = this.get(key)
    this.delete(key)
    return value
  }

  /** Removes the last pair and returns it. */
  popitem(): [string, V] {
    const key = this.keys().at(-1)
    if (key === undefined) throw key_error('dictionary is empty')
    return [key, this.pop(key)]
  }

  /** The value of a key, which is set first where it is not there. */
  setdefault(key: string, value: V | Tensor | null): V
  setdefault(key: string, options?: { default?: V | Tensor | null }): V
  setdefault(...args: unknown[]): V {
    const [key, value] = SETDEFAULT.bind(args)
    if (!this.has(key)) this.set(key, value as V)
    return this.get(key)
  }

  /** Removes all entries. */
  clear(): void {
    for (const key of this.keys()) this.delete(key)
  }

  /** Another dictionary with the same parameters. */
  copy(): ParameterDict<V> {
    return new ParameterDict<V>(this.items())
  }

  /** A dictionary that has one value under all of the keys. */
  fromkeys<D = null>(keys: Iterable<string>, value?: D): ParameterDict<D>
  fromkeys<D = null>(keys: Iterable<string>, options: { default?: D }): ParameterDict<D>
  fromkeys<D>(...args: unknown[]): ParameterDict<D> {
    const [keys, value] = FROMKEYS.bind(args) as unknown as [Iterable<string>, D]
    return new ParameterDict<D>([...keys].map((key): [string, D] => [key, value]))
  }

  /** Sets the pairs of another mapping; of a plain object in the order of its sorted names, as PyTorch does. */
  update(parameters: Items<V | Tensor> | OrderedDict<V | Tensor> | ParameterDict<V>): void {
    if (parameters instanceof ParameterDict) {
      for (const [key, value] of parameters.items()) this.set(key, value as V)
      return
    }
    const pairs = pairs_of<V | Tensor>('ParameterDict', 'ParametersDict', parameters)
    const ordered =
      parameters instanceof OrderedDict ||
      is_map(parameters) ||
      typeof (parameters as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function'
    if (!ordered) pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    for (const [key, value] of pairs) this.set(key, value)
  }

  /** The keys in their order. */
  keys(): string[] {
    return [...this[KEYS]].filter((key) => Object.hasOwn(this, key))
  }

  /** The values in their order. */
  values(): V[] {
    return this.keys().map((key) => this.get(key))
  }

  /** The pairs in their order. */
  items(): [string, V][] {
    return this.keys().map((key) => [key, this.get(key)])
  }

  override forward(..._args: never[]): never {
    throw runtime_error('ParameterDict should not be called.')
  }

  /** As in Python, iterating gives the keys. */
  [Symbol.iterator](): Iterator<string> {
    return this.keys()[Symbol.iterator]()
  }

  override extra_repr(): string {
    return this.items()
      .map(([key, value]) => describe_entry(key, value, (tensor) => tensor.type()))
      .join('\n')
  }

  static {
    methods(ParameterDict, {
      pop: 'key',
      popitem: '',
      clear: '',
      copy: '',
      update: 'parameters{}',
      keys: '',
      values: '',
      items: '',
      extra_repr: '',
    })
  }
}
