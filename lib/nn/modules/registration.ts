import {
  attribute_error,
  key_error,
  not_implemented_error,
  type_name as plain_type_name,
  runtime_error,
  type_error,
  value_error,
} from '../../errors.js'
import { Tensor } from '../../tensor.js'
import type { Nothing } from '../../utils/hooks.js'
import { Buffer, Parameter } from '../parameter.js'
import {
  ASSIGN,
  delete_field,
  type FieldRules,
  fields_of,
  has_field,
  INTERNALS,
  install_assignment,
  is_module,
  kind_of,
  set_field,
} from './internals.js'
import type { Module } from './module.js'
import { registration_hooks } from './module_hooks.js'

/** What a value is called in an error: `torch.FloatTensor`, a class's name, or JavaScript's word for its type. */
export function type_name(value: unknown): string {
  if (value instanceof Tensor) return value.type()
  if (is_module(value)) return value.constructor.name
  return plain_type_name(value)
}

export function forward_missing(module: Module): Error {
  return not_implemented_error(
    `Module [${module.constructor.name}] is missing the required "forward" function`,
  )
}

export function unreachable(method: string): Error {
  return runtime_error(`Module.${method}() was called, but the class does not define it.`)
}

function check_name(
  module: Module,
  kind: 'buffer' | 'parameter' | 'module',
  name: unknown,
  known: boolean,
): void {
  if (typeof name !== 'string') throw type_error(`${kind} name should be a string. Got ${type_name(name)}`)
  // PyTorch looks at a module's name in another order.
  if (kind === 'module' && has_field(module, name) && !known)
    throw key_error(`attribute '${name}' already exists`)
  if (name.includes('.'))
    throw key_error(`${kind} name can't contain "."${kind === 'module' ? `, got: ${name}` : ''}`)
  if (name === '') throw key_error(`${kind} name can't be empty string ""`)
  if (has_field(module, name) && !known) throw key_error(`attribute '${name}' already exists`)
}

function after_hooks<V>(
  hooks: Map<number, (module: Module, name: string, value: V) => V | Nothing>,
  module: Module,
  name: string,
  value: V,
): V {
  let current = value
  for (const hook of hooks.values()) current = hook(module, name, current) ?? current
  return current
}

export function register_buffer(
  module: Module,
  name: string,
  tensor: Tensor | null,
  persistent: boolean,
): void {
  const internals = module[INTERNALS]
  check_name(module, 'buffer', name, kind_of(module, name) === 'buffer')
  if (tensor !== null && !(tensor instanceof Tensor))
    throw type_error(
      `cannot assign '${type_name(tensor)}' object to buffer '${name}' (torch Tensor or None required)`,
    )
  const value = after_hooks<Tensor | null>(registration_hooks.buffer, module, name, tensor)
  internals.empty.delete(name)
  internals.buffers.set(name, persistent)
  set_field(module, name, value)
}

export function register_parameter(module: Module, name: string, param: Parameter | null): void {
  check_name(module, 'parameter', name, kind_of(module, name) === 'parameter')
  if (param !== null && !(param instanceof Parameter))
    throw type_error(
      `cannot assign '${type_name(param)}' object to parameter '${name}' (torch.nn.Parameter or None required)`,
    )
  if (param?.grad_fn)
    throw value_error(
      `Cannot assign non-leaf Tensor to parameter '${name}'. Model parameters must be created explicitly. To express ` +
        `'${name}' as a function of another Tensor, compute the value in the forward() method.`,
    )
  const value = param && after_hooks<Tensor | null>(registration_hooks.parameter, module, name, param)
  module[INTERNALS].buffers.delete(name)
  module[INTERNALS].empty.set(name, 'parameter')
  set_field(module, name, value)
}

export function add_module(module: Module, name: string, child: Module | null): void {
  if (child !== null && !is_module(child)) throw type_error(`${type_name(child)} is not a Module subclass`)
  check_name(module, 'module', name, typeof name === 'string' && kind_of(module, name) === 'module')
  put_module(module, name, child)
}

function put_module(module: Module, name: string, child: Module | null): void {
  const value = after_hooks<Module | null>(registration_hooks.module, module, name, child)
  module[INTERNALS].empty.set(name, 'module')
  set_field(module, name, value)
}

export function get_submodule(module: Module, target: string): Module {
  if (target === '') return module
  let current = module
  for (const name of target.split('.')) {
    const child = member(current, name)
    if (!is_module(child)) throw attribute_error(`\`${name}\` is not an nn.Module`)
    current = child
  }
  return current
}

function member(module: Module, name: string): unknown {
  if (!has_field(module, name))
    throw attribute_error(`${module.constructor.name} has no attribute \`${name}\``)
  return fields_of(module)[name]
}

function parent_of(module: Module, target: string): [Module, string] {
  const dot = target.lastIndexOf('.')
  return [get_submodule(module, target.slice(0, Math.max(dot, 0))), target.slice(dot + 1)]
}

export function set_submodule(module: Module, target: string, child: Module, strict: boolean): void {
  if (target === '') throw value_error('Cannot set the submodule without a target name!')
  if (!is_module(child)) throw value_error(`\`module\` is not an nn.Module, found ${type_name(child)}`)
  const [parent, name] = parent_of(module, target)
  if (strict) member(parent, name)
  if (has_field(parent, name) && !is_module(fields_of(parent)[name]))
    throw attribute_error(`\`${name}\` is not an nn.Module`)
  set_attribute(parent, name, child)
}

export function get_parameter(module: Module, target: string): Parameter {
  const [parent, name] = parent_of(module, target)
  const value = member(parent, name)
  if (!(value instanceof Parameter)) throw attribute_error(`\`${name}\` is not an nn.Parameter`)
  return value
}

export function get_buffer(module: Module, target: string): Tensor {
  const [parent, name] = parent_of(module, target)
  const value = member(parent, name)
  if (kind_of(parent, name) !== 'buffer') throw attribute_error(`\`${name}\` is not a buffer`)
  return value as Tensor
}

/** Assigns a field as Python's `module.name = value` does, which checks what stood there before. */
export function set_attribute(module: Module, name: string, value: unknown): void {
  const kind = kind_of(module, name)
  if (value instanceof Parameter) {
    if (kind !== 'parameter' && Object.hasOwn(module, name)) delete_field(module, name)
    register_parameter(module, name, value)
  } else if (kind === 'parameter') {
    if (value !== null)
      throw wrong_kind(value, `as parameter '${name}'`, 'torch.nn.Parameter or None expected')
    register_parameter(module, name, null)
  } else if (is_module(value) || kind === 'module') {
    if (value !== null && !is_module(value))
      throw wrong_kind(value, `as child module '${name}'`, 'torch.nn.Module or None expected')
    if (kind !== 'module' && Object.hasOwn(module, name)) delete_field(module, name)
    put_module(module, name, value)
  } else if (value instanceof Buffer || kind === 'buffer') {
    if (value !== null && !(value instanceof Tensor))
      throw wrong_kind(value, `as buffer '${name}'`, 'torch.nn.Buffer, torch.Tensor or None expected')
    const persistent =
      value instanceof Buffer ? value.persistent : (module[INTERNALS].buffers.get(name) ?? true)
    if (kind === null && Object.hasOwn(module, name)) delete_field(module, name)
    register_buffer(module, name, value, persistent)
  } else {
    set_field(module, name, value)
  }
}

/** A program's `module.name = value`, for which containers have rules. */
export function assign_attribute(module: Module, name: string, value: unknown): void {
  if ((module as FieldRules)[ASSIGN]?.(name, value) !== true) set_attribute(module, name, value)
}

install_assignment(assign_attribute)

function wrong_kind(value: unknown, place: string, expected: string): Error {
  return type_error(`cannot assign '${type_name(value)}' ${place} (${expected})`)
}
