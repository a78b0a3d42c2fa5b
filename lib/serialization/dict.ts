import { OrderedDict, set_dict_attribute } from '../collections.js'
import { runtime_error } from '../errors.js'
import { own_value, set_own } from '../own.js'
import { is_set } from '../realm.js'
import { storage_of_bytes, typed_storage_of_bytes } from '../storage.js'
import { Tensor } from '../tensor.js'
import type { Budget } from './budget.js'
import { are_integer_names, type Form, keeps_order, note_form } from './form.js'
import { Found, Storage, StorageType } from './found.js'
import { added_path } from './safe_globals.js'

/** A Python dict while its file is being read: only at the end it is known which keys it has. */
export class Dict extends Map<unknown, unknown> {
  /** Its class in Python; `'Map'` where the file says that it was JavaScript's. */
  kind: Form['kind'] | 'Map' = 'dict'
  /** Attributes of an OrderedDict. */
  attributes: Dict | null = null
}

/**
 * Turns what was read into JavaScript's values: dicts into plain objects, OrderedDicts or Maps, by the rule of
 * docs/state.md. Changes lists, sets, tensors' attributes and objects in place.
 *
 * @param budget - refuses what is nested too deeply
 */
export function settle(value: unknown, budget: Budget | null = null): unknown {
  return new Settling(budget).all(value)
}

/** Settles without recursion, which would end at V8's stack: what is in an object is filled in later. */
class Settling {
  readonly #budget: Budget | null
  readonly #known = new Map<object, unknown>()
  readonly #waiting: (() => void)[] = []
  // Of what is filled in, and of what waits.
  #depth = 0
  readonly #depths: number[] = []

  constructor(budget: Budget | null) {
    this.#budget = budget
  }

  all(value: unknown): unknown {
    const result = this.#settled(value)
    for (let fill = this.#waiting.pop(); fill !== undefined; fill = this.#waiting.pop()) {
      this.#depth = this.#depths.pop()!
      fill()
    }
    return result
  }

  /** What stands for a value, which may be filled in later. */
  #settled(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    const known = this.#known.get(value)
    if (known !== undefined) return known
    if (Array.isArray(value)) return this.#in_place(value, () => this.#fill_list(value))
    if (value instanceof Dict) return this.#dict(value)
    if (is_set(value)) return this.#in_place(value, () => this.#fill_set(value))
    if (value instanceof Storage) {
      const { bytes, dtype, untyped } = value
      return this.#note(value, untyped ? storage_of_bytes(bytes) : typed_storage_of_bytes(bytes, dtype))
    }
    if (value instanceof StorageType) {
      if (value.shown !== undefined) return value.shown
      throw runtime_error(`storages of ${value.dtype} have no class here`)
    }
    if (value instanceof Found) {
      if (Object.hasOwn(value.constructor_, 'value')) return own_value(value.constructor_, 'value')
      throw runtime_error(`'${value.path}' is a function that makes values, and is no value itself`)
    }
    if (value instanceof Tensor || added_path(value.constructor) !== undefined)
      return this.#in_place(value, () => this.#fill_object(value as unknown as Record<string, unknown>))
    return value
  }

  #note<T>(from: object, to: T): T {
    this.#known.set(from, to)
    return to
  }

  #later<T>(from: object, to: T, fill: () => void): T {
    this.#budget?.check_depth(this.#depth + 1)
    this.#depths.push(this.#depth + 1)
    this.#waiting.push(fill)
    return this.#note(from, to)
  }

  #in_place<T extends object>(value: T, fill: () => void): T {
    return this.#later(value, value, fill)
  }

  #fill_list(list: unknown[]): void {
    for (let i = 0; i < list.length; i++) list[i] = this.#settled(list[i])
  }

  #fill_set(set: Set<unknown>): void {
    const items = [...set]
    set.clear()
    for (const item of items) set.add(this.#settled(item))
  }

  #fill_object(object: Record<string, unknown>): void {
    for (const [name, item] of Object.entries(object)) {
      const settled = this.#settled(item)
      if (settled !== item) set_own(object, name, settled)
    }
  }

  #dict(dict: Dict): unknown {
    const { kind } = dict
    const keys = [...dict.keys()]
    const are_ints = keys.length > 0 && keys.every((key) => Number.isSafeInteger(key))
    if (kind === 'Map' || !(are_ints || keys.every((key) => typeof key === 'string'))) {
      const map = new Map<unknown, unknown>()
      if (kind !== 'Map' && kind !== 'dict') note_form(map, { kind, keys: 'str' })
      return this.#later(dict, map, () => {
        for (const [key, item] of dict) map.set(this.#settled(key), this.#settled(item))
      })
    }
    const names = keys.map(String)
    const form: Form = { kind, keys: are_ints ? 'int' : 'str' }
    const is_plain = kind !== 'OrderedDict' && keeps_order(names) && (are_ints || !are_integer_names(names))
    return is_plain ? this.#plain(dict, form) : this.#ordered(dict, form)
  }

  #plain(dict: Dict, form: Form): object {
    const object = {}
    if (form.kind !== 'dict') note_form(object, form)
    return this.#later(dict, object, () => {
      for (const [key, item] of dict) set_own(object, key as string, this.#settled(item))
    })
  }

  #ordered(dict: Dict, form: Form): OrderedDict<unknown> {
    const ordered = new OrderedDict<unknown>()
    if (form.kind !== 'OrderedDict' || form.keys === 'int') note_form(ordered, form)
    return this.#later(dict, ordered, () => {
      for (const [key, item] of dict)
        OrderedDict.prototype.set.call(ordered, String(key), this.#settled(item))
      for (const [name, item] of dict.attributes ?? []) {
        // A state_dict's `_metadata`, which is an attribute in Python and no key here either.
        if (typeof name === 'string') set_dict_attribute(ordered, name, this.#settled(item))
      }
    })
  }
}
