import { type Items, items_of, type OrderedDict } from '../../collections.js'
import { key_error, type_error, value_error } from '../../errors.js'
import { methods } from '../../python/methods.js'
import { of_objects, optional } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { py_repr } from '../repr.js'
import { ASSIGN, delete_field } from './internals.js'
import { type AnyModule, Module } from './module.js'
import { type_name } from './registration.js'
import { children_in_order } from './sequential.js'

/** Pairs for a dictionary module, checked as PyTorch checks them. */
export function pairs_of<V>(name: string, update_name: string, source: unknown): [string, V][] {
  if (source === null || (typeof source !== 'object' && typeof source !== 'function'))
    throw type_error(
      `${update_name}.update should be called with an iterable of key/value pairs, but got ${type_name(source)}`,
    )
  if (source instanceof ModuleDict) return source.items() as unknown as [string, V][]
  return [...items_of(source as Items<V>)].map((pair: unknown, place) => {
    if (!Array.isArray(pair))
      throw type_error(`${name} update sequence element #${place} should be Iterable; is ${type_name(pair)}`)
    if (pair.length !== 2)
      throw value_error(`${name} update sequence element #${place} has length ${pair.length}; 2 is required`)
    return pair as [string, V]
  })
}

const MODULE_DICT = signature('ModuleDict', { modules: of_objects(optional<unknown>(null)) })

/**
 * A dictionary of modules, all of which are registered. It keeps the order of insertion, whole numbers included.
 *
 * @param modules - the modules by name: a plain object, a Map, pairs, or another dictionary
 *
 * @example
 * ```ts
 * const choices = new nn.ModuleDict({ conv: new nn.Conv2d(10, 10, 3), linear: new nn.Linear(10, 10) })
 * const y = choices.get('conv')(x)
 * ```
 *
 * @see torch/nn/modules/container.py
 */
export class ModuleDict<M extends AnyModule = Module> extends Module implements Iterable<string> {
  constructor(modules?: Items<M> | OrderedDict<M> | ModuleDict<M> | null)
  constructor(options: { modules?: Items<M> | OrderedDict<M> | ModuleDict<M> | null })
  constructor(...args: unknown[]) {
    super()
    const { modules } = MODULE_DICT.take(args, new.target.name)
    if (modules !== null) this.update(modules as Items<M>)
  }

  /** As Python's `dictionary['name'] = module`; a subclass may have other fields. @internal */
  [ASSIGN](name: string, value: unknown): boolean {
    if (Object.getPrototypeOf(this) !== ModuleDict.prototype) return false
    this.set(name, value as M)
    return true
  }

  /** How many modules there are. */
  override get length(): number {
    return children_in_order(this).length
  }

  /**
   * The module of a name.
   *
   * @throws KeyError where there is none
   */
  get(name: string): M {
    for (const [known, module] of children_in_order(this)) if (known === name) return module as M
    throw key_error(py_repr(name))
  }

  /** Sets the module of a name. */
  set(name: string, module: M): this {
    this.add_module(name, module)
    return this
  }

  /** Whether there is a module of the name. */
  has(name: string): boolean {
    return children_in_order(this).some(([known]) => known === name)
  }

  /** Removes the module of a name. Throws KeyError where there is none. */
  delete(name: string): void {
    this.get(name)
    delete_field(this, name)
  }

  /** Removes the module of a name and returns it. Throws KeyError where there is none. */
  pop(key: string): M {
    const module = this.get(key)
    delete_field(this, key)
    return module
  }

  /** Removes all modules. */
  clear(): void {
    for (const [name] of children_in_order(this)) delete_field(this, name)
  }

  /** Sets the modules of another mapping, or of pairs, in their order. */
  update(modules: Items<M> | OrderedDict<M> | ModuleDict<M>): void {
    for (const [name, module] of pairs_of<M>('ModuleDict', 'ModuleDict', modules)) this.set(name, module)
  }

  /** The names in their order. */
  keys(): string[] {
    return children_in_order(this).map(([name]) => name)
  }

  /** The modules in their order. */
  values(): M[] {
    return children_in_order(this).map(([, module]) => module as M)
  }

  /** The names and modules in their order. */
  items(): [string, M][] {
    return children_in_order(this) as [string, M][]
  }

  /** As in Python, iterating gives the names. */
  [Symbol.iterator](): Iterator<string> {
    return this.keys()[Symbol.iterator]()
  }

  static {
    methods(ModuleDict, { pop: 'key', clear: '', update: 'modules{}', keys: '', values: '', items: '' })
  }
}
