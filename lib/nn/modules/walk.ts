import type { Tensor } from '../../tensor.js'
import type { Parameter } from '../parameter.js'
import { members_of } from './internals.js'
import type { Module } from './module.js'

/** What {@link named_members} lists. */
interface Kinds {
  parameters: Parameter
  buffers: Tensor
}

/** The parameters or buffers of a module, and of its descendants, with their names. */
export function* named_members<K extends keyof Kinds>(
  module: Module,
  kind: K,
  prefix: string,
  recurse: boolean,
  remove_duplicate: boolean,
): Generator<[string, Kinds[K]], void, undefined> {
  const seen = new Set<Tensor>()
  const modules: Iterable<[string, Module]> = recurse
    ? named_modules(module, new Set(), prefix, remove_duplicate)
    : [[prefix, module]]
  for (const [module_prefix, member] of modules) {
    for (const [name, value] of members_of(member)[kind]) {
      if (value === null || seen.has(value)) continue
      if (remove_duplicate) seen.add(value)
      yield [module_prefix ? `${module_prefix}.${name}` : name, value as Kinds[K]]
    }
  }
}

/** The immediate children, each once. */
export function* named_children(module: Module): Generator<[string, Module], void, undefined> {
  const seen = new Set<Module>()
  for (const [name, child] of members_of(module).modules) {
    if (child === null || seen.has(child)) continue
    seen.add(child)
    yield [name, child]
  }
}

/** A module and its descendants, depth first. */
export function* named_modules(
  module: Module,
  memo: Set<Module>,
  prefix: string,
  remove_duplicate: boolean,
): Generator<[string, Module], void, undefined> {
  if (memo.has(module)) return
  if (remove_duplicate) memo.add(module)
  yield [prefix, module]
  for (const [name, child] of members_of(module).modules) {
    if (child !== null)
      yield* child.named_modules(memo, prefix ? `${prefix}.${name}` : name, remove_duplicate)
  }
}
