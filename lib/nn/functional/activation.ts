import type { DType } from '../../dtype.js'
import { runtime_error, value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import { is_scalar } from '../../scalar.js'
import { expect_tensor, type Tensor } from '../../tensor.js'

// By position: a number, or a FloatScalar in its place; else the keywords.
const is_number = (value: unknown): value is number => is_scalar(value)

/** Whether a function changes its input instead of making a new tensor; by position or by keyword. */
export type Inplace = boolean | { inplace?: boolean }

function is_inplace(inplace: Inplace): boolean {
  return typeof inplace === 'boolean' ? inplace : (inplace.inplace ?? false)
}

/**
 * max(0, x), element by element.
 *
 * @param inplace - whether `input` itself is changed. Default: false
 *
 * @example
 * ```ts
 * const y = nn.functional.relu(torch.randn(3))
 * ```
 *
 * @see torch/nn/functional.py
 */
export const relu = callable(
  signature('relu', { input: tensor }, { inplace: optional(false) }),
  (input, inplace) => (inplace ? ops.relu_(input) : ops.relu(input)),
)

/** min(max(0, x), 6), element by element. */
export function relu6(input: Tensor, inplace: Inplace = false): Tensor {
  return is_inplace(inplace) ? nn.relu6_(input) : nn.relu6(input)
}

/** scale · (max(0, x) + min(0, α (exp x − 1))), with the constants that keep mean and variance. */
export function selu(input: Tensor, inplace: Inplace = false): Tensor {
  return is_inplace(inplace) ? ops.selu_(input) : ops.selu(input)
}

/** x · σ(x), element by element. */
export function silu(input: Tensor, inplace: Inplace = false): Tensor {
  return is_inplace(inplace) ? nn.silu_(input) : nn.silu(input)
}

/** x · tanh(softplus(x)), element by element. */
export function mish(input: Tensor, inplace: Inplace = false): Tensor {
  return is_inplace(inplace) ? nn.mish_(input) : nn.mish(input)
}

/** A sigmoid of three straight lines. */
export function hardsigmoid(input: Tensor, inplace: Inplace = false): Tensor {
  return is_inplace(inplace) ? nn.hardsigmoid_(input) : nn.hardsigmoid(input)
}

/** x · hardsigmoid(x), element by element. */
export function hardswish(input: Tensor, inplace: Inplace = false): Tensor {
  return is_inplace(inplace) ? nn.hardswish_(input) : nn.hardswish(input)
}

/** max(0, x) + min(0, α (exp x − 1)); α is 1 by default. */
export function elu(
  input: Tensor,
  alpha: number | { alpha?: number; inplace?: boolean } = 1,
  inplace: Inplace = false,
): Tensor {
  const given = is_number(alpha) ? { alpha, inplace: is_inplace(inplace) } : alpha
  return given.inplace ? nn.elu_(input, given.alpha ?? 1) : nn.elu(input, given.alpha ?? 1)
}

/** max(0, x) + min(0, α (exp(x/α) − 1)); α is 1 by default. */
export function celu(
  input: Tensor,
  alpha: number | { alpha?: number; inplace?: boolean } = 1,
  inplace: Inplace = false,
): Tensor {
  const given = is_number(alpha) ? { alpha, inplace: is_inplace(inplace) } : alpha
  return given.inplace ? ops.celu_(input, given.alpha ?? 1) : ops.celu(input, given.alpha ?? 1)
}

/** max(0, x) + slope · min(0, x); the slope is 0.01 by default. */
export function leaky_relu(
  input: Tensor,
  negative_slope: number | { negative_slope?: number; inplace?: boolean } = 0.01,
  inplace: Inplace = false,
): Tensor {
  const given = is_number(negative_slope) ? { negative_slope, inplace: is_inplace(inplace) } : negative_slope
  const slope = given.negative_slope ?? 0.01
  return given.inplace ? nn.leaky_relu_(input, slope) : nn.leaky_relu(input, slope)
}

/** Keywords of {@link rrelu}. */
export interface RReLUOptions {
  lower?: number
  upper?: number
  training?: boolean
  inplace?: boolean
}

/** leaky_relu with slopes drawn uniformly from [lower, upper] in training, and their mean otherwise. */
export function rrelu(
  input: Tensor,
  lower: number | RReLUOptions = 1 / 8,
  upper = 1 / 3,
  training = false,
  inplace: Inplace = false,
): Tensor {
  const given = is_number(lower) ? { lower, upper, training, inplace: is_inplace(inplace) } : lower
  const low = given.lower ?? 1 / 8
  const high = given.upper ?? 1 / 3
  return given.inplace
    ? ops.rrelu_(input, low, high, given.training ?? false)
    : ops.rrelu(input, low, high, given.training ?? false)
}

/** Keywords of {@link hardtanh}. */
export interface HardtanhOptions {
  min_val?: number
  max_val?: number
  inplace?: boolean
}

/**
 * x between two bounds, −1 and 1 by default.
 *
 * @throws ValueError where the lower bound is above the upper one
 */
export function hardtanh(
  input: Tensor,
  min_val: number | HardtanhOptions = -1,
  max_val = 1,
  inplace: Inplace = false,
): Tensor {
  const given = is_number(min_val) ? { min_val, max_val, inplace: is_inplace(inplace) } : min_val
  const low = given.min_val ?? -1
  const high = given.max_val ?? 1
  if (low > high) throw value_error('min_val cannot be greater than max_val')
  return given.inplace ? nn.hardtanh_(input, low, high) : nn.hardtanh(input, low, high)
}

/** x where it is above the threshold, `value` elsewhere. */
export function threshold(input: Tensor, threshold: number, value: number, inplace: Inplace = false): Tensor {
  return is_inplace(inplace)
    ? ops.threshold_(input, threshold, value)
    : ops.threshold(input, threshold, value)
}

/** a · σ(b), where a and b are the halves of the input along a dimension, the last by default. */
export function glu(input: Tensor, dim: number | { dim?: number } = -1): Tensor {
  expect_tensor(input, 'glu', 'input')
  if (input.ndim === 0)
    throw runtime_error('glu does not support scalars because halving size must be even', 'glu')
  return nn.glu(input, typeof dim === 'number' ? dim : (dim.dim ?? -1))
}

/** x − tanh x, element by element. */
export function tanhshrink(input: Tensor): Tensor {
  expect_tensor(input, 'tanhshrink', 'input')
  return input.sub(input.tanh())
}

/** x / (1 + |x|), element by element. */
export function softsign(input: Tensor): Tensor {
  expect_tensor(input, 'softsign', 'input')
  return input.div(input.abs().add(1))
}

/** tanh x, element by element. */
export function tanh(input: Tensor): Tensor {
  expect_tensor(input, 'tanh', 'input')
  return input.tanh()
}

/** 1 / (1 + exp −x), element by element. */
export function sigmoid(input: Tensor): Tensor {
  expect_tensor(input, 'sigmoid', 'input')
  return input.sigmoid()
}

/** Keywords of {@link softmax} and its like. */
export interface SoftmaxOptions {
  /** The dimension whose numbers sum to one. */
  dim?: number | null
  /** What the input is cast to first. */
  dtype?: DType | null
}

function softmax_arguments(
  name: string,
  input: Tensor,
  dim: number | null | SoftmaxOptions,
): [number, { dtype?: DType }] {
  const given: SoftmaxOptions = dim !== null && typeof dim === 'object' ? dim : { dim }
  const dtype = given.dtype ? { dtype: given.dtype } : {}
  if (given.dim !== null && given.dim !== undefined) return [given.dim, dtype]
  process.emitWarning(
    `Implicit dimension choice for ${name} has been deprecated. Change the call to include dim=X as an argument.`,
  )
  return [input.ndim === 0 || input.ndim === 1 || input.ndim === 3 ? 0 : 1, dtype]
}

/** exp(xᵢ) / Σⱼ exp(xⱼ) along a dimension. */
export function softmax(input: Tensor, dim: number | null | SoftmaxOptions = null): Tensor {
  expect_tensor(input, 'softmax', 'input')
  return input.softmax(...softmax_arguments('softmax', input, dim))
}

/** The softmax of −x along a dimension. */
export function softmin(input: Tensor, dim: number | null | SoftmaxOptions = null): Tensor {
  expect_tensor(input, 'softmin', 'input')
  return input.neg().softmax(...softmax_arguments('softmin', input, dim))
}

/** The logarithm of the softmax along a dimension. */
export function log_softmax(input: Tensor, dim: number | null | SoftmaxOptions = null): Tensor {
  expect_tensor(input, 'log_softmax', 'input')
  return input.log_softmax(...softmax_arguments('log_softmax', input, dim))
}
