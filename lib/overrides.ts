import { Tensor } from './tensor.js'

// Python's __torch_function__ lets other classes stand for tensors; here nothing overrides a function.

/** Whether one of several values overrides torch's functions: never. */
export function has_torch_function(_values: readonly unknown[]): boolean {
  return false
}

/** As {@link has_torch_function}, of one value. */
export function has_torch_function_unary(_value: unknown): boolean {
  return false
}

/** As {@link has_torch_function}, of values given one by one. */
export function has_torch_function_variadic(..._values: unknown[]): boolean {
  return false
}

/** Whether a value is, or stands for, a tensor. */
export function is_tensor_like(value: unknown): value is Tensor {
  return value instanceof Tensor
}
