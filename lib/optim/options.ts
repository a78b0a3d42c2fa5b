import { type DType, float32, float64, get_default_dtype } from '../dtype.js'
import { assertion_error, runtime_error, value_error } from '../errors.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { own, own_value } from '../own.js'
import { py_repr } from '../repr.js'
import { keep } from '../scope.js'
import { Tensor } from '../tensor.js'
import type { ParamState } from './optimizer.js'

/** A rate: a number, or a tensor of one element. */
export type Rate = number | Tensor

/** The number that a rate is. */
export function number_of(value: Rate): number {
  return typeof value === 'number' ? value : Number(value.item())
}

// NaN is refused too, as by Python's `not 0.0 <= value`.
export function check_at_least_zero(what: string, value: Rate): void {
  if (!(number_of(value) >= 0)) throw value_error(`Invalid ${what}: ${py_repr(value)}`)
}

/** A rate that is a tensor has one element. */
export function check_rate(lr: Rate): void {
  if (lr instanceof Tensor && lr.numel() !== 1) throw value_error('Tensor lr must be 1-element')
}

/** What most optimizers say of their learning rate. */
export function check_learning_rate(lr: Rate): void {
  check_rate(lr)
  check_at_least_zero('learning rate', lr)
}

/** 0 ≤ β < 1 for both. */
export function check_beta_range(betas: readonly Rate[]): void {
  betas.forEach((beta, i) => {
    const number = number_of(beta)
    if (!(number >= 0 && number < 1))
      throw value_error(`Invalid beta parameter at index ${i}: ${py_repr(beta)}`)
  })
}

/** What optimizers with averages of the gradient and of its size say of their options. */
export function check_moment_options(options: {
  lr: Rate
  betas: readonly Rate[]
  eps: number
  weight_decay: number
}): void {
  check_learning_rate(options.lr)
  check_at_least_zero('epsilon value', options.eps)
  check_beta_range(options.betas)
  check_at_least_zero('weight_decay value', options.weight_decay)
}

/** A rate of one element without dimensions. */
export function scalar_rate<R extends Rate>(value: R): R {
  return value instanceof Tensor && value.ndim !== 0 ? (keep(value.squeeze()) as R) : value
}

/** What `GradScaler` sets on an optimizer for the length of one step. */
interface Scalable {
  grad_scale?: Tensor | null
  found_inf?: Tensor | null
}

/** Whether `GradScaler` has set a scale or its flag for this step. */
export function is_scaled(optimizer: Scalable): boolean {
  return Boolean(own_value(optimizer, 'grad_scale') || own_value(optimizer, 'found_inf'))
}

/** Throws in a step that `GradScaler` has set a scale or its flag for. */
export function refuse_scaling(
  optimizer: Scalable,
  message = 'Expected grad_scale and found_inf to be None',
): void {
  if (is_scaled(optimizer)) throw assertion_error(message)
}

/** The dtype of `step` and other numbers of the state: float64 only where that is the default. */
export function scalar_dtype(fused: boolean | null = false): DType {
  return !fused && get_default_dtype() === float64 ? float64 : float32
}

/** A number of the state as a tensor: on the parameter's device where a kernel reads it, else on the CPU. */
export function state_number(
  group: { capturable?: boolean; fused?: boolean | null },
  param: Tensor,
  value: number,
): Tensor {
  group = own(group)
  const on_device = group.capturable || group.fused
  const dtype = scalar_dtype(group.fused ?? false)
  return keep(ops.full([], value, { dtype, device: on_device ? param.device : 'cpu' }))
}

/** States of older versions hold numbers where there are tensors now. */
export function upgrade_number(
  state: ParamState | undefined,
  name: string,
  group: { capturable?: boolean; fused?: boolean | null },
  param: Tensor,
): void {
  if (state === undefined || state[name] === undefined || state[name] instanceof Tensor) return
  state[name] = state_number(group, param, Number(state[name]))
}

const CAPTURABLE_DEVICES = ['cuda', 'xpu', 'hpu', 'privateuseone', 'xla']
const FUSED_DEVICES = ['mps', 'cuda', 'xpu', 'hpu', 'cpu', 'mtia', 'privateuseone']

const listed = (devices: readonly string[]) => `[${devices.map((device) => `'${device}'`).join(', ')}]`

/** Refuses a capturable step whose tensors a CUDA graph cannot hold. */
export function check_capturable(
  param: Tensor,
  others: readonly Tensor[],
  names = 'params and state_steps',
): void {
  const { type } = param.device
  if (others.every((other) => other.device.type === type) && CAPTURABLE_DEVICES.includes(type)) return
  throw assertion_error(
    `If capturable=True, ${names} must be on supported devices: ${listed(CAPTURABLE_DEVICES)}.`,
  )
}

/** Refuses a parameter that the fused kernels do not take. */
export function check_fused(param: Tensor): void {
  if (FUSED_DEVICES.includes(param.device.type) && param.is_floating_point()) return
  throw runtime_error(
    '`fused=True` requires all the params to be floating point Tensors of supported devices: ' +
      `${listed(FUSED_DEVICES)} but ${String(param.dtype)} and ${param.device.type}`,
  )
}

/** Refuses options that exclude `fused`. */
export function check_fused_options(differentiable: boolean, foreach: boolean | null): void {
  if (differentiable) throw runtime_error('`fused` does not support `differentiable`')
  if (foreach) throw runtime_error('`fused` and `foreach` cannot be `True` together.')
}

// Python's arithmetic between numbers and tensors: a rate or a step may be either.

export function times(a: Rate, b: Rate): Rate {
  return typeof a === 'number' && typeof b === 'number' ? a * b : ops.mul(a, b)
}

export function plus(a: Rate, b: Rate): Rate {
  return typeof a === 'number' && typeof b === 'number' ? a + b : ops.add(a, b)
}

export function minus(a: Rate, b: Rate): Rate {
  if (typeof a !== 'number') return a.sub(b)
  return typeof b === 'number' ? a - b : ops.rsub(b, a)
}

export function over(a: Rate, b: Rate): Rate {
  if (typeof a !== 'number') return a.div(b)
  return typeof b === 'number' ? a / b : b.reciprocal().mul(a)
}

export function to_the(a: Rate, b: Rate): Rate {
  if (typeof a !== 'number') return ops.pow(a, b as Tensor)
  return typeof b === 'number' ? native.math.pow(a, b) : ops.pow(a, b)
}

export function negative(a: Rate): Rate {
  return typeof a === 'number' ? -a : a.neg()
}
