import { context, enter_context } from '../autograd/context.js'
import { link_hooks } from '../autograd/hooks.js'
import { device_of } from '../device.js'
import { dtype_of_code } from '../dtype.js'
import { native, type NativeOperator } from '../native.js'
import { Complex } from '../scalar.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'
import { named_results } from './generated/face.js'
import { lower, lower_device } from './lower.js'
import { type Match, number_of, type Slot } from './match.js'
import type { Overload } from './schema.js'

/** A call's shape worked out once: which overload, which argument goes where, what comes back. */
export interface Plan {
  overload: Overload
  call: NativeOperator
  slots: Slot[]
  /** One new tensor comes back: by far the commonest. */
  single: boolean
  /** The result is this parameter's own object (in-place, out=), or -1. */
  returns: number
  /** Arguments stand in the parameters' order, and none needs more than `lower`. */
  direct: boolean
  names: readonly string[] | undefined
}

const bound = new Map<string, NativeOperator>()

/** The addon's function for an overload; `numbers` are tensors for which a number is given. */
export function native_operator(overload: Overload, numbers: number[]): NativeOperator {
  const key = `${overload.full}|${numbers.join()}`
  let found = bound.get(key)
  if (found === undefined) bound.set(key, (found = native.bind(overload.name, overload.overload, numbers)))
  return found
}

const plain_kinds = new Set(['Tensor', 'Scalar', 'int', 'float', 'bool', 'str', 'int[]', 'float[]', 'bool[]', 'Tensor[]', 'Tensor?[]', 'torch.dtype'])

export function make_plan(overload: Overload, found: Match): Plan {
  const { results, parameters } = overload
  let last = found.slots.length
  while (last > 0 && found.slots[last - 1] === undefined) last--
  const slots = found.slots.slice(0, last)
  const only = results.length === 1 ? results[0]! : undefined
  const own_names = results.map((r) => r.name)
  return {
    overload,
    call: native_operator(overload, found.numbers),
    slots,
    single: only !== undefined && only.kind === 'Tensor' && only.parameter < 0,
    returns: only?.parameter ?? -1,
    direct: slots.every((slot, i) => (slot === undefined || slot === i) && plain_kinds.has(parameters[i]!.kind)),
    names: named_results[overload.full.replace(/^aten::/, '')] ?? (own_names.length > 1 && own_names.every((n) => n !== '') ? own_names : undefined),
  }
}

/** The value that a slot stands for. */
function value_in(slot: Slot, args: readonly unknown[], keywords: Readonly<Record<string, unknown>> | null): unknown {
  if (slot === undefined) return undefined
  if (typeof slot === 'number') return args[slot]
  if (typeof slot === 'string') return keywords![slot]
  if ('from' in slot) return args.slice(slot.from)
  return (keywords!['out'] as unknown[])[slot.output]
}

function lower_as(kind: string, value: unknown): unknown {
  if (value === undefined || value === null) return value
  switch (kind) {
    case 'torch.device':
      return lower_device(value as string)
    case 'int':
    case 'float':
    case 'Scalar':
      return number_of(value)
    case 'int[]':
      return Array.isArray(value) ? value.map(number_of) : value
    default:
      return lower(value)
  }
}

/** Makes the call. */
export function run(plan: Plan, args: readonly unknown[], keywords: Readonly<Record<string, unknown>> | null): unknown {
  if (context.attention !== 0) enter_context()
  const { slots, overload } = plan
  const values = slots.map((slot, i) => lower_as(overload.parameters[i]!.kind, value_in(slot, args, keywords)))
  const raw = plan.call(...values)
  const result = finish(plan, raw, (place) => value_in(slots[place], args, keywords))
  if (context.carriers !== 0) link_hooks(result, [...args, ...Object.values(keywords ?? {})])
  if (overload.makes_tensors && keywords?.['requires_grad'] === true) native.set_requires_grad(handle_of(result as Tensor), true)
  return result
}

/** What the user gets for the addon's raw results. */
export function finish(plan: Plan, raw: unknown, value_of: (place: number) => unknown): unknown {
  if (plan.single) return wrap(raw as number)
  if (plan.returns >= 0) return value_of(plan.returns)
  const { results } = plan.overload
  if (results.length === 0) return undefined
  if (results.length === 1) return wrap_value(results[0]!.kind, raw)
  const values = results.map((r, i) => (r.parameter >= 0 ? value_of(r.parameter) : wrap_value(r.kind, (raw as unknown[])[i])))
  if (plan.names !== undefined) name_fields(values, plan.names)
  return values
}

/** Gives an array of results the fields' names as well. */
export function name_fields<T extends unknown[]>(values: T, names: readonly string[]): T {
  for (let i = 0; i < names.length; i++) {
    Object.defineProperty(values, names[i]!, { value: values[i], enumerable: false, configurable: true, writable: true })
  }
  return values
}

function wrap_value(kind: string, raw: unknown): unknown {
  switch (kind) {
    case 'Tensor':
    case 'torch.Storage':
      return raw === 0 ? null : wrap(raw as number)
    case 'Tensor[]':
    case 'Tensor?[]':
      return (raw as number[]).map((handle) => (handle === 0 ? null : wrap(handle)))
    case 'torch.device':
      return device_of(raw as string)
    case 'torch.dtype':
      return dtype_of_code(raw as number)
    case 'Scalar':
      return typeof raw === 'object' && raw !== null ? new Complex((raw as Complex).re, (raw as Complex).im) : raw
    default:
      return raw
  }
}

