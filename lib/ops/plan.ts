import { context, enter_context } from '../autograd/context.js'
import { link_hooks } from '../autograd/hooks.js'
import type { DeviceLike } from '../device.js'
import { type NativeOperator, native } from '../native.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'
import { named_results } from './generated/face.js'
import { lower, lower_device } from './lower.js'
import { type Match, number_of, type Slot } from './match.js'
import { finish, named_array } from './results.js'
import type { Overload } from './schema.js'

type Keywords = Readonly<Record<string, unknown>> | null

/** A call's shape worked out once: which overload, which argument goes where, what comes back. */
export interface Plan {
  overload: Overload
  call: NativeOperator
  slots: Slot[]
  /** How each slot's value crosses. */
  ways: Way[]
  /** One new tensor comes back: by far the commonest. */
  single: boolean
  /** The result is this parameter's own object (in-place, out=), or -1. */
  returns: number
  /** Arguments stand in the parameters' order, and none needs more than `lower`. */
  direct: boolean
  /** As `direct`, but the arguments from this place on are one list: view(2, 3). Else -1. */
  packed_from: number
  /** The class of several results with names. */
  named: (new (length: number) => unknown[]) | undefined
}

const PLAIN = 0
const DEVICE = 1
const NUMBER = 2
const NUMBERS = 3
type Way = typeof PLAIN | typeof DEVICE | typeof NUMBER | typeof NUMBERS

const ways: Record<string, Way> = {
  'torch.device': DEVICE,
  int: NUMBER,
  float: NUMBER,
  Scalar: NUMBER,
  'int[]': NUMBERS,
}

const bound = new Map<string, NativeOperator>()

/** The addon's function for an overload; `numbers` are tensors for which a number is given. */
export function native_operator(overload: Overload, numbers: number[]): NativeOperator {
  const key = `${overload.full}|${numbers.join()}`
  let found = bound.get(key)
  if (found === undefined) bound.set(key, (found = native.bind(overload.name, overload.overload, numbers)))
  return found
}

const plain_kinds = new Set(
  'Tensor Scalar int float bool str int[] float[] bool[] Tensor[] Tensor?[] torch.dtype'.split(' '),
)

function find_names(overload: Overload): readonly string[] | undefined {
  const { results } = overload
  if (results.length < 2) return undefined
  const own = results.map((r) => r.name)
  return named_results[overload.full.replace(/^aten::/, '')] ?? (own.every((n) => n !== '') ? own : undefined)
}

export function make_plan(overload: Overload, found: Match): Plan {
  const { results, parameters } = overload
  let last = found.slots.length
  while (last > 0 && found.slots[last - 1] === undefined) last--
  const slots = found.slots.slice(0, last)
  const only = results.length === 1 ? results[0]! : undefined
  const names = find_names(overload)
  const in_place = (slot: Slot, i: number) =>
    (slot === undefined || slot === i) && plain_kinds.has(parameters[i]!.kind)
  const end = slots[last - 1]
  const packed =
    typeof end === 'object' && 'from' in end && end.from === last - 1 && slots.slice(0, -1).every(in_place)
  return {
    overload,
    call: native_operator(overload, found.numbers),
    slots,
    ways: slots.map((_, i) => ways[parameters[i]!.kind] ?? PLAIN),
    single: only !== undefined && only.kind === 'Tensor' && only.parameter < 0,
    returns: only?.parameter ?? -1,
    direct: slots.every(in_place),
    packed_from: packed ? last - 1 : -1,
    named: names === undefined ? undefined : named_array(names),
  }
}

/** The value that a slot stands for. */
function value_in(slot: Slot, args: readonly unknown[], keywords: Keywords): unknown {
  if (slot === undefined) return undefined
  if (typeof slot === 'number') return args[slot]
  if (typeof slot === 'string') return keywords![slot]
  if ('from' in slot) return args.slice(slot.from)
  return (keywords!['out'] as unknown[])[slot.output]
}

function lower_by(way: Way, value: unknown): unknown {
  switch (way) {
    case PLAIN:
      return lower(value)
    case DEVICE:
      return value === undefined || value === null ? value : lower_device(value as DeviceLike)
    case NUMBER:
      return typeof value === 'object' ? number_of(value) : value
    default:
      return Array.isArray(value) ? value.map(number_of) : number_of(value)
  }
}

/** Makes a call of any shape. */
export function run(plan: Plan, args: readonly unknown[], keywords: Keywords): unknown {
  if (context.attention !== 0) enter_context()
  const { slots, overload } = plan
  const count = slots.length
  const v: unknown[] = []
  for (let i = 0; i < count; i++) v.push(lower_by(plan.ways[i]!, value_in(slots[i], args, keywords)))
  let raw: unknown
  switch (count) {
    case 1:
      raw = plan.call(v[0])
      break
    case 2:
      raw = plan.call(v[0], v[1])
      break
    case 3:
      raw = plan.call(v[0], v[1], v[2])
      break
    case 4:
      raw = plan.call(v[0], v[1], v[2], v[3])
      break
    default:
      raw = plan.call(...v)
  }
  const result = plan.single
    ? wrap(raw as number)
    : finish(plan, raw, (place) => value_in(slots[place], args, keywords))
  if (context.carriers !== 0) link_hooks(result, [...args, ...Object.values(keywords ?? {})])
  if (overload.makes_tensors && keywords?.['requires_grad'] === true)
    native.set_requires_grad(handle_of(result as Tensor), true)
  return result
}

/** Makes a direct or packed call of up to five arguments: no array of arguments is made. */
export function run_direct(
  plan: Plan,
  count: number,
  a: unknown,
  b: unknown,
  c: unknown,
  d: unknown,
  e: unknown,
): unknown {
  if (context.attention !== 0) enter_context()
  let raw: unknown
  if (plan.packed_from >= 0) {
    raw =
      plan.packed_from === 0
        ? plan.call(pack(count, a, b, c, d, e))
        : plan.call(lower(a), pack(count - 1, b, c, d, e, undefined))
  } else {
    switch (count) {
      case 0:
        raw = plan.call()
        break
      case 1:
        raw = plan.call(lower(a))
        break
      case 2:
        raw = plan.call(lower(a), lower(b))
        break
      case 3:
        raw = plan.call(lower(a), lower(b), lower(c))
        break
      case 4:
        raw = plan.call(lower(a), lower(b), lower(c), lower(d))
        break
      default:
        raw = plan.call(lower(a), lower(b), lower(c), lower(d), lower(e))
    }
  }
  let result: unknown
  if (plan.single) result = wrap(raw as number)
  else if (plan.returns === 0) result = a
  else result = finish(plan, raw, (place) => [a, b, c, d, e][place])
  if (context.carriers !== 0) link_hooks(result, [a, b, c, d, e])
  return result
}

function pack(count: number, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown[] {
  switch (count) {
    case 1:
      return [a]
    case 2:
      return [a, b]
    case 3:
      return [a, b, c]
    case 4:
      return [a, b, c, d]
    default:
      return [a, b, c, d, e]
  }
}
