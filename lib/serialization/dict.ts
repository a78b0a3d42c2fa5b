import { OrderedDict, set_dict_attribute } from '../collections.js'
import { runtime_error } from '../errors.js'
import { own_value, set_own } from '../own.js'
import { is_set } from '../realm.js'
import { storage_of_bytes, typed_storage_of_bytes } from '../storage.js'
import { Tensor } from '../tensor.js'
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
 */
export function settle(value: unknown, seen: Map<object, unknown> = new Map()): unknown {
  if (typeof value !== 'object' || value === null) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) {
    seen.set(value, value)
    value.forEach((item, i) => {
      value[i] = settle(item, seen)
    })
    return value
  }
  if (value instanceof Dict) return settle_dict(value, seen)
  if (is_set(value)) return settle_set(value, seen)
  if (value instanceof Storage)
    return remember(
      value,
      value.untyped ? storage_of_bytes(value.bytes) : typed_storage_of_bytes(value.bytes, value.dtype),
      seen,
    )
  if (value instanceof StorageType) {
    if (value.shown !== undefined) return value.shown
    throw runtime_error(`storages of ${value.dtype} have no class here`)
  }
  if (value instanceof Found) {
    if (Object.hasOwn(value.constructor_, 'value')) return own_value(value.constructor_, 'value')
    throw runtime_error(`'${value.path}' is a function that makes values, and is no value itself`)
  }
  if (value instanceof Tensor || added_path(value.constructor) !== undefined) {
    seen.set(value, value)
    for (const [name, item] of Object.entries(value)) {
      const settled = settle(item, seen)
      if (settled !== item) set_own(value, name, settled)
    }
  }
  return value
}

function remember<T>(from: object, to: T, seen: Map<object, unknown>): T {
  seen.set(from, to)
  return to
}

function settle_set(set: Set<unknown>, seen: Map<object, unknown>): Set<unknown> {
  seen.set(set, set)
  const items = [...set]
  set.clear()
  for (const item of items) set.add(settle(item, seen))
  return set
}

function settle_dict(dict: Dict, seen: Map<object, unknown>): unknown {
  const { kind } = dict
  const keys = [...dict.keys()]
  const are_ints = keys.length > 0 && keys.every((key) => Number.isSafeInteger(key))
  if (kind === 'Map' || !(are_ints || keys.every((key) => typeof key === 'string'))) {
    const map = remember(dict, new Map<unknown, unknown>(), seen)
    for (const [key, item] of dict) map.set(settle(key, seen), settle(item, seen))
    return kind === 'Map' || kind === 'dict' ? map : note_form(map, { kind, keys: 'str' })
  }
  const names = keys.map(String)
  const form: Form = { kind, keys: are_ints ? 'int' : 'str' }
  const is_plain = kind !== 'OrderedDict' && keeps_order(names) && (are_ints || !are_integer_names(names))
  return is_plain ? settle_plain(dict, form, seen) : settle_ordered(dict, form, seen)
}

function settle_plain(dict: Dict, form: Form, seen: Map<object, unknown>): object {
  const object = remember(dict, {}, seen)
  for (const [key, item] of dict) {
    // Not an assignment: `__proto__` is a key as any other.
    const value = settle(item, seen)
    Object.defineProperty(object, key as string, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    })
  }
  return form.kind === 'dict' ? object : note_form(object, form)
}

function settle_ordered(dict: Dict, form: Form, seen: Map<object, unknown>): OrderedDict<unknown> {
  const ordered = remember(dict, new OrderedDict<unknown>(), seen)
  if (form.kind !== 'OrderedDict' || form.keys === 'int') note_form(ordered, form)
  for (const [key, item] of dict) OrderedDict.prototype.set.call(ordered, String(key), settle(item, seen))
  for (const [name, item] of dict.attributes ?? []) {
    // A state_dict's `_metadata`, which is an attribute in Python and no key here either.
    if (typeof name === 'string') set_dict_attribute(ordered, name, settle(item, seen))
  }
  return ordered
}
