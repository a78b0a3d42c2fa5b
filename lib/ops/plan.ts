import { context, enter_context } from '../autograd/context.js'
import { link_hooks } from '../autograd/hooks.js'
import type { DeviceLike } from '../device.js'
import { type NativeOperator, native } from '../native.js'
import { has_own, own_value } from '../own.js'
import { ask_permission, has_permission_model } from '../permission.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'
import { compile, type Invoke, MOST_LETTERS } from './compile.js'
import { named_results } from './generated/face.js'
import { begin_lists, lay_list } from './lists.js'
import { lower, lower_device } from './lower.js'
import { type Match, number_of, type Slot } from './match.js'
import { finish, most_shared, named_places } from './results.js'
import type { Overload } from './schema.js'
import { DEVICE, NUMBER, NUMBERS, PLAIN, TENSOR_LIST, type Way, ways_of_kinds } from './ways.js'

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
  /** Lists that the addon may find in shared memory are among the parameters. */
  lists: boolean
  /** How many new tensors come back, whose handles the addon leaves in shared memory; or 0. */
  several: number
  /** The prototype of several results with names. */
  names: object | undefined
  /** Calls so far, until it is compiled; then what makes them. */
  uses: number
  invoke: Invoke | undefined
}

/** Compiling takes as long as some two hundred calls save. Tests set it to compile at once. */
export const compiling = { after: 200 }

const bound = new Map<string, NativeOperator>()

/** The addon's function for an overload; `numbers` are tensors for which a number is given. */
export function native_operator(overload: Overload, numbers: number[]): NativeOperator {
  const key = `${overload.full}|${numbers.join()}`
  let found = bound.get(key)
  if (found === undefined)
    bound.set(key, (found = asking(overload, native.bind(overload.name, overload.overload, numbers))))
  return found
}

/** The one operator that opens a file asks for it first. */
function asking({ name }: Overload, call: NativeOperator): NativeOperator {
  if (name !== 'aten::from_file' || !has_permission_model) return call
  return (...values) => {
    const [path, shared] = values
    ask_permission('from_file', String(path), 'read')
    if (shared === true) ask_permission('from_file', String(path), 'write')
    return call(...values)
  }
}

/** The operator has gone, or is another one now. */
export function forget_bound(full: string): void {
  for (const key of bound.keys()) if (key.startsWith(`${full}|`)) bound.delete(key)
}

function find_names(overload: Overload): readonly string[] | undefined {
  const { results } = overload
  if (results.length < 2) return undefined
  const own = results.map((r) => r.name)
  return (
    own_value(named_results, overload.full.replace(/^aten::/, '')) ??
    (own.every((n) => n !== '') ? own : undefined)
  )
}

export function make_plan(overload: Overload, found: Match): Plan {
  const { results, parameters } = overload
  let last = found.slots.length
  while (last > 0 && found.slots[last - 1] === undefined) last--
  const slots = found.slots.slice(0, last)
  const only = results.length === 1 ? results[0]! : undefined
  const names = find_names(overload)
  const ways = slots.map((_, i) => ways_of_kinds[parameters[i]!.kind] ?? PLAIN)
  const tensors = results.every((r) => r.kind === 'Tensor' && r.parameter < 0)
  return {
    overload,
    call: native_operator(overload, found.numbers),
    slots,
    ways,
    lists: ways.includes(NUMBERS) || ways.includes(TENSOR_LIST),
    several: tensors && results.length > 1 && results.length <= most_shared() ? results.length : 0,
    single: only !== undefined && only.kind === 'Tensor' && only.parameter < 0,
    returns: only?.parameter ?? -1,
    names: names === undefined ? undefined : named_places(names),
    uses: 0,
    invoke: undefined,
  }
}

/** The value that a slot stands for. */
function value_in(slot: Slot, args: readonly unknown[], keywords: Keywords): unknown {
  if (slot === undefined) return undefined
  if (typeof slot === 'number') return args[slot]
  if (typeof slot === 'string') return own_value(keywords!, slot)
  if (has_own(slot, 'from')) return args.slice(slot.from)
  return (own_value(keywords!, 'out') as unknown[])[slot.output]
}

function lower_by(way: Way, value: unknown): unknown {
  switch (way) {
    case PLAIN:
    case TENSOR_LIST:
      return lower(value)
    case DEVICE:
      return value === undefined || value === null ? value : lower_device(value as DeviceLike)
    case NUMBER:
      return typeof value === 'object' ? number_of(value) : value
    default:
      return Array.isArray(value) ? lay_list(value.map(number_of)) : number_of(value)
  }
}

/** Makes a call of any shape. */
export function run(plan: Plan, args: readonly unknown[], keywords: Keywords): unknown {
  if (context.attention !== 0) enter_context()
  const { slots, overload } = plan
  if (plan.lists) begin_lists()
  const values = slots.map((slot, i) => lower_by(plan.ways[i]!, value_in(slot, args, keywords)))
  const raw = plan.call(...values)
  const result = plan.single
    ? wrap(raw as number)
    : finish(plan, raw, (place) => value_in(slots[place], args, keywords))
  if (context.carriers !== 0) link_hooks(result, [...args, ...Object.values(keywords ?? {})])
  if (overload.makes_tensors && own_value(keywords, 'requires_grad') === true)
    native.set_requires_grad(handle_of(result as Tensor), true)
  return result
}

/** As `run`, for a plan that is kept for the next call whose values are of the same kinds. */
export function run_kept(plan: Plan, args: readonly unknown[], keywords: Keywords): unknown {
  if (plan.uses++ >= compiling.after) plan.invoke = compile(plan, args, keywords)
  if (plan.invoke === undefined) return run(plan, args, keywords)
  if (args.length > MOST_LETTERS)
    return plan.invoke(args, undefined, undefined, undefined, undefined, keywords)
  return plan.invoke(args[0], args[1], args[2], args[3], args[4], keywords)
}
