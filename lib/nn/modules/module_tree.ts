import { expect_string } from '../../expect.js'
import { is_built_in, traps } from '../../own.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type AnyCall, signature } from '../../python/signature.js'
import { scope_owner } from '../../scope.js'
import type { Tensor } from '../../tensor.js'
import type { Parameter } from '../parameter.js'
import { call_with_hooks } from './call.js'
import { watch_class_fields } from './class_fields.js'
import { INTERNALS, Internals, is_module } from './internals.js'
import type { Module } from './module.js'
import { global_hooks } from './module_hooks.js'
import * as registration from './registration.js'
import { named_children, named_members, named_modules } from './walk.js'

// Nothing but modules is made of it.
const self_of = (tree: ModuleTree): Module => tree as Module

const NOTHING = signature('Module')
const RECURSE = [{ recurse: optional(true, bool) }] as const
const PARAMETERS = signature('parameters', ...RECURSE)
const BUFFERS = signature('buffers', ...RECURSE)
const NAMED = [
  { prefix: optional<string>('', expect_string) },
  { recurse: optional(true, bool) },
  { remove_duplicate: optional(true, bool) },
] as const
const NAMED_PARAMETERS = signature('named_parameters', ...NAMED)
const NAMED_BUFFERS = signature('named_buffers', ...NAMED)
const MODULES = signature('modules', { remove_duplicate: optional(true, bool) })
const NAMED_MODULES = signature(
  'named_modules',
  { memo: optional<Set<Module> | null>(null) },
  { prefix: optional<string>('', expect_string) },
  { remove_duplicate: optional(true, bool) },
)
const REGISTER_BUFFER = signature(
  'register_buffer',
  { name: required<string>() },
  { tensor: required<Tensor | null>() },
  { persistent: optional(true, bool) },
)
const SET_SUBMODULE = signature(
  'set_submodule',
  { target: required<string>(expect_string) },
  { module: required<Module>() },
  { strict: optional(false, bool) },
)

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

  constructor()
  constructor(...args: unknown[]) {
    if (args.length > 0) NOTHING.bind(args, new.target.name)
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
  register_buffer(...args: AnyCall<typeof REGISTER_BUFFER>): void {
    registration.register_buffer(self_of(this), ...REGISTER_BUFFER.bind(args))
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
  set_submodule(...args: AnyCall<typeof SET_SUBMODULE>): void {
    registration.set_submodule(self_of(this), ...SET_SUBMODULE.bind(args))
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
  parameters(...args: AnyCall<typeof PARAMETERS>): Generator<Parameter, void, undefined> {
    const [recurse] = PARAMETERS.bind(args)
    return values_of(named_members(self_of(this), 'parameters', '', recurse, true))
  }

  /**
   * All parameters with their names.
   *
   * @param prefix - what all names begin with. Default: `''`
   * @param recurse - whether the descendants' are listed too. Default: true
   * @param remove_duplicate - whether one that has several names is listed once. Default: true
   */
  named_parameters(
    ...args: AnyCall<typeof NAMED_PARAMETERS>
  ): Generator<[string, Parameter], void, undefined> {
    return named_members(self_of(this), 'parameters', ...NAMED_PARAMETERS.bind(args))
  }

  /** All buffers, each once. */
  buffers(...args: AnyCall<typeof BUFFERS>): Generator<Tensor, void, undefined> {
    const [recurse] = BUFFERS.bind(args)
    return values_of(named_members(self_of(this), 'buffers', '', recurse, true))
  }

  /** All buffers with their names; parameters as of {@link named_parameters}. */
  named_buffers(...args: AnyCall<typeof NAMED_BUFFERS>): Generator<[string, Tensor], void, undefined> {
    return named_members(self_of(this), 'buffers', ...NAMED_BUFFERS.bind(args))
  }

  /** The immediate children, each once. */
  children(): Generator<Module, void, undefined> {
    return values_of(named_children(self_of(this)))
  }

  /** The immediate children with their names, each once. */
  named_children(): Generator<[string, Module], void, undefined> {
    return named_children(self_of(this))
  }

  /** This module and all its descendants, each once. */
  modules(...args: AnyCall<typeof MODULES>): Generator<Module, void, undefined> {
    const [remove_duplicate] = MODULES.bind(args)
    return values_of(named_modules(self_of(this), new Set(), '', remove_duplicate))
  }

  /**
   * This module, under the name `''`, and all its descendants with their names.
   *
   * @param memo - modules that count as listed
   * @param prefix - what all names begin with. Default: `''`
   * @param remove_duplicate - whether one that has several names is listed once. Default: true
   */
  named_modules(...args: AnyCall<typeof NAMED_MODULES>): Generator<[string, Module], void, undefined> {
    const [memo, prefix, remove_duplicate] = NAMED_MODULES.bind(args)
    return named_modules(self_of(this), memo ?? new Set(), prefix, remove_duplicate)
  }

  static {
    methods(ModuleTree, {
      register_parameter: 'name, param',
      add_module: 'name, module',
      register_module: 'name, module',
      get_submodule: 'target',
      get_parameter: 'target',
      get_buffer: 'target',
      children: '',
      named_children: '',
    })
  }
}

// At the end of every module's prototypes: sees assignments to fields that a module does not have yet, and nothing else.
Object.setPrototypeOf(
  ModuleTree.prototype,
  new Proxy(
    Object.create(Object.prototype) as object,
    traps({
      set(target, name, value, receiver) {
        if (typeof name === 'symbol' || is_built_in(name) || !is_module(receiver))
          return Reflect.set(target, name, value, receiver)
        registration.assign_attribute(receiver, name, value)
        return true
      },
    }),
  ),
)

function* values_of<T>(items: Iterable<[string, T]>): Generator<T, void, undefined> {
  for (const [, value] of items) yield value
}
