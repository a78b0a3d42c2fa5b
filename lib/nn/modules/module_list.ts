import { type_error } from '../../errors.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { add_indent } from '../repr.js'
import { ASSIGN, DELETED, delete_field, is_module, set_field } from './internals.js'
import { type AnyModule, Module } from './module.js'
import { wrap_lines } from './module_repr.js'
import { set_attribute, type_name } from './registration.js'
import { after_delete, children_in_order, is_place, renumber } from './sequential.js'
import { absolute_index, type Int, type Slice, slice_places } from './utils.js'

const MODULE_LIST = signature('ModuleList', { modules: optional<Iterable<Module> | null>(null) })

/**
 * A list of modules, all of which are registered.
 *
 * @param modules - the modules to begin with
 *
 * @example
 * ```ts
 * class MyModule extends nn.Module {
 *   linears = new nn.ModuleList(Array.from({ length: 10 }, () => new nn.Linear(10, 10)))
 *   forward(x: Tensor) {
 *     for (const linear of this.linears) x = linear(x)
 *     return x
 *   }
 * }
 * ```
 *
 * @see torch/nn/modules/container.py
 */
export class ModuleList<M extends AnyModule = Module> extends Module implements Iterable<M> {
  constructor(modules?: Iterable<M> | null)
  constructor(options: { modules?: Iterable<M> | null })
  constructor(...args: unknown[]) {
    super()
    const { modules } = MODULE_LIST.take(args, new.target.name)
    if (modules !== null) this.extend(modules as Iterable<M>)
  }

  /** As Python's `list[0] = module`. @internal */
  [ASSIGN](name: string, value: unknown): boolean {
    if (!is_place(name)) return false
    this.set_at(Number(name), value as M)
    return true
  }

  /** @internal */
  [DELETED](names: readonly string[]): () => void {
    return after_delete(this, names)
  }

  /** How many modules there are. */
  override get length(): number {
    return children_in_order(this).length
  }

  /** The module at a place (a negative one counts from the end), or the list at a slice such as `'1:3'`. */
  at(index: Int): M
  at(index: Slice): ModuleList<M>
  at(index: Int | string): Module {
    const children = children_in_order(this)
    if (typeof index !== 'string') return children[absolute_index(index, children.length)]![1]
    const modules = slice_places(index, children.length).map((place) => children[place]![1])
    return new (this.constructor as new (modules: Module[]) => ModuleList<M>)(modules)
  }

  /** Puts a module in the place of another. */
  set_at(index: Int, module: M): void {
    set_attribute(this, String(absolute_index(index, this.length)), module)
  }

  /** Removes the module at a place, or those at a slice; the rest are numbered anew. */
  delete_at(index: Int | Slice): void {
    const places =
      typeof index === 'string' ? slice_places(index, this.length) : [absolute_index(index, this.length)]
    for (const place of places) delete_field(this, String(place))
    renumber(this)
  }

  /** Removes the module at a place and returns it. */
  pop(key: Int): M {
    const module = this.at(key)
    this.delete_at(key)
    return module
  }

  /** Adds a module at the end. */
  append(module: M): this {
    this.add_module(String(this.length), module)
    return this
  }

  /** Puts a module before the one at a place. */
  insert(index: number, module: M): void {
    if (!is_module(module)) throw type_error(`${type_name(module)} is not a Module subclass`)
    const modules: Module[] = children_in_order(this).map(([, child]) => child)
    modules.splice(index, 0, module)
    modules.forEach((child, place) => {
      set_field(this, String(place), child)
    })
  }

  /** Adds modules at the end. */
  extend(modules: Iterable<M>): this {
    if (
      modules === null ||
      typeof (modules as { [Symbol.iterator]?: unknown })?.[Symbol.iterator] !== 'function'
    )
      throw type_error(`ModuleList.extend should be called with an iterable, but got ${type_name(modules)}`)
    for (const module of [...modules]) this.append(module)
    return this
  }

  /** A list of this one's modules and others. Python's `+`. */
  add<N extends AnyModule>(other: Iterable<N>): ModuleList<M | N> {
    return new ModuleList<M | N>([...this, ...other])
  }

  /** The modules in their order. */
  [Symbol.iterator](): Iterator<M> {
    return children_in_order(this)
      .map(([, child]) => child as M)
      [Symbol.iterator]()
  }

  /** As Python prints it: equal modules that follow each other stand on one line. */
  override __repr__(): string {
    const blocks: { text: string; first: number; last: number }[] = []
    children_in_order(this).forEach(([, child], place) => {
      const text = child.__repr__()
      const block = blocks.at(-1)
      if (block?.text === text) block.last = place
      else blocks.push({ text, first: place, last: place })
    })
    const lines = blocks.map(({ text, first, last }) =>
      add_indent(
        first === last ? `(${first}): ${text}` : `(${first}-${last}): ${last - first + 1} x ${text}`,
        2,
      ),
    )
    return wrap_lines(this.constructor.name, [], lines)
  }

  static {
    methods(ModuleList, { pop: 'key', append: 'module', insert: 'index, module', extend: 'modules' })
  }
}
