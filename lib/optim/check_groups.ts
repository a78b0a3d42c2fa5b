import { attribute_error, close_name, python_type_name, type_error, value_error } from '../errors.js'
import { own_value } from '../own.js'
import { Tensor } from '../tensor.js'
import type { Optimizer, ParamGroup } from './optimizer.js'

// Options are plain properties of groups, which a program may change between steps. What changed since the last step is
// checked at the next one: a misspelt name would do nothing, and a number that is none would spoil the parameters.

/** What schedules keep in groups. */
const OF_SCHEDULES = ['initial_lr', 'max_lr', 'min_lr', 'max_momentum', 'base_momentum', 'swa_lr']

interface Seen {
  names: readonly string[]
  values: readonly unknown[]
}

const checked = new WeakMap<object, Seen>()

/** Checks the options that changed since the last time. */
export function check_options(optimizer: Optimizer): void {
  const groups = optimizer.param_groups
  for (let place = 0; place < groups.length; place++) {
    const group = groups[place]! as ParamGroup & Record<string, unknown>
    const seen = checked.get(group)
    if (seen === undefined || has_changed(group, seen)) check_group(optimizer, group, place)
  }
}

function has_changed(group: Record<string, unknown>, { names, values }: Seen): boolean {
  for (let i = 0; i < names.length; i++) if (own_value(group, names[i]!) !== values[i]) return true
  return Object.keys(group).length !== names.length
}

/** Checks the names and values of one group's options. */
export function check_group(optimizer: Optimizer, group: object, place: number): void {
  const options = group as Record<string, unknown>
  const known = [...Object.keys(optimizer.defaults), 'params', 'param_names', ...OF_SCHEDULES]
  const where = `${optimizer.constructor.name}: parameter group ${place}`
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(optimizer.defaults, name) || name === 'lr')
      check_value(where, name, value, own_value(optimizer.defaults, name))
    else if (!known.includes(name)) {
      const meant = close_name(name, known)
      if (meant !== undefined)
        throw attribute_error(`${where} has '${name}', which is no option; did you mean '${meant}'?`)
    }
  }
  checked.set(group, { names: Object.keys(options), values: Object.values(options) })
}

function check_value(where: string, name: string, value: unknown, like: unknown): void {
  if (typeof like === 'number' || like instanceof Tensor || name === 'lr') {
    if (value instanceof Tensor || typeof value === 'bigint' || value === like) return
    if (typeof value !== 'number' && !(typeof value === 'object' && Number.isFinite(Number(value)) && value))
      throw type_error(
        `${where}: option '${name}' must be a number or a Tensor, not ${python_type_name(value)}`,
      )
    const number = Number(value)
    if (Number.isNaN(number) || (name === 'lr' && !Number.isFinite(number)))
      throw value_error(`${where}: option '${name}' is ${number}, and a step would spoil the parameters`)
  } else if (typeof like === 'boolean') {
    if (typeof value !== 'boolean' && value !== null && value !== undefined)
      throw type_error(`${where}: option '${name}' must be a boolean, not ${python_type_name(value)}`)
  } else if (Array.isArray(like) && value !== like) {
    if (!Array.isArray(value) || value.length !== like.length)
      throw type_error(`${where}: option '${name}' must be an array of ${like.length}`)
    value.forEach((item: unknown, i) => {
      if (like[i] !== null) check_value(where, `${name}[${i}]`, item, like[i])
    })
  }
}
