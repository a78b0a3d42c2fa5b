import { Device } from '../device.js'
import { DType } from '../dtype.js'
import { Generator } from '../generator.js'
import { Layout, MemoryFormat, QScheme } from '../layout.js'
import { table } from '../own.js'
import { is_scalar, type Scalar } from '../scalar.js'
import { Stream } from '../stream.js'
import { Tensor } from '../tensor.js'
import type { Overload, Parameter } from './schema.js'

/** A call as it was made: positional arguments (a method's tensor first) and keywords. */
export interface Call {
  args: readonly unknown[]
  keywords: Readonly<Record<string, unknown>> | null
  /** How many positional arguments stand before the user's own: a method's tensor. */
  receiver: 0 | 1
}

/** Which parameter takes what: the place of a positional argument, a keyword, or every argument from a place on. */
export type Slot = number | string | { from: number } | { output: number } | undefined

export interface Match {
  fits: true
  slots: Slot[]
  /** Parameters for which a number stands for a tensor. */
  numbers: number[]
}

/** Why an overload does not fit; `reached` tells how far it came. */
export interface Mismatch {
  fits: false
  reached: number
  parameter: Parameter | undefined
  position: number | undefined
  value: unknown
  unexpected: string | undefined
  repeated: string | undefined
  missing: string[] | undefined
  too_many: boolean
}

function mismatch(reached: number, why: Partial<Mismatch>): Mismatch {
  return {
    fits: false,
    reached,
    parameter: undefined,
    position: undefined,
    value: undefined,
    unexpected: undefined,
    repeated: undefined,
    missing: undefined,
    too_many: false,
    ...why,
  }
}

// Names that PyTorch's parser takes for NumPy's sake, and `input`, which is `self` in schemas.
const other_names = table<readonly string[]>({
  input: ['self'],
  axis: ['dim'],
  keepdims: ['keepdim'],
  x: ['self'],
  a: ['self'],
  x1: ['self'],
  x2: ['other'],
})

export function place_of(overload: Overload, keyword: string): number | undefined {
  const direct = overload.places.get(keyword)
  if (direct !== undefined) return direct
  for (const other of other_names[keyword] ?? []) {
    const place = overload.places.get(other)
    if (place !== undefined) return place
  }
  return undefined
}

function is_whole(value: unknown): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

function is_zero_dim(value: unknown): value is Tensor {
  return value instanceof Tensor && value.ndim === 0
}

/** Whether a value is of a parameter's type. */
export function fits(parameter: Parameter, value: unknown, numbers_stand_for_tensors: boolean): boolean {
  if (value === null) return parameter.nullable
  switch (parameter.kind) {
    case 'Tensor':
      return value instanceof Tensor || (numbers_stand_for_tensors && is_scalar(value))
    case 'Tensor[]':
      return Array.isArray(value) && value.every((item) => item instanceof Tensor)
    case 'Tensor?[]':
      return (
        Array.isArray(value) &&
        value.every((item) => item === null || item === undefined || item instanceof Tensor)
      )
    case 'int':
      return is_integer(value)
    case 'int[]':
      return (
        (Array.isArray(value) && value.every(is_integer)) || (parameter.list_size > 0 && is_integer(value))
      )
    case 'float':
      return (is_scalar(value) && typeof value !== 'boolean') || is_zero_dim(value)
    case 'float[]':
      return (
        (Array.isArray(value) && value.every((item) => is_scalar(item))) ||
        (parameter.list_size > 0 && is_scalar(value))
      )
    case 'bool':
      return typeof value === 'boolean'
    case 'bool[]':
      return (
        (Array.isArray(value) && value.every((item) => typeof item === 'boolean')) ||
        (parameter.list_size > 0 && typeof value === 'boolean')
      )
    case 'Scalar':
      return is_scalar(value) || is_zero_dim(value)
    case 'Scalar[]':
      return Array.isArray(value) && value.every((item) => is_scalar(item))
    case 'str':
      return typeof value === 'string'
    case 'str[]':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
    case 'torch.device':
      return value instanceof Device || typeof value === 'string' || is_whole(value)
    case 'torch.dtype':
      return value instanceof DType
    case 'torch.layout':
      return value instanceof Layout
    case 'torch.memory_format':
      return value instanceof MemoryFormat
    case 'torch.qscheme':
      return value instanceof QScheme
    case 'torch.Generator':
      return value instanceof Generator
    case 'torch.Stream':
      return value instanceof Stream
    case 'torch.Storage':
      return value instanceof Tensor
    default:
      return Array.isArray(value)
  }
}

/** What no schema has, and what makes tensors takes. */
const REQUIRES_GRAD: Parameter = {
  name: 'requires_grad',
  kind: 'bool',
  type: 'bool',
  nullable: true,
  list_size: 0,
  written: false,
  keyword_only: true,
  required: false,
  default_value: false,
}

/** Fits a call to an overload: the slots of its parameters, or why it does not fit. */
export function match(overload: Overload, call: Call, numbers_stand_for_tensors: boolean): Match | Mismatch {
  const { parameters, positional } = overload
  const { args, receiver } = call
  const slots: Slot[] = new Array(parameters.length).fill(undefined)
  const numbers: number[] = []
  let count = args.length
  while (count > receiver && args[count - 1] === undefined) count--

  // view(2, 3): where one list of integers is all there is to give, its items may be given as arguments.
  const spread = parameters[receiver]
  if (
    spread?.kind === 'int[]' &&
    positional === receiver + 1 &&
    count > receiver &&
    (is_integer(args[receiver]) || (count > receiver + 1 && typeof args[receiver] === 'number'))
  ) {
    if (!args.slice(receiver).every(is_integer)) {
      const bad = args.findIndex((value, i) => i >= receiver && !is_integer(value))
      return mismatch(bad, { parameter: spread, position: bad, value: args[bad] })
    }
    slots[receiver] = { from: receiver }
    count = receiver
  } else if (count > positional) {
    return mismatch(0, { too_many: true })
  }

  // A method's tensor is `self`, which a few schemas have in another place than the first.
  const self = receiver === 1 ? (overload.places.get('self') ?? 0) : 0
  const argument_at = (place: number): number => (place === self ? 0 : place < self ? place + 1 : place)
  for (let i = 0; i < count; i++) {
    const value = args[argument_at(i)]
    if (value === undefined) continue
    if (!fits(parameters[i]!, value, numbers_stand_for_tensors)) {
      return mismatch(i, { parameter: parameters[i]!, position: i, value })
    }
    if (parameters[i]!.kind === 'Tensor' && !(value instanceof Tensor) && value !== null) numbers.push(i)
    slots[i] = argument_at(i)
  }

  for (const [keyword, value] of Object.entries(call.keywords ?? {})) {
    if (value === undefined) continue
    if (keyword === 'requires_grad' && overload.makes_tensors) {
      if (value === null || typeof value === 'boolean') continue
      return mismatch(parameters.length, { parameter: REQUIRES_GRAD, value })
    }
    if (keyword === 'out' && value === null) continue
    if (keyword === 'out' && overload.outputs.length > 0) {
      const outputs = overload.outputs
      const given: readonly unknown[] =
        outputs.length === 1 && !Array.isArray(value) ? [value] : (value as unknown[])
      const first = parameters[outputs[0]!]!
      if (first.kind === 'Tensor[]') {
        slots[outputs[0]!] = 'out'
        continue
      }
      if (
        !Array.isArray(given) ||
        given.length !== outputs.length ||
        !given.every((item) => item instanceof Tensor)
      ) {
        return mismatch(count, {
          parameter: { ...first, name: 'out', type: outputs.length > 1 ? 'tuple of Tensors' : 'Tensor' },
          value,
        })
      }
      outputs.forEach((place, i) => {
        slots[place] = Array.isArray(value) ? { output: i } : 'out'
      })
      continue
    }
    const place = place_of(overload, keyword)
    if (place === undefined) return mismatch(count, { unexpected: keyword })
    if (slots[place] !== undefined) return mismatch(count, { repeated: keyword })
    const parameter = parameters[place]!
    if (!fits(parameter, value, numbers_stand_for_tensors)) return mismatch(place, { parameter, value })
    if (parameter.kind === 'Tensor' && !(value instanceof Tensor) && value !== null) numbers.push(place)
    slots[place] = keyword
  }

  const missing = parameters.flatMap((p, i) => (p.required && slots[i] === undefined ? [p.name] : []))
  if (missing.length > 0) return mismatch(count, { missing })
  return { fits: true, slots, numbers }
}

function is_integer(value: unknown): boolean {
  return is_whole(value) || (is_zero_dim(value) && !value.dtype.is_floating_point && !value.dtype.is_complex)
}

/** A 0-d tensor where a number is wanted is its number, as in Python. */
export function number_of(value: unknown): unknown {
  return value instanceof Tensor ? (value.item() as Scalar) : value
}
