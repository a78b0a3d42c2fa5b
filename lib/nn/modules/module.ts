import { inspect } from 'node:util'
import { type CompileOptions, compile } from '../../compiler/index.js'
import type { Memo } from '../../copy.js'
import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { keyword, optional, required, required_keyword } from '../../python/parameters.js'
import { type AnyCall, signature } from '../../python/signature.js'
import type { LegacyType } from '../../tensor/conversions.js'
import type { Tensor } from '../../tensor.js'
import { not_json } from '../../uncloneable.js'
import { add_hook, type RemovableHandle } from '../../utils/hooks.js'
import { type CallAsyncOptions, call_async } from './call_async.js'
import { apply_to_tensors, converter, type ToOptions, zero_gradients } from './module_apply.js'
import { copy_into } from './module_copy.js'
import {
  add_backward,
  type BackwardHook,
  type BackwardPreHook,
  type ForwardHook,
  type ForwardHookWithKwargs,
  type ForwardPreHook,
  type ForwardPreHookWithKwargs,
  hooks_of,
  type LoadStateDictPostHook,
  type LoadStateDictPreHook,
  type StateDictPostHook,
  type StateDictPreHook,
} from './module_hooks.js'
import { module_repr } from './module_repr.js'
import { ModuleState } from './module_state.js'
import * as registration from './registration.js'

// Types only. Through a property the compiler sees what `this` and a type parameter are at least, within a class too;
// `Parameters<this['forward']>` itself it leaves open there.
declare const given: unique symbol
declare const returned: unique symbol
const PREPEND = { prepend: keyword(false, bool) } as const
const WITH_KWARGS = { with_kwargs: keyword(false, bool) } as const
const HOOK = { hook: required<unknown>() } as const
const FORWARD_PRE_HOOK = signature('register_forward_pre_hook', HOOK, PREPEND, WITH_KWARGS)
const FORWARD_HOOK = signature('register_forward_hook', HOOK, PREPEND, WITH_KWARGS, {
  always_call: keyword(false, bool),
})
const FULL_BACKWARD_HOOK = signature('register_full_backward_hook', HOOK, { prepend: optional(false, bool) })
const FULL_BACKWARD_PRE_HOOK = signature('register_full_backward_pre_hook', HOOK, {
  prepend: optional(false, bool),
})
const TO_EMPTY = signature(
  'to_empty',
  { device: required_keyword<DeviceLike | null>() },
  { recurse: keyword(true, bool) },
)
const ZERO_GRAD = signature('zero_grad', { set_to_none: optional(true, bool) })

/** A module is called like a function: with `forward`'s arguments, for `forward`'s result. */
export interface Module {
  (...args: this[typeof given]): this[typeof returned]
  readonly [given]: Parameters<this['forward']>
  readonly [returned]: ReturnType<this['forward']>
}

/**
 * What containers ask of their elements. Its call takes any arguments: where elements are of several classes, TypeScript
 * would look for one call with the arguments of all of them, find none, and take every element for a plain
 * {@link Module}.
 */
export type AnyModule = Pick<Module, keyof Module> &
  ((...args: Parameters<Module['forward']>) => ReturnType<Module['forward']>)

/**
 * Base class of all neural network modules.
 *
 * A module's fields that are {@link Parameter}s or modules are its parameters and children, in the order in which they
 * were assigned. A module is called with the arguments of `forward`; the call, not `forward`, runs hooks.
 *
 * @example
 * ```ts
 * class Model extends nn.Module {
 *   conv1 = new nn.Conv2d(1, 20, 5)
 *   conv2 = new nn.Conv2d(20, 20, 5)
 *   forward(x: Tensor) {
 *     x = nn.functional.relu(this.conv1(x))
 *     return nn.functional.relu(this.conv2(x))
 *   }
 * }
 * const y = new Model()(torch.randn(1, 1, 28, 28))
 * ```
 *
 * @see torch/nn/modules/module.py
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface
export class Module extends ModuleState {
  /**
   * What the module computes. To be overridden; callers call the module itself, which runs the hooks too.
   *
   * @throws NotImplementedError where a class does not define it
   */
  // biome-ignore lint/suspicious/noExplicitAny: the base accepts any signature, and subclasses narrow it
  forward(..._args: any[]): any {
    throw registration.forward_missing(this)
  }

  /** Whether the base's constructor calls the next class's: of Python's multiple inheritance. */
  static call_super_init = false
  /** What old TorchScript dumped: nothing any more. */
  static dump_patches = false

  /** Applies a function to every parameter, gradient and buffer of this module and its descendants, in place. */
  override _apply(fn: (tensor: Tensor) => Tensor, recurse = true): this {
    if (recurse) for (const child of this.children()) child._apply(fn)
    apply_to_tensors(this, fn)
    return this
  }

  /**
   * Calls a function with every descendant, then with this module.
   *
   * @example
   * ```ts
   * model.apply((module) => {
   *   if (module instanceof nn.Linear) nn.init.zeros_(module.weight)
   * })
   * ```
   */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn)
    fn(this)
    return this
  }

  /**
   * Moves parameters and buffers to a device, and casts the floating point and complex ones to a dtype, in place.
   *
   * @throws TypeError for a dtype that is neither floating point nor complex
   *
   * @example
   * ```ts
   * model.to(torch.float64)
   * model.to('cuda', torch.float16)
   * model.to({ device: 'cpu', non_blocking: true })
   * ```
   */
  to(device: DeviceLike | null, dtype?: DType | null | ToOptions, non_blocking?: boolean | ToOptions): this
  to(dtype: DType, non_blocking?: boolean | ToOptions): this
  to(tensor: Tensor, non_blocking?: boolean | ToOptions): this
  to(options: ToOptions): this
  to(...args: unknown[]): this {
    return this._apply(converter(args))
  }

  /** Moves parameters and buffers to a device without copying what they hold. */
  to_empty(...args: AnyCall<typeof TO_EMPTY>): this {
    const [device, recurse] = TO_EMPTY.bind(args)
    return this._apply((tensor) => ops.empty_like(tensor, device === null ? {} : { device }), recurse)
  }

  /** `torch.compile` of this module's calls: it runs as it did, and a warning says so once. */
  compile(options?: CompileOptions): void {
    compile(this, options)
  }

  /** Casts all parameters and buffers to a dtype, given as such or as `torch.DoubleTensor` or its name. */
  type(dst_type: DType | string | LegacyType): this {
    return this._apply((tensor) => tensor.type(dst_type))
  }

  /** Casts floating point parameters and buffers to float32. */
  float(): this {
    return this._apply((tensor) => (tensor.is_floating_point() ? tensor.float() : tensor))
  }

  /** Casts floating point parameters and buffers to float64. */
  double(): this {
    return this._apply((tensor) => (tensor.is_floating_point() ? tensor.double() : tensor))
  }

  /** Casts floating point parameters and buffers to float16. */
  half(): this {
    return this._apply((tensor) => (tensor.is_floating_point() ? tensor.half() : tensor))
  }

  /** Casts floating point parameters and buffers to bfloat16. */
  bfloat16(): this {
    return this._apply((tensor) => (tensor.is_floating_point() ? tensor.bfloat16() : tensor))
  }

  /**
   * Registers a hook that runs before `forward` and may replace its arguments.
   *
   * @param hook - `(module, args)`; an array it returns replaces the arguments, anything else the only argument. With
   * `with_kwargs`, `(module, args, kwargs)`, which returns nothing or `[args, kwargs]`
   * @param prepend - before the module's other pre-hooks. Default: false
   * @param with_kwargs - whether the hook is given the keywords (a trailing plain object). Default: false
   */
  register_forward_pre_hook(
    hook: ForwardPreHook<this>,
    options?: { prepend?: boolean; with_kwargs?: false },
  ): RemovableHandle
  register_forward_pre_hook(
    hook: ForwardPreHookWithKwargs<this>,
    options: { prepend?: boolean; with_kwargs: true },
  ): RemovableHandle
  register_forward_pre_hook(...args: unknown[]): RemovableHandle {
    const { hook, ...options } = FORWARD_PRE_HOOK.take(args)
    return hooks_of(this).add_forward_pre(hook as ForwardPreHook, options)
  }

  /**
   * Registers a hook that runs after `forward` and may replace its result.
   *
   * @param hook - `(module, args, output)`, or with `with_kwargs` `(module, args, kwargs, output)`
   * @param prepend - before the module's other hooks. Default: false
   * @param with_kwargs - whether the hook is given the keywords (a trailing plain object). Default: false
   * @param always_call - whether it runs also where an error is thrown. Default: false
   *
   * @example
   * ```ts
   * const shapes: string[] = []
   * model.conv1.register_forward_hook((module, args, output) => {
   *   shapes.push(String(output.shape))
   * })
   * ```
   */
  register_forward_hook(
    hook: ForwardHook<this, ReturnType<this['forward']>>,
    options?: { prepend?: boolean; with_kwargs?: false; always_call?: boolean },
  ): RemovableHandle
  register_forward_hook(
    hook: ForwardHookWithKwargs<this, ReturnType<this['forward']>>,
    options: { prepend?: boolean; with_kwargs: true; always_call?: boolean },
  ): RemovableHandle
  register_forward_hook(...args: unknown[]): RemovableHandle {
    const { hook, ...options } = FORWARD_HOOK.take(args)
    return hooks_of(this).add_forward(hook as ForwardHook, options)
  }

  /**
   * Registers a hook that runs when the gradients of the module's inputs have been computed, and may replace them:
   * `(module, grad_input, grad_output)`. Where no input requires gradients it runs with those of the outputs.
   */
  register_full_backward_hook(hook: BackwardHook<this>, prepend?: boolean): RemovableHandle
  register_full_backward_hook(hook: BackwardHook<this>, options: { prepend?: boolean }): RemovableHandle
  register_full_backward_hook(...args: unknown[]): RemovableHandle {
    const [hook, prepend] = FULL_BACKWARD_HOOK.bind(args)
    return add_backward(hooks_of(this), hook as BackwardHook, {
      full: true,
      where: 'on a single Module',
      prepend,
    })
  }

  /**
   * Registers a hook on the last node of the graph that a call of the module made: it sees the gradients of that node's
   * inputs and outputs, which are those of the module only where the module is one operation. Deprecated:
   * {@link register_full_backward_hook} sees the module's.
   *
   * @throws RuntimeError where the module has full backward hooks
   */
  register_backward_hook(hook: BackwardHook<this>): RemovableHandle {
    return add_backward(hooks_of(this), hook as BackwardHook, { full: false, where: 'on a single Module' })
  }

  /** Registers a hook that runs when the gradients of the module's outputs are there: `(module, grad_output)`. */
  register_full_backward_pre_hook(hook: BackwardPreHook<this>, prepend?: boolean): RemovableHandle
  register_full_backward_pre_hook(
    hook: BackwardPreHook<this>,
    options: { prepend?: boolean },
  ): RemovableHandle
  register_full_backward_pre_hook(...args: unknown[]): RemovableHandle {
    const [hook, prepend] = FULL_BACKWARD_PRE_HOOK.bind(args)
    return add_hook(hooks_of(this).backward_pre, hook as BackwardPreHook, { prepend })
  }

  /** Registers a hook that runs before `state_dict`: `(module, prefix, keep_vars)`. */
  register_state_dict_pre_hook(hook: StateDictPreHook<this>): RemovableHandle {
    return add_hook(hooks_of(this).state_dict_pre, hook as StateDictPreHook)
  }

  /** Registers a hook that changes what `state_dict` made, in place: `(module, state_dict, prefix, metadata)`. */
  register_state_dict_post_hook(hook: StateDictPostHook<this>): RemovableHandle {
    return add_hook(hooks_of(this).state_dict_post, hook as StateDictPostHook)
  }

  /** Registers a hook that may change a dictionary before it is loaded into this module. */
  register_load_state_dict_pre_hook(hook: LoadStateDictPreHook<this>): RemovableHandle {
    return add_hook(hooks_of(this).load_state_dict_pre, hook as LoadStateDictPreHook)
  }

  /** Registers a hook that sees, and may change, the keys that did not match: `(module, incompatible_keys)`. */
  register_load_state_dict_post_hook(hook: LoadStateDictPostHook<this>): RemovableHandle {
    return add_hook(hooks_of(this).load_state_dict_post, hook as LoadStateDictPostHook)
  }

  /**
   * Sets this module and its descendants to training mode, or with false to evaluation mode. Dropout, batch
   * normalisation and the like compute differently in the two.
   *
   * @throws ValueError for something else than a boolean
   */
  train(mode = true): this {
    if (typeof mode !== 'boolean') throw value_error('training mode is expected to be boolean')
    this.training = mode
    for (const child of this.children()) child.train(mode)
    return this
  }

  /** The same as `train(false)`. */
  eval(): this {
    return this.train(false)
  }

  /** Sets whether gradients are computed for the module's parameters. */
  requires_grad_(requires_grad = true): this {
    for (const parameter of this.parameters()) parameter.requires_grad_(requires_grad)
    return this
  }

  /** Removes the gradients of all parameters, or with `set_to_none: false` fills them with zeros. */
  zero_grad(...args: AnyCall<typeof ZERO_GRAD>): void {
    const [set_to_none] = ZERO_GRAD.bind(args)
    zero_gradients([...this.parameters()], set_to_none)
  }

  /** What {@link deepcopy} calls: a module of the same class with copies of the fields; no constructor of the class runs. */
  __deepcopy__(memo: Memo): this {
    const bare = Reflect.construct(Module, [], this.constructor) as this
    copy_into(bare, this, memo)
    return bare
  }

  /**
   * Calls the module on a thread of ours, while the event loop is free. It takes what the call takes, and last `signal` and
   * `worker_module`. The thread runs `forward` over the same parameters, buffers and arguments, in the modes of this context,
   * and draws from this thread's generator; gradients flow through what comes back. Fields that `forward` changes which are
   * no tensors stay as they were here. Several calls follow each other, each of the module
   * as it was when called. Until a call is through, what would race with it is a RuntimeError: a change of the parameters, a use of
   * buffers that it may change; `Trainer.fit` waits for it with its next step.
   *
   * Hooks, autograd Functions and `utils.checkpoint` are functions of one thread: they are refused, but for Functions in
   * `no_grad`. An aborted call that runs is stopped between two operators.
   *
   * @example
   * ```ts
   * import * as torch from 'typetorch'
   * const model = new torch.nn.Linear(3, 2)
   * const y = await model.call_async(torch.ones(1, 3))
   * ```
   */
  call_async(
    ...args: [...Parameters<this['forward']>, options?: CallAsyncOptions]
  ): Promise<Awaited<ReturnType<this['forward']>>> {
    return call_async(this, args) as Promise<Awaited<ReturnType<this['forward']>>>
  }

  /** Says that other threads use the parameters and buffers. Their memory stays where it is: threads see all of it. */
  share_memory(): this {
    for (const tensor of [...this.parameters(), ...this.buffers()]) tensor.share_memory_()
    return this
  }

  /** What a subclass prints between its parentheses. */
  extra_repr(): string {
    return ''
  }

  /** Refuses `JSON.stringify`, which would leave the module out without a word. */
  toJSON(): never {
    throw not_json(this, 'save its state_dict() with torch.save, or with safetensors')
  }

  /** The text that Python prints for the module. */
  __repr__(): string {
    return module_repr(this)
  }

  override toString(): string {
    return this.__repr__()
  }

  [inspect.custom](): string {
    return this.__repr__()
  }

  static {
    methods(Module, {
      apply: 'fn',
      type: 'dst_type',
      float: '',
      double: '',
      half: '',
      bfloat16: '',
      register_backward_hook: 'hook',
      register_state_dict_pre_hook: 'hook',
      register_state_dict_post_hook: 'hook',
      register_load_state_dict_pre_hook: 'hook',
      register_load_state_dict_post_hook: 'hook',
      train: 'mode?',
      eval: '',
      requires_grad_: 'requires_grad?',
      share_memory: '',
      extra_repr: '',
    })
  }
}
