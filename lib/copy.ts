import { dict_attributes, OrderedDict, set_dict_attribute } from './collections.js'
import { foreign_name } from './copies.js'
import { copy_tensor } from './copy_tensor.js'
import { Device } from './device.js'
import { DType } from './dtype.js'
import { type_error, type_name } from './errors.js'
import { Generator } from './generator.js'
import { IDENTITY, next_identity } from './identity.js'
import { Layout, MemoryFormat, QScheme } from './layout.js'
import { member } from './own.js'
import { is_array_buffer, is_date, is_map, is_regexp, is_set } from './realm.js'
import { Complex, FloatScalar } from './scalar.js'
import { form_of, note_form } from './serialization/form.js'
import { like_tuple } from './serialization/pickle_types.js'
import { Tensor } from './tensor.js'

/** What is copied already, by its original. */
export type Memo = Map<object, unknown>

// Classes of values that never change.
const IMMUTABLE = [DType, Device, Layout, MemoryFormat, QScheme, FloatScalar, Complex]

type Deepcopy = (memo: Memo) => unknown

function deepcopy_of(value: object): Deepcopy | undefined {
  const found = member(value as { __deepcopy__?: Deepcopy }, '__deepcopy__')
  return typeof found === 'function' ? found : undefined
}

function copy_object(value: object, memo: Memo): unknown {
  const own_copy = deepcopy_of(value)
  if (own_copy !== undefined) return own_copy.call(value, memo)
  if (value instanceof Tensor) return copy_tensor(value, memo, (item) => deepcopy(item, memo))
  if (foreign_name(value) !== undefined) throw type_error(`deepcopy(): cannot copy a ${type_name(value)}`)
  if (value instanceof Generator) return value.clone_state()
  if (IMMUTABLE.some((kind) => value instanceof kind)) return value
  if (ArrayBuffer.isView(value) || is_array_buffer(value) || is_date(value) || is_regexp(value))
    return structuredClone(value)
  return note_form(copy_container(value, memo), form_of(value))
}

function copy_container(value: object, memo: Memo): object {
  if (value instanceof OrderedDict) {
    const copied = new OrderedDict<unknown>()
    memo.set(value, copied)
    for (const [key, item] of OrderedDict.prototype.items.call(value) as [string, unknown][])
      OrderedDict.prototype.set.call(copied, key, deepcopy(item, memo))
    // Attributes set on the dict itself, such as a state_dict's `_metadata`.
    for (const [name, item] of dict_attributes(value)) set_dict_attribute(copied, name, deepcopy(item, memo))
    return copied
  }
  if (is_map(value)) {
    const copied = new Map<unknown, unknown>()
    memo.set(value, copied)
    for (const [key, item] of value) copied.set(deepcopy(key, memo), deepcopy(item, memo))
    return copied
  }
  if (is_set(value)) {
    const copied = new Set<unknown>()
    memo.set(value, copied)
    for (const item of value) copied.add(deepcopy(item, memo))
    return copied
  }
  // A frozen list stands for a tuple: one of plain values is its own copy.
  if (Array.isArray(value) && Object.isFrozen(value) && value.every((item) => !is_object(item))) return value
  const copied: object = Array.isArray(value)
    ? like_tuple(value, [])
    : Object.create(Object.getPrototypeOf(value))
  memo.set(value, copied)
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)!
    if (key === IDENTITY) property.value = next_identity()
    else if (Object.hasOwn(property, 'value')) property.value = deepcopy(property.value, memo)
    if (!(Array.isArray(value) && key === 'length')) Object.defineProperty(copied, key, property)
  }
  return Object.isFrozen(value) ? Object.freeze(copied) : copied
}

function is_object(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/**
 * A copy that shares no memory with its original: of a module, a parameter, an optimizer, a state dict, or of any
 * structure of such things. What stands in several places of the original stands, as one copy, in those places of the
 * copy, and tensors that share a storage share the storage's copy. As in Python, a tensor's strides, its gradient and its
 * own attributes are copied, and of a Parameter the values only: its copy has no gradient. Functions and values that never change are their own copies; an object's method `__deepcopy__(memo)` is called
 * where there is one, which a class with `#private` fields needs.
 *
 * @param value - what is copied
 * @param memo - what is copied already, by its original
 * @throws RuntimeError for a tensor that was computed and requires gradients
 *
 * @example
 * ```ts
 * const teacher = torch.deepcopy(model)
 * ```
 *
 * @see copy.deepcopy of Python, torch/_tensor.py
 */
export function deepcopy<T>(value: T, memo: Memo = new Map()): T {
  if (!is_map(memo)) throw type_error(`deepcopy(): argument 'memo' must be Map, not ${type_name(memo)}`)
  const copiable = is_object(value) || (typeof value === 'function' && deepcopy_of(value) !== undefined)
  if (!copiable) return value
  const known = memo.get(value as object)
  if (known !== undefined) return known as T
  const copied = copy_object(value as object, memo)
  memo.set(value as object, copied)
  return copied as T
}
