import { without_grad } from '../../autograd/grad_mode.js'
import { runtime_error } from '../../errors.js'
import { methods } from '../../python/methods.js'
import type { Tensor } from '../../tensor.js'
import { is_lazy } from '../uninitialized.js'
import { INTERNALS, members_of } from './internals.js'
import type { Module } from './module.js'

/** What modules have whose parameters take their shapes from the first input. */
export interface LazyModule {
  /** Whether a parameter or buffer has no shape yet. */
  has_uninitialized_params(): boolean
  /** Gives the parameters and buffers their shapes, and their first values. */
  initialize_parameters(input: Tensor): void
}

type Lazy = Module & LazyModule

/** The numbers of the two hooks that a lazy module has until its first call. */
const HOOKS: unique symbol = Symbol('lazy')

interface WithHooks {
  [HOOKS]?: { load: number; initialize: number; become: { prototype: object } | null }
}

function has_uninitialized_params(module: Module): boolean {
  const { parameters, buffers } = members_of(module)
  return [...parameters, ...buffers].some(([, value]) => is_lazy(value))
}

// A state that is loaded before the first call decides the shapes too.
function load_hook(module: Module, state_dict: Record<string, Tensor>, prefix: string): void {
  const { parameters, buffers } = members_of(module)
  for (const [name, value] of [...parameters, ...buffers]) {
    const given = Object.hasOwn(state_dict, prefix + name) ? state_dict[prefix + name] : undefined
    if (is_lazy(value) && given !== undefined && !is_lazy(given))
      without_grad(() => value.materialize(given.shape))
  }
}

function infer(module: Lazy, args: unknown[], kwargs: Record<string, unknown>): void {
  const given = Object.keys(kwargs).length > 0 ? [...args, kwargs] : args
  ;(module.initialize_parameters as (...args: unknown[]) => void)(...given)
  if (has_uninitialized_params(module))
    throw runtime_error(`module ${module.constructor.name} has not been fully initialized`)
  const { [HOOKS]: noted } = module as WithHooks
  const { hooks } = module[INTERNALS]
  if (noted === undefined || hooks === null) return
  hooks.load_state_dict_pre.delete(noted.load)
  hooks.forward_pre.delete(noted.initialize)
  hooks.forward_pre_with_kwargs.delete(noted.initialize)
  delete (module as WithHooks)[HOOKS]
  if (noted.become !== null) Object.setPrototypeOf(module, noted.become.prototype)
}

/**
 * Makes a module lazy: before its first call, `initialize_parameters` is called with the call's arguments; then the module
 * becomes one of `become`, where that is given.
 *
 * @param module - with parameters that are {@link UninitializedParameter}s
 * @param become - the class that it is of once it is initialized
 */
export function begin_lazy(module: Lazy, become: { prototype: object } | null = null): void {
  const load = module.register_load_state_dict_pre_hook(load_hook as never)
  const initialize = module.register_forward_pre_hook(infer as never, { with_kwargs: true })
  const value = { load: load.id, initialize: initialize.id, become }
  Object.defineProperty(module, HOOKS, { value, configurable: true })
}

/** Puts the methods of lazy modules on classes; `parameters` lists those of `initialize_parameters`; `reset_parameters` waits until there are parameters. */
export function lazy_methods<M extends Module & { reset_parameters(): void }>(
  classes: readonly { prototype: M }[],
  size_is_known: (module: M) => boolean,
  initialize_parameters: (module: M, input: Tensor) => void,
  parameters = 'input',
): void {
  for (const { prototype } of classes) {
    const plain = Object.getPrototypeOf(prototype) as M
    const own = {
      has_uninitialized_params(this: M): boolean {
        return has_uninitialized_params(this)
      },
      reset_parameters(this: M): void {
        if (!has_uninitialized_params(this) && size_is_known(this)) plain.reset_parameters.call(this)
      },
      initialize_parameters(this: M, input: Tensor): void {
        initialize_parameters(this, input)
      },
    }
    for (const [name, value] of Object.entries(own))
      Object.defineProperty(prototype, name, { value, writable: true, configurable: true })
    methods(
      { prototype },
      { has_uninitialized_params: '', reset_parameters: '', initialize_parameters: parameters },
    )
  }
}
