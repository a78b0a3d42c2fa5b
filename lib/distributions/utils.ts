import { with_grad } from '../autograd/grad_mode.js'
import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { value_error } from '../errors.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { is_options } from '../ops/keywords.js'
import type { DeviceLike, Scalar } from '../ops/types.js'
import { has_own, own_value, set_own } from '../own.js'
import { py_float, py_repr } from '../repr.js'
import { is_scalar } from '../scalar.js'
import { keep } from '../scope.js'
import { make_tensor } from '../tensor/create.js'
import { py_tensor } from '../tensor/py_tensor.js'
import { Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'

/** A parameter of a distribution: a tensor, or a number that stands for one. */
export type Value = Tensor | Scalar

/** A list of sizes. */
export type Sizes = readonly number[]

/** Euler's constant γ. */
export const euler_constant = 0.5772156649015329

/**
 * Tensors of one shape: numbers become tensors of the first tensor's dtype and device, and all are broadcast.
 *
 * @param values - tensors and numbers
 * @throws ValueError for anything else
 *
 * @example
 * ```ts
 * const [loc, scale] = broadcast_all(0, torch.ones(3))
 * ```
 *
 * @see torch/distributions/utils.py
 */
export function broadcast_all(...values: Value[]): Tensor[] {
  if (!values.every((value) => value instanceof Tensor || is_scalar(value)))
    throw value_error(
      'Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__.',
    )
  const model = values.find((value) => value instanceof Tensor)
  const options: { dtype: DType; device?: DeviceLike } =
    model === undefined ? { dtype: dtypes.get_default_dtype() } : { dtype: model.dtype, device: model.device }
  return ops.broadcast_tensors(
    values.map((value) => (value instanceof Tensor ? value : make_tensor(value, options))),
  )
}

/** 1 − x. */
export function one_minus(x: Tensor): Tensor {
  return ops.rsub(x, 1)
}

/** number / x, as Python divides a number by a tensor. */
export function divide(number: number, x: Tensor): Tensor {
  return x.reciprocal().mul(number)
}

/** Draws from a standard normal distribution, of a shape, dtype and device. */
export function standard_normal(shape: Sizes, like: Tensor): Tensor {
  return ops.empty(shape, { dtype: like.dtype, device: like.device }).normal_()
}

/** Draws from the uniform distribution on [0, 1). */
export function standard_uniform(shape: Sizes, like: Tensor): Tensor {
  return ops.rand(shape, { dtype: like.dtype, device: like.device })
}

/** The sum over the last `dim` dimensions. */
export function sum_rightmost(value: Tensor, dim: number): Tensor {
  if (dim === 0) return value
  return value.reshape([...value.shape.slice(0, -dim), -1]).sum(-1)
}

/**
 * Probabilities from logits: the sigmoid of binary ones, the softmax over the last dimension of others.
 *
 * @see torch/distributions/utils.py
 */
export function logits_to_probs(
  logits: Tensor,
  is_binary: boolean | { is_binary?: boolean } = false,
): Tensor {
  return flag(is_binary, 'is_binary') ? logits.sigmoid() : logits.softmax(-1)
}

/** Probabilities between eps and 1 − eps, so that their logits are finite. */
export function clamp_probs(probs: Tensor): Tensor {
  const { eps } = finfo(probs.dtype)
  return probs.clamp(eps, 1 - eps)
}

/**
 * Logits from probabilities: log p − log(1 − p) of binary ones, log p of others.
 *
 * @see torch/distributions/utils.py
 */
export function probs_to_logits(probs: Tensor, is_binary: boolean | { is_binary?: boolean } = false): Tensor {
  const clamped = clamp_probs(probs)
  return flag(is_binary, 'is_binary') ? clamped.log().sub(clamped.neg().log1p()) : clamped.log()
}

const lazy_getters = new WeakSet<object>()

/**
 * Decorates a getter: its value is computed at the first use, with gradients recorded, and stays.
 *
 * @example
 * ```ts
 * class Twice {
 *   constructor(readonly x: Tensor) {}
 *   @lazy_property get doubled(): Tensor {
 *     return this.x.mul(2)
 *   }
 * }
 * ```
 *
 * @see torch/distributions/utils.py
 */
export function lazy_property<This extends object, V>(
  get: (this: This) => V,
  context: ClassGetterDecoratorContext<This, V>,
): (this: This) => V {
  const lazy = function (this: This): V {
    // A distribution may outlive the scope in which the value is first asked for.
    const value = keep(with_grad(() => get.call(this)))
    own(this, { [context.name]: value })
    return value
  }
  lazy_getters.add(lazy)
  return lazy
}

/** Whether a property is a lazy one whose value has not been asked for. */
export function is_lazy(object: object, name: string): boolean {
  if (Object.hasOwn(object, name)) return false
  for (let at: unknown = object; at !== null; at = Object.getPrototypeOf(at)) {
    const get = Object.getOwnPropertyDescriptor(at, name)?.get
    if (get !== undefined) return lazy_getters.has(get)
  }
  return false
}

/** Sets properties, also where the class has a getter of that name. */
export function own(object: object, values: Record<PropertyKey, unknown>): void {
  for (const name of Reflect.ownKeys(values)) set_own(object, name, own_value(values, name as string))
}

/** Whether a class, or one between it and `base`, has a constructor of its own. */
export function defines_constructor(given: unknown, base: unknown): boolean {
  for (let at = given; typeof at === 'function' && at !== base; at = Object.getPrototypeOf(at)) {
    // A class that only inherits its constructor does not name it; there is no other way to tell.
    if (/(?:^|[\s;}{])constructor\s*\(/.test(Function.prototype.toString.call(at))) return true
  }
  return false
}

/** An argument that may be given by keyword. */
export function argument<T extends number | boolean | Sizes>(value: unknown, name: string, otherwise: T): T {
  if (value === undefined) return otherwise
  return ((is_options(value) ? own_value(value, name) : value) as T | undefined) ?? otherwise
}

function flag(value: boolean | object, name: string): boolean {
  return argument<boolean>(value, name, false)
}

/** A bound as Python prints it. */
export function py_value(value: Value): string {
  if (value instanceof Tensor) return py_tensor(value)
  return typeof value === 'object' && !has_own(value, 'im') ? py_float(value.re) : py_repr(value)
}

/**
 * The elements on and below a diagonal of matrices, row by row, as vectors.
 *
 * @param mat - (…, n, n)
 * @param diag - the diagonal; 0 is the main one
 * @throws ValueError for a diagonal outside the matrix
 * @see torch/distributions/utils.py
 */
export function tril_matrix_to_vec(mat: Tensor, diag: number | { diag?: number } = 0): Tensor {
  const offset = argument<number>(diag, 'diag', 0)
  const n = mat.shape.at(-1)!
  if (offset < -n || offset >= n) throw value_error(`diag (${offset}) provided is outside [${-n}, ${n - 1}].`)
  return mat.at('...', tril_mask(n, offset, mat))
}

/**
 * Matrices with a vector's elements on and below a diagonal, and zeros elsewhere.
 *
 * @param vec - (…, k), the elements row by row
 * @param diag - the diagonal; 0 is the main one
 * @throws ValueError where no square matrix has as many
 * @see torch/distributions/utils.py
 */
export function vec_to_tril_matrix(vec: Tensor, diag: number | { diag?: number } = 0): Tensor {
  const offset = argument<number>(diag, 'diag', 0)
  const length = vec.shape.at(-1)!
  const twice = 1 + 2 * offset
  const exact =
    (-twice + native.math.sqrt(twice * twice + 8 * length + 4 * Math.abs(offset) * (offset + 1))) / 2
  const n = round_half_even(exact)
  if (n - exact > finfo(vec.dtype).eps)
    throw value_error(
      `The size of last dimension is ${length} which cannot be expressed as ` +
        'the lower triangular part of a square D x D matrix.',
    )
  const mat = vec.new_zeros([...vec.shape.slice(0, -1), n, n])
  return mat.set_at(['...', tril_mask(n, offset, vec)], vec)
}

function tril_mask(n: number, diag: number, like: Tensor): Tensor {
  const arange = ops.arange(n, { device: like.device })
  return arange.lt(arange.view([-1, 1]).add(diag + 1))
}

/** Python's `round`. */
export function round_half_even(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}
