import { deepcopy, type Memo } from '../../copy.js'
import { own_value } from '../../own.js'
import { is_map } from '../../realm.js'
import { fields_of, INTERNALS, set_field } from './internals.js'
import type { Module } from './module.js'
import { ModuleHooks } from './module_hooks.js'

/** Copies a module's fields, and what is known of their names, into a bare module of the same class. */
export function copy_into(bare: Module, module: Module, memo: Memo): void {
  memo.set(module, bare)
  const [from, to] = [module[INTERNALS], bare[INTERNALS]]
  for (const symbol of Object.getOwnPropertySymbols(module)) {
    if (symbol === INTERNALS) continue
    const property = Object.getOwnPropertyDescriptor(module, symbol)!
    Object.defineProperty(bare, symbol, { ...property, value: deepcopy(property.value, memo) })
  }
  for (const [name, persistent] of from.buffers) to.buffers.set(name, persistent)
  for (const [name, kind] of from.empty) to.empty.set(name, kind)
  for (const name of from.order.keys(module)) set_field(bare, name, deepcopy(fields_of(module)[name], memo))
  if (from.hooks === null) return
  to.hooks = new ModuleHooks()
  copy_maps(from.hooks, to.hooks)
  to.hooks.is_full_backward = from.hooks.is_full_backward
}

// A hook is a function, and its own copy.
function copy_maps(from: ModuleHooks, to: ModuleHooks): void {
  for (const [name, hooks] of Object.entries(from) as [string, unknown][])
    if (is_map(hooks)) {
      const copied = own_value(to as unknown as Record<string, Map<unknown, unknown>>, name)!
      for (const [id, hook] of hooks) copied.set(id, hook)
    }
}
