import { take_options } from '../../ops/keywords.js'
import { scope_owner } from '../../scope.js'
import type { Tensor } from '../../tensor.js'
import type { Parameter } from '../parameter.js'
import { call_with_hooks } from './call.js'
import { watch_class_fields } from './class_fields.js'
import { INTERNALS, Internals, is_module } from './internals.js'
import type { Module } from './module.js'
import { global_hooks } from './module_hooks.js'
import * as registration from './registration.js'
import { type MemberOptions, named_children, named_members, named_modules } from './walk.js'

// Nothing but modules is made of it.
const self_of = (tree: ModuleTree): Module => tree as Module

/**
 * What a module is made of: a function object with fields, some of which are its parameters, buffers and children.
 *
 * @see torch/nn/modules/module.py
 */
export class ModuleTree {
  /** Whether the module is in training mode (see {@link train}). */
  declare training: boolean
  /** @internal */
  declare readonly [INTERNALS]: Internals

  constructor() {
    const internals = new Internals()
    const call = (...args: unknown[]): unknown => {
      scope_owner(self)
      return global_hooks.any || internals.hooks?.any
        ? call_with_hooks(self as unknown as Module, internals.hooks, args)
        : (self as unknown as Module).forward(...args)
    }
    const self = Object.setPrototypeOf(call, new.target.prototype) as this
    // A model may have fields of these names, and containers have a length.
    delete (call as { name?: string }).name
    delete (call as { length?: number }).length
    Object.defineProperty(self, INTERNALS, { value: internals })
    Object.defineProperty(self, 'training', {
      value: true,
      writable: true,
      enumerable: true,
      configurable: true,
    })
    watch_class_fields(self_of(self), new.target)
    scope_owner(self)
    // biome-ignore lint/correctness/noConstructorReturn: what makes a module callable
    return self
  }

  /**
   * Registers a tensor that is state but no parameter, under a field of that name.
   *
   * @param name - the field's name
   * @param tensor - the buffer; null where there is none yet
   * @param persistent - whether `state_dict()` holds it. Default: true
   * @throws KeyError for a name that is empty, has a dot, or is taken; TypeError for something else than a Tensor
   *
   * @example
   * ```ts
   * this.register_buffer('running_mean', torch.zeros(num_features))
   * ```
   */
  register_buffer(
    name: string,
    tensor: Tensor | null,
    persistent: boolean | { persistent?: boolean } = true,
  ): void {
    registration.register_buffer(
      self_of(this),
      name,
      tensor,
      typeof persistent === 'boolean' ? persistent : (persistent.persistent ?? true),
    )
  }

  /**
   * Registers a parameter under a field of that name; null keeps the name for one to come.
   *
   * @throws KeyError for a name that is empty, has a dot, or is taken; TypeError for something else than a Parameter
   */
  register_parameter(name: string, param: Parameter | null): void {
    registration.register_parameter(self_of(this), name, param)
  }

  /**
   * Registers a child under a field of that name; null keeps the name for one to come.
   *
   * @throws KeyError for a name that is empty, has a dot, or is taken; TypeError for something else than a Module
   */
  add_module(name: string, module: Module | null): void {
    registration.add_module(self_of(this), name, module)
  }

  /** The same as {@link add_module}. */
  register_module(name: string, module: Module | null): void {
    this.add_module(name, module)
  }

  /**
   * The module at a path such as `'net.conv'`; this module for the empty path.
   *
   * @throws AttributeError where a part of the path is missing or is no module
   */
  get_submodule(target: string): Module {
    return registration.get_submodule(self_of(this), target)
  }

  /**
   * Puts a module at a path, where its parent exists; with `strict`, only in place of one that is there.
   *
   * @throws ValueError for an empty path or no Module; AttributeError where the path does not lead to a module
   */
  set_submodule(target: string, module: Module, strict: boolean | { strict?: boolean } = false): void {
    registration.set_submodule(
      self_of(this),
      target,
      module,
      typeof strict === 'boolean' ? strict : (strict.strict ?? false),
    )
  }

  /** The parameter at a path such as `'net.conv.weight'`. Throws AttributeError where there is none. */
  get_parameter(target: string): Parameter {
    return registration.get_parameter(self_of(this), target)
  }

  /** The buffer at a path such as `'net.norm.running_mean'`. Throws AttributeError where there is none. */
  get_buffer(target: string): Tensor {
    return registration.get_buffer(self_of(this), target)
  }

  /** All parameters, each once. An optimizer is given these. */
  *parameters(recurse: boolean | { recurse?: boolean } = true): Generator<Parameter, void, undefined> {
    const all = typeof recurse === 'boolean' ? recurse : (recurse.recurse ?? true)
    for (const [, parameter] of named_members(self_of(this), 'parameters', '', all, true)) yield parameter
  }

  /**
   * All parameters with their names.
   *
   * @param prefix - what all names begin with. Default: `''`
   * @param recurse - whether the descendants' are listed too. Default: true
   * @param remove_duplicate - whether one that has several names is listed once. Default: true
   */
  named_parameters(
    prefix?: string | MemberOptions,
    recurse?: boolean | MemberOptions,
    remove_duplicate?: boolean | MemberOptions,
  ): Generator<[string, Parameter], void, undefined>
  named_parameters(...args: unknown[]): Generator<[string, Parameter], void, undefined> {
    const given = member_options('named_parameters', args)
    return named_members(self_of(this), 'parameters', given.prefix, given.recurse, given.remove_duplicate)
  }

  /** All buffers, each once. */
  *buffers(recurse: boolean | { recurse?: boolean } = true): Generator<Tensor, void, undefined> {
    const all = typeof recurse === 'boolean' ? recurse : (recurse.recurse ?? true)
    for (const [, buffer] of named_members(self_of(this), 'buffers', '', all, true)) yield buffer
  }

  /** All buffers with their names; parameters as of {@link named_parameters}. */
  named_buffers(
    prefix?: string | MemberOptions,
    recurse?: boolean | MemberOptions,
    remove_duplicate?: boolean | MemberOptions,
  ): Generator<[string, Tensor], void, undefined>
  named_buffers(...args: unknown[]): Generator<[string, Tensor], void, undefined> {
    const given = member_options('named_buffers', args)
    return named_members(self_of(this), 'buffers', given.prefix, given.recurse, given.remove_duplicate)
  }

  /** The immediate children, each once. */
  *children(): Generator<Module, void, undefined> {
    for (const [, child] of named_children(self_of(this))) yield child
  }

  /** The immediate children with their names, each once. */
  named_children(): Generator<[string, Module], void, undefined> {
    return named_children(self_of(this))
  }

  /** This module and all its descendants, each once. */
  *modules(
    remove_duplicate: boolean | { remove_duplicate?: boolean } = true,
  ): Generator<Module, void, undefined> {
    const once =
      typeof remove_duplicate === 'boolean' ? remove_duplicate : (remove_duplicate.remove_duplicate ?? true)
    for (const [, module] of named_modules(self_of(this), new Set(), '', once)) yield module
  }

  /**
   * This module, under the name `''`, and all its descendants with their names.
   *
   * @param memo - modules that count as listed
   * @param prefix - what all names begin with. Default: `''`
   * @param remove_duplicate - whether one that has several names is listed once. Default: true
   */
  named_modules(
    memo?: Set<Module> | null | NamedModulesOptions,
    prefix?: string | NamedModulesOptions,
    remove_duplicate?: boolean | NamedModulesOptions,
  ): Generator<[string, Module], void, undefined>
  named_modules(...args: unknown[]): Generator<[string, Module], void, undefined> {
    const given = take_options<Required<NamedModulesOptions>>(
      'named_modules',
      args,
      ['memo', 'prefix', 'remove_duplicate'],
      { memo: null, prefix: '', remove_duplicate: true },
    )
    return named_modules(self_of(this), given.memo ?? new Set(), given.prefix, given.remove_duplicate)
  }
}

// At the end of every module's prototypes: sees assignments to fields that a module does not have yet, and nothing else.
Object.setPrototypeOf(
  ModuleTree.prototype,
  new Proxy(Object.create(Object.prototype) as object, {
    set(target, name, value, receiver) {
      if (typeof name === 'symbol' || name in target || !is_module(receiver))
        return Reflect.set(target, name, value, receiver)
      registration.assign_attribute(receiver, name, value)
      return true
    },
  }),
)

/** Keywords of {@link ModuleTree.named_modules}. */
export type NamedModulesOptions = {
  memo?: Set<Module> | null
  prefix?: string
  remove_duplicate?: boolean
}

function member_options(name: string, args: unknown[]): Required<MemberOptions> {
  return take_options(name, args, ['prefix', 'recurse', 'remove_duplicate'], {
    prefix: '',
    recurse: true,
    remove_duplicate: true,
  })
}
