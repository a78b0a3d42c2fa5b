import { without_grad } from './autograd/grad_mode.js'
import { OrderedDict } from './collections.js'
import { runtime_error, type_error, type_name } from './errors.js'
import { Generator } from './generator.js'
import { Buffer, Parameter } from './nn/parameter.js'
import * as ops from './ops/generated/torch.js'
import { Tensor } from './tensor.js'

/** What is copied already, by its original. */
export type Memo = Map<object, unknown>

const NOT_A_LEAF =
  'Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you ' +
  'were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see ' +
  'https://github.com/pytorch/pytorch/pull/103001'

function copy_tensor(tensor: Tensor, memo: Memo): Tensor {
  if (!tensor.is_leaf) throw runtime_error(NOT_A_LEAF)
  const values = without_grad(() => ops.clone(tensor.detach()))
  let copied: Tensor
  if (tensor instanceof Parameter) copied = new Parameter(values, tensor.requires_grad)
  else if (tensor instanceof Buffer) copied = new Buffer(values, { persistent: tensor.persistent })
  else copied = values
  copied.requires_grad = tensor.requires_grad
  if (tensor.grad !== null) copied.grad = deepcopy(tensor.grad, memo)
  return copied
}

// Classes of values that never change.
const immutable = new Set(['DType', 'Device', 'Layout', 'MemoryFormat', 'QScheme', 'FloatScalar', 'Complex'])

function copy_object(value: object, memo: Memo): unknown {
  const { __deepcopy__ } = value as { __deepcopy__?: (memo: Memo) => unknown }
  if (typeof __deepcopy__ === 'function') return __deepcopy__.call(value, memo)
  if (value instanceof Tensor) return copy_tensor(value, memo)
  if (value instanceof Generator) return value.clone_state()
  if (immutable.has(value.constructor?.name ?? '')) return value
  if (ArrayBuffer.isView(value) || value instanceof Date || value instanceof RegExp)
    return structuredClone(value)
  if (value instanceof OrderedDict) {
    const copied = new OrderedDict<unknown>()
    memo.set(value, copied)
    for (const [key, item] of OrderedDict.prototype.items.call(value) as [string, unknown][])
      OrderedDict.prototype.set.call(copied, key, deepcopy(item, memo))
    return copied
  }
  if (value instanceof Map) {
    const copied = new Map<unknown, unknown>()
    memo.set(value, copied)
    for (const [key, item] of value) copied.set(deepcopy(key, memo), deepcopy(item, memo))
    return copied
  }
  if (value instanceof Set) {
    const copied = new Set<unknown>()
    memo.set(value, copied)
    for (const item of value) copied.add(deepcopy(item, memo))
    return copied
  }
  // A frozen list stands for a tuple: one of plain values is its own copy.
  if (Array.isArray(value) && Object.isFrozen(value) && value.every((item) => !is_object(item))) return value
  const copied = Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value))
  memo.set(value, copied)
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)!
    if ('value' in property) property.value = deepcopy(property.value, memo)
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
 * copy. Functions and values that never change are their own copies; an object's method `__deepcopy__(memo)` is called
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
  if (!(memo instanceof Map))
    throw type_error(`deepcopy(): argument 'memo' must be Map, not ${type_name(memo)}`)
  const copiable =
    is_object(value) ||
    (typeof value === 'function' && typeof (value as { __deepcopy__?: unknown }).__deepcopy__ === 'function')
  if (!copiable) return value
  const known = memo.get(value as object)
  if (known !== undefined) return known as T
  const copied = copy_object(value as object, memo)
  memo.set(value as object, copied)
  return copied as T
}
