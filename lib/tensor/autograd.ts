import { context, enter_context } from '../autograd/context.js'
import {
  register_post_accumulate_hook,
  register_tensor_hook,
  type TensorHook,
  type TensorHookHandle,
} from '../autograd/hooks.js'
import { type Node, node_of } from '../autograd/node.js'
import { forget_gradient, link_gradient } from '../autograd/reach.js'
import { DType, dtype_of_code } from '../dtype.js'
import { python_type_name, runtime_error, type_error, type_name } from '../errors.js'
import { expect_bool } from '../expect.js'
import { native } from '../native.js'
import { LOWERED } from '../ops/lowered.js'
import { methods } from '../python/methods.js'
import { is_scalar } from '../scalar.js'
import { grad_object, handle_of, raw_handle, set_grad_object, Tensor, wrap } from '../tensor.js'
import { write } from './assign.js'
import { IS_LEAF, IS_NESTED, IS_QUANTIZED, REQUIRES_GRAD, RETAINS_GRAD } from './facts.js'
import { cannot_assign } from './index_keys.js'

/** Keywords of {@link TensorAutograd.backward}. */
export interface BackwardOptions {
  gradient?: Tensor | null
  retain_graph?: boolean | null
  create_graph?: boolean
  inputs?: Tensor | readonly Tensor[] | null
}

/** What a tensor has to do with gradients. */
export interface TensorAutograd {
  /** The gradient that backward accumulated, or null. The same object as long as it is the same tensor. */
  grad: Tensor | null
  requires_grad: boolean
  /**
   * The dtype that backward gives the gradient of this leaf: the tensor's own where nothing else was assigned; null
   * where any will do.
   *
   * @throws RuntimeError for a tensor that is no leaf, or one whose gradient is there and has another dtype
   * @see https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.grad_dtype.html
   */
  grad_dtype: DType | null
  readonly is_leaf: boolean
  /** The node of the graph that the tensor was made by; null for a leaf. */
  readonly grad_fn: Node | null
  readonly output_nr: number
  readonly _version: number
  readonly retains_grad: boolean
  /** The same storage outside the graph; assigning gives the tensor other data under its own identity. */
  data: Tensor
  readonly T: Tensor
  readonly mT: Tensor
  readonly H: Tensor
  readonly mH: Tensor
  real: Tensor
  imag: Tensor
  readonly is_cuda: boolean
  readonly is_cpu: boolean
  readonly is_meta: boolean
  readonly is_sparse: boolean
  readonly is_sparse_csr: boolean
  readonly is_quantized: boolean
  readonly is_nested: boolean

  /**
   * Computes the gradients of this tensor with respect to the graph's leaves and adds them to their `grad`.
   *
   * @param gradient the gradient of what is differentiated with respect to this tensor; may be left out for one element
   * @see https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.backward.html
   */
  backward(
    gradient?: Tensor | null,
    retain_graph?: boolean | null,
    create_graph?: boolean,
    inputs?: Tensor | readonly Tensor[] | null,
  ): void
  backward(options: BackwardOptions): void
  backward(gradient: Tensor | null, options: Omit<BackwardOptions, 'gradient'>): void
  /** Calls `hook` with the gradient in backward; what it returns replaces the gradient. */
  register_hook(hook: TensorHook): TensorHookHandle
  /**
   * Calls `hook` with this leaf once its gradient has been accumulated in backward.
   *
   * @throws RuntimeError for a tensor that is no leaf, or that needs no gradient
   * @see https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.register_post_accumulate_grad_hook.html
   */
  register_post_accumulate_grad_hook(hook: (tensor: Tensor) => void): TensorHookHandle
  retain_grad(): void
}

export const autograd_methods = {
  requires_grad_(this: Tensor, requires_grad = true) {
    native.set_requires_grad(raw_handle(this), expect_bool(requires_grad, 'requires_grad_', 'requires_grad'))
    return this
  },
  register_hook(this: Tensor, hook: TensorHook) {
    if (typeof hook !== 'function')
      throw type_error(`register_hook(): argument 'hook' must be function, not ${type_name(hook)}`)
    return register_tensor_hook(this, hook)
  },
  register_post_accumulate_grad_hook(this: Tensor, hook: (tensor: Tensor) => void) {
    if (typeof hook !== 'function') {
      throw type_error(
        `register_post_accumulate_grad_hook(): argument 'hook' must be function, not ${type_name(hook)}`,
      )
    }
    return register_post_accumulate_hook(this, hook)
  },
  retain_grad(this: Tensor) {
    native.retain_grad(raw_handle(this))
  },
}

methods(
  { prototype: autograd_methods },
  {
    requires_grad_: 'requires_grad?',
    register_hook: 'hook',
    register_post_accumulate_grad_hook: 'hook',
    retain_grad: '',
  },
)

function getter(
  name: string,
  get: (tensor: Tensor) => unknown,
  set?: (tensor: Tensor, value: never) => void,
): void {
  Object.defineProperty(Tensor.prototype, name, {
    get(this: Tensor) {
      return get(this)
    },
    ...(set === undefined
      ? {}
      : {
          set(this: Tensor, value: never) {
            set(this, value)
          },
        }),
    configurable: true,
    enumerable: false,
  })
}

function gradient_of(tensor: Tensor): Tensor | null {
  const cached = grad_object(tensor)
  const cached_handle = cached === undefined ? 0 : raw_handle(cached)
  const handle = native.grad(raw_handle(tensor), Math.max(cached_handle, 0))
  if (handle === 0) {
    set_grad_object(tensor, undefined)
    forget_gradient(tensor)
    return null
  }
  if (handle === cached_handle) return cached!
  const gradient = wrap(handle)
  if (context.carriers !== 0) link_gradient(tensor, gradient)
  set_grad_object(tensor, gradient)
  return gradient
}

function assign_gradient(tensor: Tensor, value: Tensor | null | undefined): void {
  if (value !== null && value !== undefined && !(value instanceof Tensor)) {
    throw type_error(`assigned grad expected to be a Tensor or None but got grad of type ${type_name(value)}`)
  }
  native.set_grad(raw_handle(tensor), handle_of(value))
  forget_gradient(tensor)
  set_grad_object(tensor, value ?? undefined)
}

function assign_grad_dtype(tensor: Tensor, dtype: DType | null): void {
  if (dtype !== null && !(dtype instanceof DType))
    throw runtime_error(`grad_dtype must be a torch.dtype or None, but got ${python_type_name(dtype)}`)
  native.set_grad_dtype(raw_handle(tensor), dtype === null ? null : dtype[LOWERED])
}

function assign_data(tensor: Tensor, value: unknown): void {
  if (!(value instanceof Tensor))
    throw type_error(`Variable data has to be a tensor, but got ${python_type_name(value)}`)
  native.set_data(raw_handle(tensor), handle_of(value))
}

function refuse_in_grad(tensor: Tensor, wanted: boolean): void {
  if (typeof wanted !== 'boolean') throw runtime_error('requires_grad must be a bool')
  native.set_requires_grad(raw_handle(tensor), wanted)
}

/** Puts the attributes on Tensor.prototype; `operator` gives the functions of the attributes that are operators. */
export function install_attributes(operator: (name: string) => (tensor: Tensor) => Tensor): void {
  getter('grad', gradient_of, assign_gradient as (tensor: Tensor, value: never) => void)
  getter(
    'grad_dtype',
    (t) => {
      const code = native.grad_dtype(raw_handle(t))
      return code === null ? null : dtype_of_code(code)
    },
    assign_grad_dtype as (tensor: Tensor, value: never) => void,
  )
  getter(
    'requires_grad',
    (t) => native.fact(raw_handle(t), REQUIRES_GRAD),
    refuse_in_grad as (tensor: Tensor, value: never) => void,
  )
  getter('is_leaf', (t) => native.fact(raw_handle(t), IS_LEAF))
  getter('retains_grad', (t) => native.fact(raw_handle(t), RETAINS_GRAD))
  getter('is_quantized', (t) => native.fact(raw_handle(t), IS_QUANTIZED))
  getter('is_nested', (t) => native.fact(raw_handle(t), IS_NESTED))
  getter('output_nr', (t) => native.output_number(raw_handle(t)))
  getter('_version', (t) => native.version(raw_handle(t)))
  getter('grad_fn', node_of)
  getter(
    'data',
    (t) => wrap(native.shallow_copy(raw_handle(t))),
    assign_data as (tensor: Tensor, value: never) => void,
  )
  for (const [name, op] of [
    ['T', 'numpy_T'],
    ['mT', 'mT'],
    ['H', 'matrix_H'],
    ['mH', 'mH'],
  ] as const)
    getter(name, operator(op))
  for (const name of ['real', 'imag'] as const) {
    const part = operator(name)
    getter(name, part, (t: Tensor, value: unknown) => {
      if (!(value instanceof Tensor) && !is_scalar(value)) throw cannot_assign(value, part(t))
      write(raw_handle(part(t)), value)
    })
  }
  getter('is_cpu', (t) => t.device.type === 'cpu')
  getter('is_cuda', (t) => t.device.type === 'cuda')
  getter('is_meta', (t) => t.device.type === 'meta')
  getter('is_sparse', (t) => t.layout.name === 'sparse_coo')
  getter('is_sparse_csr', (t) => t.layout.name === 'sparse_csr')
}

/** Sets the thread's mode before the graph is walked. */
export function enter(): void {
  if (context.attention !== 0) enter_context()
}
