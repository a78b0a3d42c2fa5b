import { inspect } from 'node:util'
import { python_type_name, type_error } from './errors.js'
import { set_own } from './own.js'

const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,9})$/

/**
 * The order in which keys were set. JavaScript keeps it for all keys but whole numbers, which it puts first, in
 * ascending order; so a list is begun when the first such key appears, and not before.
 */
export class KeyOrder {
  #list: Set<string> | null = null

  /** To be called before `key` is set on `object`. */
  note(object: object, key: string): void {
    if (this.#list === null) {
      if (!WHOLE_NUMBER.test(key)) return
      this.#list = new Set(Object.keys(object))
    }
    this.#list.add(key)
  }

  /** To be called where `key` is deleted, so that it goes to the end when it is set again. */
  forget(key: string): void {
    this.#list?.delete(key)
  }

  /** The own enumerable keys of `object` in their order. */
  keys(object: object): string[] {
    const own = Object.keys(object)
    if (this.#list === null) return own
    const left = new Set(own)
    const ordered: string[] = []
    for (const key of this.#list) if (left.delete(key)) ordered.push(key)
    return ordered.concat([...left])
  }
}

/** Something that lists pairs of a key and a value. */
export type Items<V> = Iterable<readonly [string, V]> | { readonly [key: string]: V }

/** The pairs of a mapping: an {@link OrderedDict}, a Map, a list of pairs, or a plain object. */
export function items_of<V>(source: Items<V> | OrderedDict<V>): Iterable<readonly [string, V]> {
  // Not source.items(): a key may be called `items`.
  if (source instanceof OrderedDict) return OrderedDict.prototype.items.call(source) as [string, V][]
  if (typeof (source as Iterable<unknown>)[Symbol.iterator] === 'function')
    return source as Iterable<readonly [string, V]>
  return Object.entries(source as { readonly [key: string]: V })
}

/**
 * A state as a record of its own: from a plain object, an {@link OrderedDict} or a Map by name.
 *
 * @throws TypeError for anything else, naming `operator`
 */
export function record_of(operator: string, state: unknown): Record<string, unknown> {
  const is_record = typeof state === 'object' && state !== null && !Array.isArray(state)
  if (!is_record)
    throw type_error(`${operator}(): expected state_dict to be dict-like, got ${python_type_name(state)}.`)
  return Object.fromEntries(items_of(state as Items<unknown>))
}

const ORDER = Symbol('order')

// Not an assignment: `__proto__`, `get` and the like are keys as any other.
function set<V>(dict: OrderedDict<V>, key: string, value: V): void {
  const there = Object.getOwnPropertyDescriptor(dict, key)
  if (there?.enumerable === false) hide_attribute(dict, key, there.value)
  dict[ORDER].note(dict, key)
  set_own(dict, key, value)
}

// An object of Python's has attributes beside its keys. Here they are properties that no loop lists, and those that a key
// of the same name has taken the place of.
const hidden = new WeakMap<object, Map<string, unknown>>()

function hide_attribute(dict: object, name: string, value: unknown): void {
  let of_dict = hidden.get(dict)
  if (of_dict === undefined) hidden.set(dict, (of_dict = new Map()))
  of_dict.set(name, value)
}

/** Sets an attribute of a dictionary, such as a state's `_metadata`. Attributes are not among the dictionary's keys. */
export function set_dict_attribute(dict: object, name: string, value: unknown): void {
  if (Object.getOwnPropertyDescriptor(dict, name)?.enumerable === true) hide_attribute(dict, name, value)
  else Object.defineProperty(dict, name, { value, writable: true, enumerable: false, configurable: true })
}

/** The attributes of a dictionary. */
export function dict_attributes(dict: object): Map<string, unknown> {
  const found = new Map(hidden.get(dict))
  for (const name of Object.getOwnPropertyNames(dict)) {
    const property = Object.getOwnPropertyDescriptor(dict, name)!
    if (!property.enumerable && Object.hasOwn(property, 'value')) found.set(name, property.value)
  }
  return found
}

/** An attribute of a dictionary; undefined where it has none of that name. */
export function dict_attribute(dict: object, name: string): unknown {
  const property = Object.getOwnPropertyDescriptor(dict, name)
  return property?.enumerable === false ? property.value : hidden.get(dict)?.get(name)
}

/**
 * A dictionary that keeps its keys in the order in which they were set, whole numbers included. The values are plain
 * properties, so `dict['conv1.weight']`, `'conv1.weight' in dict` and `delete dict['conv1.weight']` work as on an
 * object, and the methods are Python's.
 *
 * @example
 * ```ts
 * const layers = new OrderedDict([['conv', new nn.Conv2d(3, 16, 3)], ['relu', new nn.ReLU()]])
 * const model = new nn.Sequential(layers)
 * ```
 *
 * @see collections.OrderedDict of Python
 */
export class OrderedDict<V> implements Iterable<string> {
  /** @internal */
  declare readonly [ORDER]: KeyOrder

  /** @param items - what it holds at first: pairs, a Map, another dictionary or a plain object */
  constructor(items: Items<V> | OrderedDict<V> = []) {
    Object.defineProperty(this, ORDER, { value: new KeyOrder() })
    if (typeof items !== 'object' || items === null)
      throw type_error(`'${python_type_name(items)}' object is not iterable`)
    let place = 0
    for (const pair of items_of(items)) {
      if (!Array.isArray(pair))
        throw type_error(`cannot convert dictionary update sequence element #${place} to a sequence`)
      set(this, pair[0] as string, pair[1] as V)
      place++
    }
  }

  /** The value of a key, or `otherwise` where there is none. */
  get<D = undefined>(key: string, otherwise?: D): V | D {
    return Object.hasOwn(this, key) ? (this as unknown as Record<string, V>)[key]! : (otherwise as D)
  }

  /** Sets the value of a key: at its old place, or at the end. */
  set(key: string, value: V): this {
    set(this, key, value)
    return this
  }

  /** Whether the key is there. */
  has(key: string): boolean {
    return Object.hasOwn(this, key)
  }

  /** Removes a key; true where it was there. */
  delete(key: string): boolean {
    const there = Object.hasOwn(this, key)
    this[ORDER].forget(key)
    return there && delete (this as unknown as Record<string, V>)[key]
  }

  /** Removes a key and returns its value, or `otherwise` where there is none. */
  pop<D = undefined>(key: string, otherwise?: D): V | D {
    const value = this.get(key, otherwise)
    this.delete(key)
    return value
  }

  /** Sets every pair of another mapping. */
  update(items: Items<V> | OrderedDict<V>): void {
    for (const [key, value] of items_of(items)) set(this, key, value)
  }

  /** A dictionary with the same pairs. */
  copy(): OrderedDict<V> {
    return new OrderedDict(items_of(this))
  }

  /** The keys in their order. */
  keys(): string[] {
    return this[ORDER].keys(this)
  }

  /** The values in their order. */
  values(): V[] {
    return this[ORDER].keys(this).map((key) => (this as unknown as Record<string, V>)[key]!)
  }

  /** The pairs in their order. */
  items(): [string, V][] {
    return this[ORDER].keys(this).map((key) => [key, (this as unknown as Record<string, V>)[key]!])
  }

  /** As in Python, iterating gives the keys. */
  [Symbol.iterator](): Iterator<string> {
    return this[ORDER].keys(this)[Symbol.iterator]()
  }

  [inspect.custom](_depth: number, options: object): string {
    return `OrderedDict(${inspect(new Map(items_of(this)), options).replace(/^Map\(\d+\) /, '')})`
  }
}
