import { runtime_error } from '../../errors.js'
import { own, own_value } from '../../own.js'
import { bool } from '../../python/checks.js'
import { keyword, required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { add_hook, type HookMap, type Nothing, type RemovableHandle } from '../../utils/hooks.js'
import { INTERNALS } from './internals.js'
import type { Module } from './module.js'

/** Gradients of a module's inputs or outputs: null where there is none, or where no Tensor stood. */
export type Gradients = (Tensor | null)[]

/** Runs before `forward`; an array it returns replaces the arguments, anything else the only argument. */
export type ForwardPreHook<M = Module> = (module: M, args: unknown[]) => unknown
/** The same with the keywords apart: returns nothing, or `[args, kwargs]`. */
export type ForwardPreHookWithKwargs<M = Module> = (
  module: M,
  args: unknown[],
  kwargs: Record<string, unknown>,
) => unknown
/** Runs after `forward`; what it returns replaces the output. */
export type ForwardHook<M = Module, R = unknown> = (module: M, args: unknown[], output: R) => unknown
/** The same with the keywords apart. */
export type ForwardHookWithKwargs<M = Module, R = unknown> = (
  module: M,
  args: unknown[],
  kwargs: Record<string, unknown>,
  output: R,
) => unknown
/** Runs when the gradients of a module's outputs are there; gradients it returns replace them. */
export type BackwardPreHook<M = Module> = (module: M, grad_output: Gradients) => Gradients | Tensor | Nothing
/** Runs when the gradients of a module's inputs are there; gradients it returns replace them. */
export type BackwardHook<M = Module> = (
  module: M,
  grad_input: Gradients,
  grad_output: Gradients,
) => Gradients | Tensor | Nothing

/** Where a hook goes, and what it is given. */
export interface ForwardPreHookOptions {
  /** Before all hooks registered so far. Default: false. */
  prepend?: boolean
  /** Whether it is given the keywords (a trailing plain object). Default: false. */
  with_kwargs?: boolean
}

/** Where a hook goes, and when it runs. */
export interface ForwardHookOptions extends ForwardPreHookOptions {
  /** Whether it runs also where an error is thrown. Default: false. */
  always_call?: boolean
}

type AnyForwardPreHook = (module: Module, args: unknown[], kwargs?: Record<string, unknown>) => unknown
type AnyForwardHook = (module: Module, args: unknown[], ...rest: unknown[]) => unknown

/** The hooks around calls: those of one module, or those common to all. */
export class CallHooks {
  readonly forward_pre: HookMap<AnyForwardPreHook> = new Map()
  readonly forward_pre_with_kwargs = new Map<number, true>()
  readonly forward: HookMap<AnyForwardHook> = new Map()
  readonly forward_with_kwargs = new Map<number, true>()
  readonly forward_always = new Map<number, true>()
  readonly backward_pre: HookMap<BackwardPreHook> = new Map()
  readonly backward: HookMap<BackwardHook> = new Map()
  /** Whether the backward hooks are full ones, of the deprecated kind, or null before the first. */
  is_full_backward: boolean | null = null

  /** Whether a call has anything to run beside `forward`. */
  get any(): boolean {
    return this.forward_pre.size + this.forward.size + this.backward_pre.size + this.backward.size > 0
  }

  /** Whether a call has something to run just before or after `forward`. */
  get any_forward(): boolean {
    return this.forward_pre.size + this.forward.size > 0
  }

  add_forward_pre(hook: AnyForwardPreHook, options: ForwardPreHookOptions): RemovableHandle {
    options = own(options)
    const handle = add_hook(this.forward_pre, hook, {
      prepend: options.prepend,
      extra_dict: [this.forward_pre_with_kwargs],
    })
    if (options.with_kwargs) this.forward_pre_with_kwargs.set(handle.id, true)
    return handle
  }

  add_forward(hook: AnyForwardHook, options: ForwardHookOptions): RemovableHandle {
    options = own(options)
    const handle = add_hook(this.forward, hook, {
      prepend: options.prepend,
      extra_dict: [this.forward_with_kwargs, this.forward_always],
    })
    if (options.with_kwargs) this.forward_with_kwargs.set(handle.id, true)
    if (options.always_call) this.forward_always.set(handle.id, true)
    return handle
  }
}

/** Registers a backward hook of either kind; `where` says what has but one kind. */
export function add_backward(
  hooks: CallHooks,
  hook: BackwardHook,
  options: { full: boolean; where: string; prepend?: boolean | undefined },
): RemovableHandle {
  if (hooks.is_full_backward === !options.full)
    throw runtime_error(
      `Cannot use both regular backward hooks and full backward hooks ${options.where}. Please use only one of them.`,
    )
  hooks.is_full_backward = options.full
  return add_hook(hooks.backward, hook, { prepend: own_value(options, 'prepend') })
}

/** What `state_dict` gives a hook of one module beside the dictionary. */
export interface LocalMetadata {
  version?: number
  assign_to_params_buffers?: boolean
  /** How many steps an EMA had seen. */
  ema_steps?: number
}

/** Hooks around `state_dict` and `load_state_dict`. The dictionaries are changed in place. */
export type StateDictPreHook<M = Module> = (module: M, prefix: string, keep_vars: boolean) => void
export type StateDictPostHook<M = Module> = (
  module: M,
  state_dict: Record<string, Tensor>,
  prefix: string,
  local_metadata: LocalMetadata,
) => void
export type LoadStateDictPreHook<M = Module> = (
  module: M,
  state_dict: Record<string, Tensor>,
  prefix: string,
  local_metadata: LocalMetadata,
  strict: boolean,
  missing_keys: string[],
  unexpected_keys: string[],
  error_msgs: string[],
) => void
export type LoadStateDictPostHook<M = Module> = (
  module: M,
  incompatible_keys: { missing_keys: string[]; unexpected_keys: string[] },
) => void

/** All hooks of one module. */
export class ModuleHooks extends CallHooks {
  readonly state_dict_pre: HookMap<StateDictPreHook> = new Map()
  readonly state_dict_post: HookMap<StateDictPostHook> = new Map()
  readonly load_state_dict_pre: HookMap<LoadStateDictPreHook> = new Map()
  readonly load_state_dict_post: HookMap<LoadStateDictPostHook> = new Map()

  /** Whether there is a hook of any kind. */
  get any_of_all(): boolean {
    const { state_dict_pre, state_dict_post, load_state_dict_pre, load_state_dict_post } = this
    const others = [state_dict_pre, state_dict_post, load_state_dict_pre, load_state_dict_post]
    return this.any || others.some((hooks) => hooks.size > 0)
  }
}

/** A module's hooks, made at first use. */
export function hooks_of(module: Module): ModuleHooks {
  const internals = module[INTERNALS]
  internals.hooks ??= new ModuleHooks()
  return internals.hooks
}

/** The hooks common to all modules. */
export const global_hooks = new CallHooks()

type RegistrationHook<V> = (module: Module, name: string, value: V) => V | Nothing

/** Hooks that run where something is registered by name. */
export const registration_hooks = {
  buffer: new Map<number, RegistrationHook<Tensor | null>>(),
  module: new Map<number, RegistrationHook<Module | null>>(),
  parameter: new Map<number, RegistrationHook<Tensor | null>>(),
}

const GLOBAL_PRE_HOOK = signature('register_module_forward_pre_hook', { hook: required<AnyForwardPreHook>() })
const GLOBAL_HOOK = signature(
  'register_module_forward_hook',
  { hook: required<unknown>() },
  { with_kwargs: keyword(false, bool) },
  { always_call: keyword(false, bool) },
)

/**
 * Registers a hook that runs before every `forward` of every module, before the module's own.
 *
 * @example
 * ```ts
 * const handle = nn.register_module_forward_pre_hook((module) => console.log(module.constructor.name))
 * ```
 *
 * @see torch/nn/modules/module.py
 */
export function register_module_forward_pre_hook(hook: ForwardPreHook): RemovableHandle
export function register_module_forward_pre_hook(...args: unknown[]): RemovableHandle {
  const [hook] = GLOBAL_PRE_HOOK.bind(args)
  return global_hooks.add_forward_pre(hook, {})
}

/** Registers a hook that runs after every `forward` of every module, before the module's own. */
export function register_module_forward_hook(
  hook: ForwardHook,
  options?: { with_kwargs?: false; always_call?: boolean },
): RemovableHandle
export function register_module_forward_hook(
  hook: ForwardHookWithKwargs,
  options: { with_kwargs: true; always_call?: boolean },
): RemovableHandle
export function register_module_forward_hook(...args: unknown[]): RemovableHandle {
  const { hook, ...options } = GLOBAL_HOOK.take(args)
  return global_hooks.add_forward(hook as AnyForwardHook, options)
}

/** Registers a full backward pre-hook common to all modules. */
export function register_module_full_backward_pre_hook(hook: BackwardPreHook): RemovableHandle {
  return add_hook(global_hooks.backward_pre, hook)
}

/** Registers a full backward hook common to all modules. */
export function register_module_full_backward_hook(hook: BackwardHook): RemovableHandle {
  return add_backward(global_hooks, hook, { full: true, where: 'as a global Module hook' })
}

/**
 * Registers a backward hook of the deprecated kind common to all modules: see `nn.Module.register_backward_hook`.
 *
 * @throws RuntimeError where full backward hooks were registered for all modules
 */
export function register_module_backward_hook(hook: BackwardHook): RemovableHandle {
  return add_backward(global_hooks, hook, { full: false, where: 'as a global Module hook' })
}

/** Registers a hook that `register_buffer` runs; a tensor it returns is registered instead. */
export function register_module_buffer_registration_hook(
  hook: RegistrationHook<Tensor | null>,
): RemovableHandle {
  return add_hook(registration_hooks.buffer, hook)
}

/** Registers a hook that `register_module` runs; a module it returns is registered instead. */
export function register_module_module_registration_hook(
  hook: RegistrationHook<Module | null>,
): RemovableHandle {
  return add_hook(registration_hooks.module, hook)
}

/** Registers a hook that `register_parameter` runs; a parameter it returns is registered instead. */
export function register_module_parameter_registration_hook(
  hook: RegistrationHook<Tensor | null>,
): RemovableHandle {
  return add_hook(registration_hooks.parameter, hook)
}
