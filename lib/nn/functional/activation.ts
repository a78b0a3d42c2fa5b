import type { DType } from '../../dtype.js'
import { runtime_error, value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'

const INPLACE = { inplace: optional(false) }

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
export const relu = callable(signature('relu', { input: tensor }, INPLACE), (input, inplace) =>
  inplace ? ops.relu_(input) : ops.relu(input),
)

/** min(max(0, x), 6), element by element. */
export const relu6 = callable(signature('relu6', { input: tensor }, INPLACE), (input, inplace) =>
  inplace ? nn.relu6_(input) : nn.relu6(input),
)

/** scale · (max(0, x) + min(0, α (exp x − 1))), with the constants that keep mean and variance. */
export const selu = callable(signature('selu', { input: tensor }, INPLACE), (input, inplace) =>
  inplace ? ops.selu_(input) : ops.selu(input),
)

/** x · σ(x), element by element. */
export const silu = callable(signature('silu', { input: tensor }, INPLACE), (input, inplace) =>
  inplace ? nn.silu_(input) : nn.silu(input),
)

/** x · tanh(softplus(x)), element by element. */
export const mish = callable(signature('mish', { input: tensor }, INPLACE), (input, inplace) =>
  inplace ? nn.mish_(input) : nn.mish(input),
)

/** A sigmoid of three straight lines. */
export const hardsigmoid = callable(signature('hardsigmoid', { input: tensor }, INPLACE), (input, inplace) =>
  inplace ? nn.hardsigmoid_(input) : nn.hardsigmoid(input),
)

/** x · hardsigmoid(x), element by element. */
export const hardswish = callable(signature('hardswish', { input: tensor }, INPLACE), (input, inplace) =>
  inplace ? nn.hardswish_(input) : nn.hardswish(input),
)

/** max(0, x) + min(0, α (exp x − 1)); α is 1 by default. */
export const elu = callable(
  signature('elu', { input: tensor }, { alpha: optional(1) }, INPLACE),
  (input, alpha, inplace): Tensor => (inplace ? nn.elu_(input, alpha) : nn.elu(input, alpha)),
)

/** max(0, x) + min(0, α (exp(x/α) − 1)); α is 1 by default. */
export const celu = callable(
  signature('celu', { input: tensor }, { alpha: optional(1) }, INPLACE),
  (input, alpha, inplace): Tensor => (inplace ? ops.celu_(input, alpha) : ops.celu(input, alpha)),
)

/** max(0, x) + slope · min(0, x); the slope is 0.01 by default. */
export const leaky_relu = callable(
  signature('leaky_relu', { input: tensor }, { negative_slope: optional(0.01) }, INPLACE),
  (input, negative_slope, inplace): Tensor =>
    inplace ? nn.leaky_relu_(input, negative_slope) : nn.leaky_relu(input, negative_slope),
)

/**
 * leaky_relu with slopes drawn uniformly from [lower, upper] in training, and their mean otherwise.
 *
 * @param lower - the least slope. Default: 1/8
 * @param upper - the greatest slope. Default: 1/3
 * @param training - whether slopes are drawn. Default: false
 * @param inplace - whether `input` itself is changed. Default: false
 */
export const rrelu = callable(
  signature(
    'rrelu',
    { input: tensor },
    { lower: optional(1 / 8) },
    { upper: optional(1 / 3) },
    { training: optional(false) },
    INPLACE,
  ),
  (input, lower, upper, training, inplace): Tensor =>
    inplace ? ops.rrelu_(input, lower, upper, training) : ops.rrelu(input, lower, upper, training),
)

/**
 * x between two bounds, −1 and 1 by default.
 *
 * @throws ValueError where the lower bound is above the upper one
 */
export const hardtanh = callable(
  signature('hardtanh', { input: tensor }, { min_val: optional(-1) }, { max_val: optional(1) }, INPLACE),
  (input, min_val, max_val, inplace): Tensor => {
    if (min_val > max_val) throw value_error('min_val cannot be greater than max_val')
    return inplace ? nn.hardtanh_(input, min_val, max_val) : nn.hardtanh(input, min_val, max_val)
  },
)

/** x where it is above the threshold, `value` elsewhere. */
export const threshold = callable(
  signature(
    'threshold',
    { input: tensor },
    { threshold: required<number>() },
    { value: required<number>() },
    INPLACE,
  ),
  (input, threshold, value, inplace): Tensor =>
    inplace ? ops.threshold_(input, threshold, value) : ops.threshold(input, threshold, value),
)

/**
 * a · σ(b), where a and b are the halves of the input along a dimension, the last by default.
 *
 * @throws RuntimeError for an input without dimensions
 */
export const glu = callable(
  signature('glu', { input: tensor }, { dim: optional(-1) }),
  (input, dim): Tensor => {
    if (input.ndim === 0)
      throw runtime_error('glu does not support scalars because halving size must be even', 'glu')
    return nn.glu(input, dim)
  },
)

/** x − tanh x, element by element. */
export const tanhshrink = callable(
  signature('tanhshrink', { input: tensor }),
  (input): Tensor => input.sub(input.tanh()),
)

/** x / (1 + |x|), element by element. */
export const softsign = callable(
  signature('softsign', { input: tensor }),
  (input): Tensor => input.div(input.abs().add(1)),
)

/** tanh x, element by element. */
export const tanh = callable(signature('tanh', { input: tensor }), (input): Tensor => input.tanh())

/** 1 / (1 + exp −x), element by element. */
export const sigmoid = callable(signature('sigmoid', { input: tensor }), (input): Tensor => input.sigmoid())

const SOFTMAX = [
  { input: tensor },
  { dim: optional<number | null>(null) },
  { _stacklevel: optional(3) },
  { dtype: optional<DType | null>(null) },
] as const

function softmax_dim(name: string, input: Tensor): number {
  process.emitWarning(
    `Implicit dimension choice for ${name} has been deprecated. Change the call to include dim=X as an argument.`,
  )
  return input.ndim === 0 || input.ndim === 1 || input.ndim === 3 ? 0 : 1
}

/**
 * exp(xᵢ) / Σⱼ exp(xⱼ) along a dimension.
 *
 * @param dim - the dimension whose numbers sum to one. Without it one is chosen, which is deprecated
 * @param _stacklevel - has no effect here
 * @param dtype - the dtype to which the input is converted first. Default: its own
 */
export const softmax = callable(
  signature('softmax', ...SOFTMAX),
  (input, dim, _stacklevel, dtype): Tensor => {
    const along = dim ?? softmax_dim('softmax', input)
    return dtype === null ? input.softmax(along) : input.softmax(along, { dtype })
  },
)

/** The softmax of −x along a dimension; the parameters are those of {@link softmax}. */
export const softmin = callable(
  signature('softmin', ...SOFTMAX),
  (input, dim, _stacklevel, dtype): Tensor => {
    const along = dim ?? softmax_dim('softmin', input)
    return dtype === null ? input.neg().softmax(along) : input.neg().softmax(along, { dtype })
  },
)

/** The logarithm of the softmax along a dimension; the parameters are those of {@link softmax}. */
export const log_softmax = callable(
  signature('log_softmax', ...SOFTMAX),
  (input, dim, _stacklevel, dtype): Tensor => {
    const along = dim ?? softmax_dim('log_softmax', input)
    return dtype === null ? input.log_softmax(along) : input.log_softmax(along, { dtype })
  },
)
