import { member } from '../../../own.js'
import { Tensor } from '../../../tensor.js'
import { is_mapping, map_values, value_at } from './structure.js'

/** A batch with its tensors in pinned memory; an object with a `pin_memory` method of its own pins itself. */
export function pin_memory(data: unknown): unknown {
  if (data instanceof Tensor) return data.pin_memory()
  if (is_mapping(data)) return map_values(data, (key) => pin_memory(value_at(data, key)))
  if (Array.isArray(data)) return data.map(pin_memory)
  const own = member(Object(data) as { pin_memory?: unknown }, 'pin_memory')
  return typeof own === 'function' ? own.call(data) : data
}
