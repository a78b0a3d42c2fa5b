import { OrderedDict } from '../../../collections.js'
import { is_options } from '../../../ops/keywords.js'
import { own_value } from '../../../own.js'
import { is_array_buffer, is_map } from '../../../realm.js'

/** What Python calls a Mapping: a plain object, a Map, an OrderedDict. */
export type Mapping = Map<unknown, unknown> | OrderedDict<unknown> | Record<string, unknown>

export function is_mapping(value: unknown): value is Mapping {
  return is_options(value) || is_map(value) || value instanceof OrderedDict
}

export function keys_of(mapping: Mapping): unknown[] {
  if (is_map(mapping)) return [...mapping.keys()]
  if (mapping instanceof OrderedDict) return [...OrderedDict.prototype.keys.call(mapping)]
  return Object.keys(mapping)
}

export function value_at(mapping: Mapping, key: unknown): unknown {
  if (is_map(mapping)) return mapping.get(key)
  return own_value(mapping as Record<string, unknown>, key as string)
}

/** A mapping of the same kind with the same keys and new values. */
export function map_values(mapping: Mapping, make: (key: unknown) => unknown): Mapping {
  const pairs = keys_of(mapping).map((key) => [key, make(key)] as [unknown, unknown])
  if (is_map(mapping)) return new Map(pairs)
  if (mapping instanceof OrderedDict) return new OrderedDict(pairs as [string, unknown][])
  return Object.fromEntries(pairs as [string, unknown][])
}

/** Python's `bytes`: they are no numbers to be made a tensor of. */
export function is_bytes(value: unknown): boolean {
  return Buffer.isBuffer(value) || is_array_buffer(value)
}
