import { py_repr } from '../repr.js'
import type { Tensor } from '../tensor.js'

/** A tensor as Python formats it: the number of one without dimensions. */
export function py_tensor(value: Tensor): string {
  if (value.ndim > 0) return String(value)
  const item: unknown = value.item()
  return typeof item === 'number' ? py_repr(item, value.is_floating_point()) : py_repr(item)
}
