import { device_of } from '../device.js'
import { dtype_of_code } from '../dtype.js'
import { Complex } from '../scalar.js'
import { wrap } from '../tensor.js'
import type { Plan } from './plan.js'

// What the user gets for the addon's raw results.

type NamedArray = new (length: number) => unknown[]

const named_arrays = new Map<string, NamedArray>()

/** A class of arrays whose places have names as well: torch.return_types. */
export function named_array(names: readonly string[]): NamedArray {
  const key = names.join()
  let found = named_arrays.get(key)
  if (found === undefined) {
    found = class extends Array<unknown> {
      static override get [Symbol.species]() {
        return Array
      }
    }
    Object.defineProperty(found, 'name', { value: 'return_types' })
    names.forEach((name, place) => {
      Object.defineProperty(found!.prototype, name, {
        get(this: unknown[]) {
          return this[place]
        },
        configurable: true,
      })
    })
    named_arrays.set(key, found)
  }
  return found
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
  if (plan.returns >= 0) return value_of(plan.returns)
  const { results } = plan.overload
  if (results.length === 0) return undefined
  if (results.length === 1) return wrap_value(results[0]!.kind, raw)
  const values: unknown[] =
    plan.named === undefined ? new Array(results.length) : new plan.named(results.length)
  const raws = raw as unknown[]
  for (let i = 0; i < results.length; i++) {
    const { parameter, kind } = results[i]!
    values[i] = parameter >= 0 ? value_of(parameter) : wrap_value(kind, raws[i])
  }
  return values
}
