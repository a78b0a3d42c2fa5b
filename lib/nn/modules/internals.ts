import { KeyOrder } from '../../collections.js'
import { attribute_error, key_error } from '../../errors.js'
import { refuse_in_use } from '../../leases.js'
import { has_member, set_own } from '../../own.js'
import { keep } from '../../scope.js'
import { Tensor } from '../../tensor.js'
import { Buffer, Parameter } from '../parameter.js'
import type { Module } from './module.js'
import type { ModuleHooks } from './module_hooks.js'

/** Where a module keeps what is not a field of it. */
export const INTERNALS: unique symbol = Symbol('typetorch.nn.Module')

/** What a field of a module can be in the tree. */
export type MemberKind = 'parameter' | 'buffer' | 'module'

type Assign = (module: Module, name: string, value: unknown) => void

let assign: Assign

/** Called by registration.ts with the checks of an assignment; that file imports this one. */
export function install_assignment(checked: Assign): void {
  assign = checked
}

/** The accessors of a name, the same for all modules: one of a module's own would keep it from minor collections. */
interface Accessors {
  readonly get: (this: Module) => unknown
  readonly set: (this: Module, given: unknown) => void
}

const accessors_by_name = new Map<string, Accessors>()

function accessors_of(name: string): Accessors {
  let found = accessors_by_name.get(name)
  if (found === undefined) {
    found = {
      get() {
        return this[INTERNALS].fields.get(name)?.value
      },
      set(given) {
        assign(this, name, given)
      },
    }
    accessors_by_name.set(name, found)
  }
  return found
}

/** A field that is a member: an own accessor, so that assigning to it is checked at once. */
export class MemberField {
  constructor(
    module: Module,
    name: string,
    public kind: MemberKind,
    public value: unknown,
  ) {
    const { get, set } = accessors_of(name)
    Object.defineProperty(module, name, { get, set, enumerable: true, configurable: true })
  }

  /** False where the program has deleted the field or a subclass has defined it again. */
  is_field_of(module: Module, name: string): boolean {
    return Object.getOwnPropertyDescriptor(module, name)?.get === accessors_of(name).get
  }
}

/** What a module knows beside its fields. */
export class Internals {
  /** Names that are buffers, and whether `state_dict` holds them. */
  readonly buffers = new Map<string, boolean>()
  /** Names that were registered without a value. */
  readonly empty = new Map<string, 'parameter' | 'module'>()
  /** The members that are known; a class's own fields become known at the first walk. */
  readonly fields = new Map<string, MemberField>()
  readonly order = new KeyOrder()
  /** Null until the first hook, so that a call without hooks costs one comparison. */
  hooks: ModuleHooks | null = null

  /** Forgets what a name stood for. */
  forget(name: string): void {
    this.buffers.delete(name)
    this.empty.delete(name)
    this.fields.delete(name)
  }
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

/** Under this name a container has what a plain `list[0] = value` does; true where that is all. */
export const ASSIGN: unique symbol = Symbol('typetorch.nn.assign')
/** Under this name a container has what follows a plain `delete list[0]`; it may refuse it. */
export const DELETED: unique symbol = Symbol('typetorch.nn.deleted')

/** Rules of containers, whose entries are fields. */
export interface FieldRules {
  [ASSIGN]?: (name: string, value: unknown) => boolean
  /** Returns what is to be done once the names are forgotten. */
  [DELETED]?: (names: readonly string[]) => () => void
}

/** Finds a module's own parameters, buffers and children among its fields. */
export function members_of(module: Module): Members {
  const internals = module[INTERNALS]
  note_deleted(module, internals)
  const members: Members = { parameters: [], buffers: [], modules: [] }
  for (const name of internals.order.keys(module)) {
    const value = fields_of(module)[name]
    const known = internals.fields.get(name)
    const kind =
      known !== undefined && known.value === value ? known.kind : find_member(module, name, value, known)
    if (kind === 'parameter') members.parameters.push([name, value as Parameter | null])
    else if (kind === 'buffer') members.buffers.push([name, value as Tensor | null])
    else if (kind === 'module') members.modules.push([name, value as Module | null])
  }
  return members
}

/** What an own field of a module is in the tree; null for any other name. */
export function kind_of(module: Module, name: string): MemberKind | null {
  if (!Object.hasOwn(module, name)) return null
  const value = fields_of(module)[name]
  const known = module[INTERNALS].fields.get(name)
  return known !== undefined && known.value === value ? known.kind : find_member(module, name, value, known)
}

// A field that is not known as what it is: a class's own field, or one that was deleted and set again.
function find_member(
  module: Module,
  name: string,
  value: unknown,
  known: MemberField | undefined,
): MemberKind | null {
  const internals = module[INTERNALS]
  if (known !== undefined) {
    if (known.is_field_of(module, name)) return known.kind
    if (value === undefined) throw redeclared(module, name, known.kind)
    internals.forget(name)
  }
  const kind = kind_by_value(internals, name, value)
  if (kind === null) return null
  if (kind !== 'module' && value !== null && has_inherited(module, name))
    throw key_error(`attribute '${name}' already exists`)
  if (kind === 'parameter') internals.buffers.delete(name)
  internals.fields.set(name, new MemberField(module, name, kind, value ?? null))
  return kind
}

// Whether the class has something of the name.
function has_inherited(module: Module, name: string): boolean {
  const prototype = Object.getPrototypeOf(module) as object
  return has_member(prototype, name) && Reflect.get(prototype, name) !== undefined
}

function kind_by_value(internals: Internals, name: string, value: unknown): MemberKind | null {
  if (value === null || value === undefined)
    return internals.buffers.has(name) ? 'buffer' : (internals.empty.get(name) ?? null)
  if (typeof value === 'function') return is_module(value) ? 'module' : null
  if (!(value instanceof Tensor)) return null
  if (value instanceof Parameter) return 'parameter'
  if (internals.buffers.has(name)) return 'buffer'
  if (!(value instanceof Buffer)) return null
  internals.buffers.set(name, value.persistent)
  return 'buffer'
}

function redeclared(module: Module, name: string, kind: MemberKind): Error {
  return attribute_error(
    `${module.constructor.name}: the ${kind === 'module' ? 'child module' : kind} '${name}' became undefined: a class ` +
      `that names the field again for its type says \`declare ${name}\``,
  )
}

// As Python's `del module.name`: what is deleted is a member no more.
function note_deleted(module: Module, internals: Internals): void {
  const deleted: string[] = []
  for (const name of internals.fields.keys()) if (!Object.hasOwn(module, name)) deleted.push(name)
  if (deleted.length === 0) return
  const follow = (module as FieldRules)[DELETED]?.(deleted)
  for (const name of deleted) {
    internals.forget(name)
    internals.order.forget(name)
  }
  follow?.()
}

/** Makes members of a class's own fields that hold parameters, buffers or modules, before anything is asked of the module. */
export function note_members(module: Module): void {
  const internals = module[INTERNALS]
  for (const name of Object.keys(module)) {
    if (internals.fields.has(name)) continue
    const value = fields_of(module)[name]
    const kind = kind_by_value(internals, name, value)
    if (kind !== null) internals.fields.set(name, new MemberField(module, name, kind, value ?? null))
  }
}

/** Sets a field, at its old place or as the last, whatever the prototype has under that name. */
export function set_field(module: Module, name: string, value: unknown): void {
  if (value instanceof Tensor) keep(value)
  const internals = module[INTERNALS]
  internals.order.note(module, name)
  const kind = kind_by_value(internals, name, value)
  const known = internals.fields.get(name)
  if (kind === null) {
    internals.fields.delete(name)
    set_own(module, name, value)
  } else if (known?.is_field_of(module, name)) {
    known.kind = kind
    known.value = value
  } else {
    internals.fields.set(name, new MemberField(module, name, kind, value))
  }
}

/** Puts a value in a member's place for the length of a call, whatever its kind. */
export function swap_field(module: Module, name: string, value: unknown): void {
  if (kind_of(module, name) === null) fields_of(module)[name] = value
  else module[INTERNALS].fields.get(name)!.value = value
}

/**
 * Removes a field and what is known of its name.
 *
 * @throws RuntimeError for a tensor that a step or a call under way uses, whose module would be another one half-way
 */
export function delete_field(module: Module, name: string): void {
  const value = fields_of(module)[name]
  if (value instanceof Tensor) refuse_in_use(`${module.constructor.name}.${name}`, [value])
  const internals = module[INTERNALS]
  internals.forget(name)
  internals.order.forget(name)
  delete fields_of(module)[name]
}

/** Whether Python's `hasattr` would find the name: a field, or something of the class. */
export function has_field(module: Module, name: string): boolean {
  return (
    has_member(module, name) && (fields_of(module)[name] !== undefined || module[INTERNALS].buffers.has(name))
  )
}
