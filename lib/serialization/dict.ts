import { OrderedDict } from '../collections.js'
import { added_path } from './safe_globals.js'

const WHOLE_NUMBER = /^(?:0|[1-9]\d*)$/

/** A Python dict while its file is being read: only at the end it is known which keys it has. */
export class Dict extends Map<unknown, unknown> {}

/**
 * What a file's dicts are in JavaScript: a plain object where all keys are strings (an OrderedDict where some are whole
 * numbers, which an object would put first), else a Map. Changes lists, sets and dictionaries in place.
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
  if (value instanceof OrderedDict) {
    seen.set(value, value)
    const dict = value as OrderedDict<unknown>
    for (const [key, item] of OrderedDict.prototype.items.call(dict) as [string, unknown][]) {
      OrderedDict.prototype.set.call(dict, key, settle(item, seen))
    }
    const metadata = Object.getOwnPropertyDescriptor(dict, '_metadata')
    if (metadata !== undefined && !metadata.enumerable) settle(metadata.value, seen)
    return value
  }
  if (value instanceof Dict) return settle_dict(value, seen)
  if (added_path(value.constructor) !== undefined) {
    seen.set(value, value)
    for (const [name, item] of Object.entries(value))
      (value as Record<string, unknown>)[name] = settle(item, seen)
  }
  return value
}

function settle_dict(dict: Dict, seen: Map<object, unknown>): unknown {
  const keys = [...dict.keys()]
  if (!keys.every((key) => typeof key === 'string')) {
    const map = new Map<unknown, unknown>()
    seen.set(dict, map)
    for (const [key, item] of dict) map.set(settle(key, seen), settle(item, seen))
    return map
  }
  if (keys.some((key) => WHOLE_NUMBER.test(key))) {
    const ordered = new OrderedDict<unknown>()
    seen.set(dict, ordered)
    for (const [key, item] of dict) OrderedDict.prototype.set.call(ordered, key as string, settle(item, seen))
    return ordered
  }
  const object: Record<string, unknown> = {}
  seen.set(dict, object)
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
  return object
}
