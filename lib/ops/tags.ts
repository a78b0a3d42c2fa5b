import { Device } from '../device.js'
import { DType } from '../dtype.js'
import { Complex, FloatScalar } from '../scalar.js'
import { Tensor } from '../tensor.js'

// What a value is, as far as choosing an overload goes: four bits, 0 for what is looked at anew at every call.
export const ANEW = 0
export const TENSOR = 1
export const WHOLE = 2
export const FRACTION = 3
export const BOOLEAN = 4
export const BIGINT = 5
export const STRING = 6
export const NULL = 7
export const INTEGERS = 8
export const TENSORS = 9
const DTYPE = 10
const NUMBER = 11
const DEVICE = 12

export function tag_of(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? WHOLE : FRACTION
    case 'object':
      return value === null ? NULL : tag_of_object(value)
    case 'boolean':
      return BOOLEAN
    case 'string':
      return STRING
    case 'bigint':
      return BIGINT
    default:
      return ANEW
  }
}

function tag_of_object(value: object): number {
  if (value instanceof Tensor) return TENSOR
  if (Array.isArray(value)) {
    const first: unknown = value[0]
    if (typeof first === 'number') {
      for (let i = 0; i < value.length; i++) if (!Number.isInteger(value[i])) return ANEW
      return INTEGERS
    }
    if (!(first instanceof Tensor)) return ANEW
    for (let i = 1; i < value.length; i++) if (!(value[i] instanceof Tensor)) return ANEW
    return TENSORS
  }
  if (value instanceof DType) return DTYPE
  if (value instanceof FloatScalar || value instanceof Complex) return NUMBER
  if (value instanceof Device) return DEVICE
  return ANEW
}
