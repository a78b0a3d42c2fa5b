import { device_of } from '../device.js'
import { dtype_of_code } from '../dtype.js'
import { memory } from '../memory.js'
import { Complex } from '../scalar.js'
import { wrap, wrap_or_null } from '../tensor.js'
import type { Plan } from './plan.js'

// What the user gets for the addon's raw results.

const prototypes = new Map<string, object>()

/** Their constructor, which gives them their name; what is made of them is a plain array. */
const return_types = Object.defineProperty(function return_types() {}, Symbol.species, { get: () => Array })

/**
 * The prototype of arrays whose places have names as well: torch.return_types. Arrays get it after they are made:
 * V8 throws away what it compiled for a subclass of Array over and over.
 */
export function named_places(names: readonly string[]): object {
  const key = names.join()
  let found = prototypes.get(key)
  if (found === undefined) {
    found = Object.create(Array.prototype, { constructor: { value: return_types } }) as object
    names.forEach((name, place) => {
      Object.defineProperty(found, name, {
        get(this: unknown[]) {
          return this[place]
        },
        configurable: true,
      })
    })
    prototypes.set(key, found)
  }
  return found
}

/** How many handles of one call the addon leaves in the memory that is shared. */
export const most_shared = (): number => memory.flags.length - 1

function several_tensors(plan: Plan): unknown[] {
  // A copy: wrapping the first may collect.
  const handles = memory.flags.slice(1, plan.several + 1)
  return with_names(Array.from(handles, wrap_or_null), plan)
}

export function wrap_value(kind: string, raw: unknown): unknown {
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
      return typeof raw === 'object' && raw !== null
        ? new Complex((raw as Complex).re, (raw as Complex).im)
        : raw
    default:
      return raw
  }
}

/** All but the commonest results; `value_of` gives the argument of a parameter, for in-place and out=. */
export function finish(plan: Plan, raw: unknown, value_of: (place: number) => unknown): unknown {
  if (plan.single) return wrap(raw as number)
  if (plan.several > 0) return several_tensors(plan)
  if (plan.returns >= 0) return value_of(plan.returns)
  const { results } = plan.overload
  if (results.length === 0) return written_list(plan) ? value_of(0) : undefined
  if (results.length === 1) return wrap_value(results[0]!.kind, raw)
  const raws = raw as unknown[]
  const values = results.map(({ parameter, kind }, i) =>
    parameter >= 0 ? value_of(parameter) : wrap_value(kind, raws[i]),
  )
  return with_names(values, plan)
}

/** `_foreach_add_` and the like have no results in their schema, and give the list that they wrote to. */
function written_list({ overload }: Plan): boolean {
  const first = overload.parameters[0]
  return first !== undefined && first.kind === 'Tensor[]' && first.written && overload.name.endsWith('_')
}

function with_names(values: unknown[], plan: Plan): unknown[] {
  return plan.names === undefined ? values : (Object.setPrototypeOf(values, plan.names) as unknown[])
}
