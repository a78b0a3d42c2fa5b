import { type Tensor, watch_new } from '../../tensor.js'
import { INTERNALS, is_module, note_members } from './internals.js'
import type { Module } from './module.js'

// JavaScript defines a class's own fields (`fc = new nn.Linear(2, 2)`) without telling anybody. So that `model.fc = 5` is
// refused also before anything was asked of the model, modules are looked through whenever a tensor or a module is made
// after theirs, until they have held the same fields for a while or stand in another module.

/** How often a module is looked through without a new field before it counts as finished. */
const QUIET = 256
/** The most modules that are watched: the oldest, which may be made of the others, and the newest. */
const MOST = 32

interface Watched {
  fields: number
  quiet: number
}

const watched = new Map<Module, Watched>()
const settled_classes = new WeakSet<object>()

/** Notes the library's classes, whose constructors assign; assignments are seen by themselves. */
export function settle_classes(classes: Iterable<unknown>): void {
  for (const found of classes) if (typeof found === 'function') settled_classes.add(found)
}

/** Watches a module that is being made, where its class may define fields. */
export function watch_class_fields(module: Module, its_class: object): void {
  if (watched.size > 0) look_through()
  if (settled_classes.has(its_class)) return
  if (watched.size === 0) watch_new(look_through, true)
  watched.set(module, { fields: 0, quiet: 0 })
  if (watched.size > MOST) watched.delete([...watched.keys()][MOST / 2]!)
}

function look_through(_made?: Tensor): void {
  for (const [module, seen] of watched) {
    const fields = Object.keys(module).length
    if (fields === seen.fields) {
      seen.quiet += 1
      if (seen.quiet > QUIET) watched.delete(module)
      continue
    }
    seen.fields = fields
    seen.quiet = 0
    note_members(module)
    for (const { value } of module[INTERNALS].fields.values()) if (is_module(value)) finish(value)
  }
  if (watched.size === 0) watch_new(look_through, false)
}

// A module that stands in another one is finished.
function finish(module: Module): void {
  if (!watched.delete(module)) return
  note_members(module)
}
