import { inspect } from 'node:util'
import type { TensorHookHandle } from './autograd/hooks.js'
import type { Carried } from './autograd/reach.js'
import { frames_above } from './call_stack.js'
import { type Device, device_of } from './device.js'
import { type DType, dtype_of_code } from './dtype.js'
import { make_error, runtime_error, type_error, type_name } from './errors.js'
import { FIRST, IDENTITY, next_identity } from './identity.js'
import { type Layout, layout_of_code } from './layout.js'
import { current_lease } from './lease_context.js'
import { collect_all, flush, note, share_memory } from './memory.js'
import { type Handle, type Mode, native, type RawHook } from './native.js'
import type { TensorMethods } from './ops/generated/methods.js'
import { with_integer_advice } from './ops/integer_advice.js'
import { own_value } from './own.js'
import type { TensorAsync } from './tensor/async_methods.js'
import type { TensorAutograd } from './tensor/autograd.js'
import type { TensorConversions } from './tensor/conversions.js'
import type { TensorDlpack } from './tensor/dlpack_methods.js'
import type { NamedNorm, NonzeroTuple, TensorFunctional } from './tensor/functional_methods.js'
import type { IndexItem } from './tensor/indexing.js'
import type { Shape } from './tensor/several.js'
import type { TensorSharing } from './tensor/sharing.js'
import { not_json, uncloneable } from './uncloneable.js'
import { warn_once } from './warn.js'

/** First argument of a construction that takes over a handle: for our own classes only. */
export const adopt: unique symbol = Symbol('typetorch.adopt')

/** What few tensors have. */
interface Extra {
  /** The object of the gradient, so that `x.grad === x.grad`. */
  grad?: Tensor | undefined
  hooks?: Carried
}

/** Python's words; testing frameworks that do not know tensors go through them element by element. */
const NOT_ITERABLE =
  'iteration over a 0-d tensor (where a test compares tensors: import typetorch/vitest or typetorch/jest in its ' +
  'set-up, or use torch.testing.assert_close)'

/** Why tensors were disposed of: the place of the text is the negative handle less one. */
const reasons: string[] = ['disposed of by dispose()']

const NOT_CLONED = uncloneable(
  'Tensor: send it by torch.multiprocessing, or its tolist() or typed_array({ copy: true }); a Tensor',
)

let handle_in: (tensor: Tensor) => Handle
let is_tensor: (value: object) => boolean
let set_handle: (tensor: Tensor, handle: Handle) => void
let extra_of: (tensor: Tensor) => Extra | undefined
let set_extra: (tensor: Tensor, extra: Extra) => void

/**
 * An n-dimensional array of one dtype on one device, with the operations that made it when gradients are recorded.
 * Made by `torch.tensor`, `torch.zeros`, `torch.randn`, … Its methods are PyTorch's; memory is freed by itself.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const x = torch.tensor([[1, 2], [3, 4]])
 * x.mul(2).sum().item() // 20
 * ```
 * @see https://docs.pytorch.org/docs/2.13/tensors.html
 */
export class Tensor {
  #handle: Handle
  #extra: Extra | undefined = undefined

  static {
    handle_in = (tensor) => tensor.#handle
    is_tensor = (value) => #handle in value
    set_handle = (tensor, handle) => {
      tensor.#handle = handle
      // The handle will be another tensor's.
      tensor[IDENTITY] = next_identity()
    }
    extra_of = (tensor) => tensor.#extra
    set_extra = (tensor, extra) => {
      tensor.#extra = extra
    }
  }

  // Fields, not assignments: those would go through the Proxy at the end of the prototypes.
  /** From the handle, which no other tensor has at the time. @internal */
  [IDENTITY]: number | string = 0
  /** @internal */
  readonly _uncloneable: symbol = NOT_CLONED

  /** For our own classes: `torch.tensor(data)` makes tensors from data. */
  constructor(key: typeof adopt, handle: Handle) {
    if (key !== adopt)
      throw type_error('Tensor(): use torch.tensor(data), torch.empty(size) or torch.FloatTensor(data)')
    this.#handle = handle
    this[IDENTITY] = FIRST + handle
    if (!scope_hook(this)) note(handle, this)
  }

  get dtype(): DType {
    return dtype_of_code(native.dtype(handle_of(this)))
  }
  get device(): Device {
    return device_of(native.device(handle_of(this)))
  }
  get layout(): Layout {
    return layout_of_code(native.layout(handle_of(this)))
  }
  /** The size of each dimension, as a new array. */
  get shape(): Shape {
    return native.shape(handle_of(this)) as Shape
  }
  get ndim(): number {
    return native.ndim(handle_of(this))
  }
  /** The size of the first dimension, as Python's `len(x)`. */
  get length(): number {
    if (this.ndim === 0) throw type_error('len() of a 0-d tensor')
    return this.shape[0]
  }
  get itemsize(): number {
    return this.dtype.itemsize
  }
  get nbytes(): number {
    return this.numel() * this.itemsize
  }

  /** Number of elements. */
  numel(): number {
    return native.numel(handle_of(this))
  }

  /** Whether both objects stand for the same tensor. */
  is(other: Tensor): boolean {
    return native.identity(handle_of(this)) === native.identity(handle_of(other))
  }

  /**
   * An element, a row, a slice or a selection, with Python's indexing: integers, `'start:stop:step'`, `'...'`,
   * `null` for a new dimension, booleans, arrays and tensors of indices or masks.
   *
   * @example
   * ```ts
   * import * as torch from 'typetorch'
   * torch.arange(12).reshape(3, 4).at('1:', -1).tolist() // [7, 11]
   * ```
   */
  at(...index: IndexItem[]): Tensor {
    return index_hook.at(this, index)
  }

  /** Writes into a selection: Python's `x[index] = value`. Returns the tensor. */
  set_at(index: IndexItem | readonly IndexItem[], value: Tensor | number | bigint | boolean): this {
    index_hook.set_at(this, index, value)
    return this
  }

  *[Symbol.iterator](): IterableIterator<Tensor> {
    if (this.ndim === 0) throw type_error(NOT_ITERABLE)
    yield* this.unbind(0)
  }

  /** The tensor itself: what compares objects by their value does not go by their printed form. */
  valueOf(): this {
    return this
  }

  /** Frees the tensor now. Use after it throws; other tensors over the same storage are not harmed. */
  dispose(): void {
    const handle = release(this, undefined)
    if (handle <= 0) return
    flush()
    native.dispose(handle)
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  toString(): string {
    return print_hook(this)
  }

  [inspect.custom](): string {
    return handle_in(this) < 0 ? `Tensor(${reason_of(handle_in(this))})` : this.toString()
  }

  /** Refuses `JSON.stringify`, which knows neither dtypes nor NaN, infinities and integers beyond 2^53. */
  toJSON(): never {
    throw not_json(this, 'use x.tolist()')
  }

  get [Symbol.toStringTag](): string {
    return 'Tensor'
  }

  [Symbol.toPrimitive](hint: string): string | number | bigint | boolean {
    if (hint === 'string')
      return handle_in(this) < 0 ? `Tensor(${reason_of(handle_in(this))})` : this.toString()
    if (hint === 'number') {
      const value = this.item()
      if (typeof value !== 'object') return value
    }
    throw type_error(
      "Tensor: JavaScript's operators do not work on tensors: use a.add(b), a.eq(b), torch.sub(1, a), …",
    )
  }
}

export interface Tensor
  extends TensorMethods,
    TensorConversions,
    TensorAutograd,
    TensorAsync,
    TensorSharing,
    TensorDlpack,
    TensorFunctional {
  norm: TensorMethods['norm'] & NamedNorm
  nonzero: TensorMethods['nonzero'] & NonzeroTuple
}

// Parts that live in files of their own and import this one: set when they are loaded.
let scope_hook: (tensor: Tensor) => boolean = () => false
let scope_part = scope_hook
let print_hook: (tensor: Tensor) => string = () => 'Tensor'
let index_hook: {
  at(tensor: Tensor, index: readonly IndexItem[]): Tensor
  set_at(
    tensor: Tensor,
    index: IndexItem | readonly IndexItem[],
    value: Tensor | number | bigint | boolean,
  ): void
}

/** Called by lib/tensor/install.ts with the parts. */
export function install_parts(parts: {
  scope: typeof scope_hook
  print: typeof print_hook
  index: typeof index_hook
}): void {
  scope_hook = parts.scope
  scope_part = parts.scope
  print_hook = parts.print
  index_hook = parts.index
}

const watches = new Set<(tensor: Tensor) => void>()

/** Has a function see each new tensor, or no longer; where there is none it costs nothing. */
export function watch_new(watch: (tensor: Tensor) => void, enabled: boolean): void {
  if (enabled) watches.add(watch)
  else watches.delete(watch)
  scope_hook =
    watches.size === 0
      ? scope_part
      : (tensor) => {
          for (const see of watches) see(tensor)
          return scope_part(tensor)
        }
}

/** The handle of a tensor, for the addon. A disposed one's is negative, and refused there. */
export function handle_of(tensor: Tensor | null | undefined): Handle {
  if (tensor === null || tensor === undefined) return 0
  if (typeof tensor !== 'object' || !is_tensor(tensor))
    throw type_error(`a Tensor was expected, not ${type_name(tensor)}`)
  const handle = handle_in(tensor)
  if (handle < 0) throw disposed_error('', '', handle)
  return handle
}

/** The handle as it is, also of a disposed tensor: the addon names the operator and the argument in its refusal. */
export function raw_handle(tensor: Tensor): Handle {
  return handle_in(tensor)
}

/** A new object for a handle. */
export function wrap(handle: Handle): Tensor {
  return new Tensor(adopt, handle)
}

/** A new object for a handle, or null for 0. */
export function wrap_or_null(handle: Handle): Tensor | null {
  return handle === 0 ? null : new Tensor(adopt, handle)
}

/** Marks a tensor as disposed of, by dispose() or by the scope named; returns the handle that it had. */
export function release(tensor: Tensor, scope: string | undefined): Handle {
  const handle = handle_in(tensor)
  if (handle <= 0) return handle
  let place = 0
  if (scope !== undefined) {
    const text = `freed at the end of ${scope}`
    place = reasons.indexOf(text)
    if (place < 0) place = reasons.push(text) - 1
  }
  set_handle(tensor, -(place + 1))
  return handle
}

/** Hands a tensor that a scope has let go to the collector. */
export function track(tensor: Tensor): void {
  note(handle_in(tensor), tensor)
}

function reason_of(handle: Handle): string {
  return reasons[-handle - 1] ?? 'disposed of'
}

function disposed_error(operator: string, argument: string, handle: Handle): Error {
  if (handle === 0 || handle > 0) {
    return make_error(
      'RuntimeError',
      `${operator}${operator === '' ? '' : '(): '}${argument === '' ? 'a tensor' : `argument '${argument}'`} is no tensor of this thread`,
      operator,
    )
  }
  const what = argument === '' ? 'the tensor' : `argument '${argument === 'self' ? 'input' : argument}'`
  return make_error(
    'RuntimeError',
    `${operator}${operator === '' ? '' : '(): '}${what} was ${reason_of(handle)} and cannot be used any more`,
    operator,
  )
}

export function grad_object(tensor: Tensor): Tensor | undefined {
  return own_value(extra_of(tensor), 'grad')
}
export function set_grad_object(tensor: Tensor, grad: Tensor | undefined): void {
  const extra = extra_of(tensor)
  if (extra !== undefined) extra.grad = grad
  else if (grad !== undefined) set_extra(tensor, { grad })
}
export function hooks_of(tensor: Tensor): Carried | undefined {
  return own_value(extra_of(tensor), 'hooks')
}
export function set_hooks(tensor: Tensor, hooks: Carried): void {
  const extra = extra_of(tensor)
  if (extra !== undefined) extra.hooks = hooks
  else set_extra(tensor, { hooks })
}

/** Refuses what is no tensor, by operator and argument. */
export function expect_tensor(value: unknown, operator: string, argument: string): Tensor {
  if (value instanceof Tensor) return value
  throw type_error(`${operator}(): argument '${argument}' must be Tensor, not ${type_name(value)}`, operator)
}

type HookRunner = (
  hook: RawHook,
  gradient: Handle | Handle[],
  mode: Mode,
  call: number,
) => Handle | Handle[] | null
let hook_runner: HookRunner = () => {
  throw runtime_error('no hooks are loaded')
}
/** Called by lib/tensor/install.ts. */
export function install_hook_runner(runner: HookRunner): void {
  hook_runner = runner
}

/** Where in the program an operator was called, one line a frame. */
const call_stack = (): string => frames_above(call_stack).join('\n')

const shared = native.start({
  make_error: (kind, message, operator, handle) => {
    if (kind === 'DisposedError') return disposed_error(operator, message, handle)
    const advised = kind === 'RuntimeError' || kind === 'IndexError' || kind === 'NotImplementedError'
    return make_error(kind, advised ? with_integer_advice(message) : message, operator)
  },
  run_hook: (hook, gradient, mode, call) => hook_runner(hook, gradient, mode, call),
  collect_all,
  call_stack,
  current_lease,
  emit_warning: (message) => warn_once(message, 'UserWarning', native.context_get('warn_always')),
})
share_memory(shared)

export type { TensorHookHandle }
