import { OrderedDict } from '../../collections.js'
import { assertion_error, index_error, type_error, value_error } from '../../errors.js'
import { is_options } from '../../ops/keywords.js'
import { methods } from '../../python/methods.js'
import type { Tensor } from '../../tensor.js'
import {
  ASSIGN,
  DELETED,
  delete_field,
  fields_of,
  INTERNALS,
  is_module,
  members_of,
  set_field,
} from './internals.js'
import { Module } from './module.js'
import { set_attribute, type_name } from './registration.js'
import { absolute_index, type Int, type Slice, slice_places } from './utils.js'

/** A module that takes what the one before it returns. */
type Layer = Module & ((...args: Parameters<Module['forward']>) => ReturnType<Module['forward']>)

type FirstArguments<L extends readonly unknown[]> = L extends readonly [
  infer First extends Layer,
  ...unknown[],
]
  ? Parameters<First['forward']>
  : unknown[]
// A chain whose length is not known to the compiler is taken for one that ends in a Tensor.
type LastResult<L extends readonly unknown[]> = L extends readonly [...unknown[], infer Last extends Layer]
  ? ReturnType<Last['forward']>
  : Tensor

/** The children of a container whose names are their places. */
export function children_in_order(container: Module): [string, Module][] {
  return members_of(container).modules.filter((item): item is [string, Module] => item[1] !== null)
}

/** Whether a field's name is a place in a list: `list[0]`, `list[-1]`. */
export function is_place(name: string): boolean {
  return /^-?\d+$/.test(name)
}

/** What follows `delete list[0]`, as Python's `del list[0]`: the rest are numbered anew. */
export function after_delete(list: Module, names: readonly string[]): () => void {
  return () => {
    if (names.some(is_place)) renumber(list)
  }
}

/** Numbers the children anew after one was removed. */
export function renumber(container: Module): void {
  const children = children_in_order(container)
  for (const [name] of children) delete_field(container, name)
  children.forEach(([, child], place) => {
    set_field(container, String(place), child)
  })
}

/**
 * A chain of modules: each takes what the one before it returned.
 *
 * @param modules - the modules, or one {@link OrderedDict} (or plain object) of them by name
 *
 * @example
 * ```ts
 * const model = new nn.Sequential(new nn.Conv2d(1, 20, 5), new nn.ReLU(), new nn.Conv2d(20, 64, 5), new nn.ReLU())
 * const y = model(torch.randn(1, 1, 28, 28))
 * ```
 *
 * @see torch/nn/modules/container.py
 */
export class Sequential<L extends readonly Module[] = readonly Layer[]>
  extends Module
  implements Iterable<Module>
{
  constructor(...modules: L)
  constructor(modules: OrderedDict<Module> | { readonly [name: string]: Module })
  constructor(...args: unknown[]) {
    super()
    const [first] = args
    if (args.length === 1 && (first instanceof OrderedDict || is_options(first))) {
      for (const [name, module] of new OrderedDict(first as OrderedDict<Module>).items())
        this.add_module(name, module)
    } else {
      args.forEach((module, place) => {
        this.add_module(String(place), module as Module)
      })
    }
  }

  override forward(...input: FirstArguments<L>): LastResult<L>
  override forward(...input: unknown[]): unknown {
    let next = input
    for (const name of this[INTERNALS].order.keys(this)) {
      const child = fields_of(this)[name]
      if (is_module(child)) next = [(child as Layer)(...next)]
    }
    return next[0]
  }

  /** As Python's `chain[0] = module`, by place. @internal */
  [ASSIGN](name: string, value: unknown): boolean {
    if (!is_place(name)) return false
    this.set_at(Number(name), value as Module)
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

  /** The module at a place (a negative one counts from the end), or the chain at a slice such as `'1:3'`. */
  at(index: Int): Layer
  at(index: Slice): Sequential
  at(index: Int | string): Module {
    const children = children_in_order(this)
    if (typeof index !== 'string') return children[absolute_index(index, children.length)]![1]
    const items = slice_places(index, children.length).map((place) => children[place]!)
    return new (this.constructor as new (items: OrderedDict<Module>) => Sequential)(new OrderedDict(items))
  }

  /** Puts a module in the place of another. */
  set_at(index: Int, module: Module): void {
    const children = children_in_order(this)
    set_attribute(this, children[absolute_index(index, children.length)]![0], module)
  }

  /** Removes the module at a place, or those at a slice; the rest are numbered anew. */
  delete_at(index: Int | Slice): void {
    const children = children_in_order(this)
    const places =
      typeof index === 'string'
        ? slice_places(index, children.length)
        : [absolute_index(index, children.length)]
    for (const place of places) delete_field(this, children[place]![0])
    renumber(this)
  }

  /** Removes the module at a place and returns it. */
  pop(key: Int): Layer {
    const module = this.at(key)
    this.delete_at(key)
    return module
  }

  /** Adds a module at the end. */
  append(module: Module): this {
    this.add_module(String(this.length), module)
    return this
  }

  /** Puts a module before the one at a place. */
  insert(index: number, module: Module): this {
    if (!is_module(module))
      throw assertion_error(`module should be of type: Module, not ${type_name(module)}`)
    const modules = children_in_order(this).map(([, child]) => child)
    if (index < -modules.length || index > modules.length) throw index_error(`Index out of range: ${index}`)
    modules.splice(index, 0, module)
    modules.forEach((child, place) => {
      set_field(this, String(place), child)
    })
    return this
  }

  /** Adds the modules of another container at the end. */
  extend(sequential: Iterable<Module>): this {
    for (const module of [...sequential]) this.append(module)
    return this
  }

  /** A chain of this one's modules and another's. Python's `+`. */
  add(other: Sequential): Sequential {
    if (!(other instanceof Sequential))
      throw value_error(
        `add operator supports only objects of Sequential class, but ${type_name(other)} is given.`,
      )
    return new Sequential().extend(this).extend(other)
  }

  /** A chain that runs through the same modules several times. Python's `*`. */
  mul(times: number): Sequential {
    if (typeof times !== 'number' || !Number.isInteger(times))
      throw type_error(`unsupported operand type(s) for *: ${this.constructor.name} and ${type_name(times)}`)
    if (times <= 0)
      throw value_error(`Non-positive multiplication factor ${times} for ${this.constructor.name}`)
    const combined = new Sequential()
    for (let i = 0; i < times; i++) combined.extend(this)
    return combined
  }

  /** The modules in their order. */
  [Symbol.iterator](): Iterator<Layer> {
    return children_in_order(this)
      .map(([, child]) => child as Layer)
      [Symbol.iterator]()
  }

  static {
    methods(Sequential, { pop: 'key', append: 'module', insert: 'index, module', extend: 'sequential' })
  }
}
