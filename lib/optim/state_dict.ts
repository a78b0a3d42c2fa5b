import { items_of, OrderedDict } from '../collections.js'
import { float32 } from '../dtype.js'
import { value_error } from '../errors.js'
import { is_options } from '../ops/keywords.js'
import { own } from '../own.js'
import { is_map, is_set } from '../realm.js'
import { keep } from '../scope.js'
import { like_tuple } from '../serialization/pickle_types.js'
import { check_number, check_numbers, type NumberKinds } from '../state_numbers.js'
import { Tensor } from '../tensor.js'
import type { Optimizer, ParamGroup, ParamState } from './optimizer.js'

/** A group in a state: its options, and its parameters' numbers. */
export interface PackedGroup {
  params: number[]
  param_names?: string[]
  [option: string]: unknown
}

/** An optimizer's state in Python's layout. */
export interface OptimizerStateDict {
  /** What is kept for each parameter, by its number. */
  state: { [param: string]: ParamState }
  param_groups: PackedGroup[]
}

export function pack_optimizer_state(optimizer: Optimizer): OptimizerStateDict {
  const numbers = new Map<Tensor, number>()
  let start = 0
  const param_groups = optimizer.param_groups.map((group): PackedGroup => {
    const { params, ...options } = group
    params.forEach((param, i) => {
      if (!numbers.has(param)) numbers.set(param, start + i)
    })
    start += params.length
    return { ...options, params: params.map((param) => numbers.get(param)!) }
  })
  const state: Record<string, ParamState> = {}
  for (const [param, value] of optimizer.state) {
    const number = numbers.get(param)
    if (number !== undefined) state[number] = value
  }
  return { state, param_groups }
}

function deep_copy(value: unknown): unknown {
  if (value instanceof Tensor) return keep(value.detach().clone().requires_grad_(value.requires_grad))
  if (Array.isArray(value)) return like_tuple(value, value.map(deep_copy))
  if (is_map(value)) return new Map([...value].map(([key, item]) => [key, deep_copy(item)]))
  if (is_set(value)) return new Set([...value].map(deep_copy))
  if (is_options(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deep_copy(item)]))
  return value
}

// A tensor of the state as the parameter needs it. `step` stays on the CPU as it is, unless a kernel reads it.
function cast_tensor(
  param: Tensor,
  value: Tensor,
  key: string | null,
  group: PackedGroup | undefined,
): Tensor {
  group = own(group)
  const { device } = param
  if (key === 'step') {
    const on_device = Boolean(group?.['capturable']) || Boolean(group?.['fused'])
    return on_device ? value.to({ dtype: float32, device }) : value
  }
  return param.is_floating_point() ? value.to({ dtype: param.dtype, device }) : value.to({ device })
}

function cast(param: Tensor, value: unknown, key: string | null, group: PackedGroup | undefined): unknown {
  if (value instanceof Tensor) return keep(cast_tensor(param, value, key, group))
  if (Array.isArray(value))
    return like_tuple(
      value,
      value.map((item) => cast(param, item, null, group)),
    )
  if (value instanceof OrderedDict)
    return new OrderedDict(
      OrderedDict.prototype.items
        .call(value)
        .map(([name, item]): [string, unknown] => [name, cast(param, item, name, group)]),
    )
  if (is_map(value))
    return new Map([...value].map(([name, item]) => [name, cast(param, item, String(name), group)]))
  if (is_set(value)) return new Set([...value].map((item) => cast(param, item, null, group)))
  if (is_options(value))
    return Object.fromEntries(
      [...items_of(value as Record<string, unknown>)].map(([name, item]) => [
        name,
        cast(param, item, name, group),
      ]),
    )
  return value
}

/** Throws where a state's groups are others than the optimizer's. */
export function check_groups({ param_groups: groups }: Optimizer, saved: readonly PackedGroup[]): void {
  if (groups.length !== saved.length)
    throw value_error('loaded state dict has a different number of parameter groups')
  if (groups.some(({ params }, i) => params.length !== saved[i]!.params.length))
    throw value_error(
      "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
    )
}

/** The kind of number that each entry of a parameter's state must be. */
const STATE_NUMBERS: NumberKinds = {
  step: 'count',
  eta: 'finite',
  mu: 'finite',
  mu_product: 'finite',
  func_evals: 'count',
  n_iter: 'count',
}

/** Throws for numbers of a state that make no sense: options that are NaN, counts that are none. */
export function check_state_numbers({ state, param_groups }: OptimizerStateDict): void {
  for (const [i, group] of param_groups.entries())
    for (const [name, value] of items_of<unknown>(group as never))
      if (typeof value === 'number' || name === 'lr')
        check_number(`param_groups[${i}].${name}`, value, 'not_nan')
  for (const [number, of_param] of items_of(state)) check_numbers(`state[${number}]`, of_param, STATE_NUMBERS)
}

/** A state in Python's layout, for the parameters of an optimizer. */
export function load_optimizer_state(
  optimizer: Optimizer,
  given: OptimizerStateDict,
): { state: Map<Tensor, ParamState>; param_groups: ParamGroup[] } {
  const groups = optimizer.param_groups
  const saved = deep_copy(given.param_groups) as PackedGroup[]
  check_groups(optimizer, saved)
  check_state_numbers(given)
  const owners = new Map<string, { param: Tensor; group: PackedGroup }>()
  saved.forEach((group, i) => {
    group.params.forEach((number, j) => {
      owners.set(String(number), { param: groups[i]!.params[j]!, group })
    })
  })
  const state = new Map<Tensor, ParamState>()
  for (const [number, value] of items_of(given.state)) {
    const owner = owners.get(String(number))
    if (owner) state.set(owner.param, cast(owner.param, value, null, owner.group) as ParamState)
  }
  const param_groups = saved.map((group, i): ParamGroup => {
    const { params: _numbers, ...options } = group
    const { params, param_names } = own(groups[i]!)
    return {
      ...options,
      ...(param_names && !Object.hasOwn(options, 'param_names') ? { param_names } : {}),
      params,
    }
  })
  return { state, param_groups }
}
