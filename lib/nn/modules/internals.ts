import { KeyOrder } from '../../collections.js'
import { keep } from '../../scope.js'
import { Tensor } from '../../tensor.js'
import { Buffer, Parameter } from '../parameter.js'
import type { Module } from './module.js'
import type { ModuleHooks } from './module_hooks.js'

/** Where a module keeps what is not a field of it. */
export const INTERNALS: unique symbol = Symbol('typetorch.nn.Module')

/** What a module knows beside its fields. */
export class Internals {
  /** Names that are buffers, and whether `state_dict` holds them. */
  readonly buffers = new Map<string, boolean>()
  /** Names that were registered without a value. */
  readonly empty = new Map<string, 'parameter' | 'module'>()
  readonly order = new KeyOrder()
  /** Null until the first hook, so that a call without hooks costs one comparison. */
  hooks: ModuleHooks | null = null
}

/** What a module holds, each by name and in the order of assignment; null is a name that stands for nothing yet. */
export interface Members {
  parameters: [string, Parameter | null][]
  buffers: [string, Tensor | null][]
  modules: [string, Module | null][]
}

/** A module as a dictionary of its fields. */
export function fields_of(module: Module): Record<string, unknown> {
  return module as unknown as Record<string, unknown>
}

/** Whether a value is a module, told without the class, which imports this file. */
export function is_module(value: unknown): value is Module {
  return typeof value === 'function' && INTERNALS in value
}

/** Finds a module's own parameters, buffers and children among its fields. */
export function members_of(module: Module): Members {
  const members: Members = { parameters: [], buffers: [], modules: [] }
  const fields = fields_of(module)
  const internals = module[INTERNALS]
  for (const name of internals.order.keys(module)) {
    const value = fields[name]
    if (value === null || value === undefined) {
      if (internals.buffers.has(name)) members.buffers.push([name, null])
      else if (internals.empty.get(name) === 'parameter') members.parameters.push([name, null])
      else if (internals.empty.get(name) === 'module') members.modules.push([name, null])
    } else if (typeof value === 'function') {
      if (is_module(value)) members.modules.push([name, value])
    } else if (value instanceof Parameter) {
      internals.buffers.delete(name)
      members.parameters.push([name, value])
    } else if (value instanceof Tensor && is_buffer(internals, name, value)) {
      members.buffers.push([name, value])
    }
  }
  return members
}

function is_buffer(internals: Internals, name: string, value: Tensor): boolean {
  if (internals.buffers.has(name)) return true
  if (!(value instanceof Buffer)) return false
  internals.buffers.set(name, value.persistent)
  return true
}

/** Sets a field, at its old place or as the last, whatever the prototype has under that name. */
export function set_field(module: Module, name: string, value: unknown): void {
  if (value instanceof Tensor) keep(value)
  module[INTERNALS].order.note(module, name)
  Object.defineProperty(module, name, { value, writable: true, enumerable: true, configurable: true })
}

/** Removes a field and what is known of its name. */
export function delete_field(module: Module, name: string): void {
  const internals = module[INTERNALS]
  internals.buffers.delete(name)
  internals.empty.delete(name)
  internals.order.forget(name)
  delete fields_of(module)[name]
}

/** Whether Python's `hasattr` would find the name: a field, or something of the class. */
export function has_field(module: Module, name: string): boolean {
  return name in module && (fields_of(module)[name] !== undefined || module[INTERNALS].buffers.has(name))
}
