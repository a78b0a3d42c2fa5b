import { inspect } from 'node:util'
import { not_implemented_error, type_error, type_name, value_error } from '../errors.js'
import { native } from '../native.js'
import { is_options } from '../ops/keywords.js'
import { own_value, set_own } from '../own.js'
import { methods } from '../python/methods.js'
import { of_objects, required as required_argument } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { is_set } from '../realm.js'
import { py_repr } from '../repr.js'
import { py_tensor } from '../tensor/py_tensor.js'
import { handle_of, Tensor } from '../tensor.js'
import { not_json, uncloneable } from '../uncloneable.js'
import { add_hook, type HookMap, type Nothing, type RemovableHandle } from '../utils/hooks.js'
import { check_group } from './check_groups.js'
import { take_first_steps } from './first_steps.js'
import { guard_new_fields } from './new_fields.js'
import { load_optimizer_state, type OptimizerStateDict, pack_optimizer_state } from './state_dict.js'
import { hook_step, type StepPostHook, type StepPreHook } from './step_hooks.js'

/** What an optimizer keeps for one parameter, by name. */
export type ParamState = Record<string, unknown>

/** Parameters that share options. The options are plain properties and may be changed between steps. */
export interface ParamGroup {
  params: Tensor[]
  /** The parameters' names, where the optimizer was made from named ones. */
  param_names?: string[]
}

/** A parameter, or a name and a parameter. */
export type Param = Tensor | readonly [name: string, param: Tensor]

/** A group as it is given to an optimizer: its parameters, and options that differ from the optimizer's. */
export type GroupInput<G extends ParamGroup = ParamGroup> = { params: Tensor | Iterable<Param> } & Partial<
  Omit<G, 'params' | 'param_names'>
>

/** What an optimizer is made for: parameters, named parameters, or groups of them. */
export type Params<G extends ParamGroup = ParamGroup> = Iterable<Param> | Iterable<GroupInput<G>>

/** What stands in `defaults` for an option that every group must give. */
export const required: unique symbol = Symbol('<required parameter>')

const OPTIMIZER = signature(
  'Optimizer',
  { params: required_argument<Params>() },
  { defaults: of_objects(required_argument<Record<string, unknown>>()) },
)

type PreHook = (optimizer: Optimizer) => void
type PostHook = (optimizer: Optimizer, state_dict: OptimizerStateDict) => OptimizerStateDict | Nothing

interface Hooks {
  readonly step_pre: HookMap<StepPreHook>
  readonly step_post: HookMap<StepPostHook>
  readonly state_dict_pre: HookMap<PreHook>
  readonly state_dict_post: HookMap<PostHook>
  readonly load_state_dict_pre: HookMap<PostHook>
  readonly load_state_dict_post: HookMap<PreHook>
}

/** A group's option by name. */
export function options_of(group: ParamGroup): Record<string, unknown> {
  return group as unknown as Record<string, unknown>
}

function tensor_name(value: unknown): string {
  return value instanceof Tensor ? value.type() : type_name(value)
}

/**
 * Base class of all optimizers. A subclass passes its parameters and the defaults of its options to the constructor and
 * defines `step`.
 *
 * @param params - parameters, named parameters, or groups `{ params, …options }`, in an order that stays the same
 * @param defaults - the options of groups that do not give their own
 * @throws TypeError for a Tensor or something that is no list; ValueError for an empty list
 *
 * @example
 * ```ts
 * class Descent extends optim.Optimizer<{ params: Tensor[]; lr: number }> {
 *   constructor(params: optim.Params, lr: number) {
 *     super(params, { lr })
 *   }
 *   override step() {
 *     torch.no_grad(() => {
 *       for (const { params, lr } of this.param_groups)
 *         for (const p of params) if (p.grad) p.sub_(p.grad, { alpha: lr })
 *     })
 *     return null
 *   }
 * }
 * ```
 *
 * @see torch/optim/optimizer.py
 */
export class Optimizer<G extends ParamGroup = ParamGroup, S extends object = ParamState> {
  /** @internal */
  readonly _uncloneable: symbol = uncloneable(
    'Optimizer: send its state_dict() by torch.multiprocessing; an Optimizer',
  )

  /** Refuses `JSON.stringify`. */
  toJSON(): never {
    throw not_json(this, 'save its state_dict() with torch.save')
  }

  /** The options of groups that do not give their own. */
  defaults: Record<string, unknown>
  /** What is kept for each parameter. */
  state = new Map<Tensor, S>()
  /** The parameters in groups, with each group's options. */
  param_groups: G[] = []

  /** @internal */
  readonly _hooks: Hooks = {
    step_pre: new Map(),
    step_post: new Map(),
    state_dict_pre: new Map(),
    state_dict_post: new Map(),
    load_state_dict_pre: new Map(),
    load_state_dict_post: new Map(),
  }

  /**
   * @param params - parameters, named parameters, or groups `{ params, …options }`
   * @param defaults - options of groups that do not give their own
   */
  constructor(params: Params<G>, defaults: Record<string, unknown>)
  constructor(options: { params: Params<G>; defaults: Record<string, unknown> })
  constructor(...args: unknown[]) {
    const [given_params, defaults] = OPTIMIZER.bind(args)
    const params = given_params as Params<G>
    this.defaults = defaults
    hook_step(new.target)
    if (
      params instanceof Tensor ||
      typeof (params as { [Symbol.iterator]?: unknown })?.[Symbol.iterator] !== 'function'
    )
      throw type_error(
        'params argument given to the optimizer should be an iterable of Tensors or dicts, but got ' +
          tensor_name(params),
      )
    const given = [...params] as (Param | GroupInput<G>)[]
    if (given.length === 0) throw value_error('optimizer got an empty parameter list')
    const groups = is_options(given[0]) ? given : [{ params: given }]
    for (const group of groups) this.add_param_group(group as GroupInput<G>)
  }

  /** The names of options whose numbers are floats, for printing. */
  protected get float_options(): readonly string[] {
    return ['lr', 'betas', 'eps']
  }

  /**
   * Updates the parameters once.
   *
   * @param closure - computes the loss anew and returns it; most optimizers need none
   * @returns what the closure returned, or null
   */
  step(): null
  step<R>(closure: () => R): R
  step(_closure?: () => unknown): unknown {
    throw not_implemented_error(`${this.constructor.name}.step() is not defined`)
  }

  /**
   * Removes the gradients of all parameters.
   *
   * @param set_to_none - with false, they are filled with zeros instead. Default: true
   */
  zero_grad(set_to_none?: boolean): void
  zero_grad(options: { set_to_none?: boolean | undefined }): void
  zero_grad(set_to_none: unknown = true): void {
    const handles: number[] = []
    for (const { params } of this.param_groups) for (const param of params) handles.push(handle_of(param))
    native.zero_grads(handles, Boolean(set_to_none))
  }

  /**
   * Adds a group of parameters, as for layers that are trained from now on.
   *
   * @param param_group - its parameters, and options that differ from the optimizer's defaults
   * @throws TypeError for something else than Tensors; ValueError for a Tensor that is no leaf or in a group already
   */
  add_param_group(param_group: GroupInput<G>): void {
    if (!is_options(param_group))
      throw type_error(`param_group must be a dict, but got ${tensor_name(param_group)}`)
    take_first_steps(this)
    const group = param_group as unknown as G
    for (const [name, value] of Object.entries(split_names(param_group.params))) set_own(group, name, value)
    for (const param of group.params) this.#check_param(param)
    const options = options_of(group)
    for (const [name, value] of Object.entries(this.defaults)) {
      if (Object.hasOwn(options, name)) continue
      if (value === required)
        throw value_error(`parameter group didn't specify a value of required optimization parameter ${name}`)
      set_own(options, name, value)
    }
    this.#check_group(group)
    check_group(this as unknown as Optimizer, group, this.param_groups.length)
    this.param_groups.push(group)
  }

  #check_param(param: unknown): void {
    if (!(param instanceof Tensor))
      throw type_error(`optimizer can only optimize Tensors, but one of the params is ${tensor_name(param)}`)
    if (!own_value(this.defaults, 'differentiable') && !(param.is_leaf || param.retains_grad))
      throw value_error("can't optimize a non-leaf Tensor")
  }

  #check_group(group: G): void {
    const own = new Set(group.params.map(identity))
    const has_names = Object.hasOwn(group, 'param_names')
    if (own.size !== group.params.length)
      process.emitWarning(
        'optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see ' +
          'github.com/pytorch/pytorch/issues/40967 for more information',
      )
    for (const other of this.param_groups) {
      if (has_names !== Object.hasOwn(other, 'param_names'))
        throw value_error(
          'all optimizer param groups should be with/without names. cannot add param group ' +
            `${has_names ? 'with names' : 'without names'} to the optimizer`,
        )
      if (other.params.some((param) => own.has(identity(param))))
        throw value_error('some parameters appear in more than one parameter group')
    }
  }

  /**
   * The state by the parameters' numbers, and the groups' options with these numbers in the parameters' places: what
   * Python's optimizer of the same name gives.
   */
  state_dict(): OptimizerStateDict {
    const self = this as unknown as Optimizer
    take_first_steps(self)
    for (const hook of this._hooks.state_dict_pre.values()) hook(self)
    let state_dict = pack_optimizer_state(self)
    for (const hook of this._hooks.state_dict_post.values()) state_dict = hook(self, state_dict) ?? state_dict
    return state_dict
  }

  /**
   * Takes a state that {@link state_dict} gave. Tensors are moved to their parameter's device, and but for `step` cast
   * to its dtype.
   *
   * @throws ValueError where the groups do not have the same numbers of parameters
   */
  load_state_dict(state_dict: OptimizerStateDict): void {
    const self = this as unknown as Optimizer
    take_first_steps(self)
    let given = { ...state_dict }
    for (const hook of this._hooks.load_state_dict_pre.values()) given = hook(self, given) ?? given
    this.__setstate__(load_optimizer_state(self, given))
    for (const hook of this._hooks.load_state_dict_post.values()) hook(self)
  }

  /** Takes a state and groups; a subclass adds options that older ones lack. */
  __setstate__(loaded: { state: Map<Tensor, ParamState>; param_groups: ParamGroup[] }): void {
    this.state = loaded.state as Map<Tensor, S>
    this.param_groups = loaded.param_groups as G[]
    if (!Object.hasOwn(this.defaults, 'differentiable')) set_own(this.defaults, 'differentiable', false)
  }

  /**
   * Registers a hook that runs before `step`: `(optimizer, args, kwargs)`. It may return `[args, kwargs]` to replace
   * them.
   */
  register_step_pre_hook(hook: StepPreHook): RemovableHandle {
    return add_hook(this._hooks.step_pre, hook)
  }

  /** Registers a hook that runs after `step`: `(optimizer, args, kwargs)`. */
  register_step_post_hook(hook: StepPostHook): RemovableHandle {
    return add_hook(this._hooks.step_post, hook)
  }

  /** Registers a hook that runs before `state_dict`. */
  register_state_dict_pre_hook(hook: PreHook, prepend?: boolean | { prepend?: boolean }): RemovableHandle
  register_state_dict_pre_hook(hook: PreHook, prepend: unknown = false): RemovableHandle {
    return add_hook(this._hooks.state_dict_pre, hook, { prepend: Boolean(prepend) })
  }

  /** Registers a hook that sees what `state_dict` made and may return another. */
  register_state_dict_post_hook(hook: PostHook, prepend?: boolean | { prepend?: boolean }): RemovableHandle
  register_state_dict_post_hook(hook: PostHook, prepend: unknown = false): RemovableHandle {
    return add_hook(this._hooks.state_dict_post, hook, { prepend: Boolean(prepend) })
  }

  /** Registers a hook that sees what `load_state_dict` was given and may return another. */
  register_load_state_dict_pre_hook(
    hook: PostHook,
    prepend?: boolean | { prepend?: boolean },
  ): RemovableHandle
  register_load_state_dict_pre_hook(hook: PostHook, prepend: unknown = false): RemovableHandle {
    return add_hook(this._hooks.load_state_dict_pre, hook, { prepend: Boolean(prepend) })
  }

  /** Registers a hook that runs after `load_state_dict`. */
  register_load_state_dict_post_hook(
    hook: PreHook,
    prepend?: boolean | { prepend?: boolean },
  ): RemovableHandle
  register_load_state_dict_post_hook(hook: PreHook, prepend: unknown = false): RemovableHandle {
    return add_hook(this._hooks.load_state_dict_post, hook, { prepend: Boolean(prepend) })
  }

  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  /** The text that Python prints for the optimizer. */
  toString(): string {
    const groups = this.param_groups.map((group, i) => {
      const lines = Object.entries(group)
        .filter(([name]) => name !== 'params')
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `    ${name}: ${this.#option_text(name, value)}\n`)
      return `\nParameter Group ${i}\n${lines.join('')}`
    })
    return `${this.constructor.name} (${groups.join('')})`
  }

  // As str() in Python: a text without quotes, a tensor without dimensions as its number.
  #option_text(name: string, value: unknown): string {
    if (value instanceof Tensor) return py_tensor(value)
    return typeof value === 'string' ? value : py_repr(value, this.float_options.includes(name))
  }

  [inspect.custom](): string {
    return this.toString()
  }

  static {
    methods(Optimizer, {
      add_param_group: 'param_group{}',
      load_state_dict: 'state_dict{}',
      register_load_state_dict_post_hook: 'hook, prepend?',
      register_load_state_dict_pre_hook: 'hook, prepend?',
      register_state_dict_post_hook: 'hook, prepend?',
      register_state_dict_pre_hook: 'hook, prepend?',
      register_step_post_hook: 'hook',
      register_step_pre_hook: 'hook',
      state_dict: '',
      step: 'closure?',
      zero_grad: 'set_to_none?',
    })
  }
}

guard_new_fields(
  Optimizer.prototype,
  (optimizer) => Object.keys(optimizer.defaults ?? {}),
  (name) =>
    `options belong to the parameter groups: for (const group of optimizer.param_groups) group.${name} = …`,
)

// Two objects may stand for one tensor.
function identity(param: Tensor): number {
  return native.identity(handle_of(param))
}

function split_names(params: Tensor | Iterable<Param>): ParamGroup {
  if (params instanceof Tensor) return { params: [params] }
  if (is_set(params))
    throw type_error(
      'optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will ' +
        'change between runs. Please use a list instead.',
    )
  const tensors: Tensor[] = []
  const names: string[] = []
  for (const param of params) {
    if (!Array.isArray(param)) tensors.push(param as Tensor)
    else {
      names.push(param[0] as string)
      tensors.push(param[1] as Tensor)
    }
  }
  if (names.length === 0) return { params: tensors }
  if (names.length !== tensors.length)
    throw value_error('all optimizer params should be with/without names. Some param names are missing')
  return { params: tensors, param_names: names }
}
