import { runtime_error, value_error } from '../../errors.js'
import { expect_number } from '../../expect.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'

type Drop = (input: Tensor, p: number, training: boolean) => Tensor

function expect_probability(value: unknown, name: string, argument: string): number {
  const p = expect_number(value, name, argument)
  if (p < 0 || p > 1) throw value_error(`dropout probability has to be between 0 and 1, but got ${p}`)
  return p
}

const P = { p: optional(0.5, expect_probability) }
const INPLACE = { inplace: optional(false) }
/** The parameters of dropouts that drop unless told otherwise. */
const DROPOUT = [{ input: tensor }, P, { training: optional(true) }, INPLACE] as const
const ALPHA_DROPOUT = [{ input: tensor }, P, { training: optional(false) }, INPLACE] as const

/**
 * Zeroes elements with probability p and divides the others by 1 − p.
 *
 * @param input - any shape
 * @param p - the probability that an element, or a channel, is dropped. Default: 0.5
 * @param training - whether anything is dropped. Default: true
 * @param inplace - whether `input` itself is changed. Default: false
 * @throws ValueError for a probability outside [0, 1]
 * @example
 * ```ts
 * import { nn } from 'typetorch'
 * import * as torch from 'typetorch'
 * nn.functional.dropout(torch.ones(4), { p: 0.5, training: false }).tolist() // [1, 1, 1, 1]
 * ```
 * @see torch/nn/functional.py
 */
export const dropout = callable(
  signature('dropout', ...DROPOUT),
  (input, p, training, inplace): Tensor => (inplace ? ops.dropout_ : ops.dropout)(input, p, training),
)

/** As {@link dropout} for SELU networks: keeps mean and variance; `training` is false by default. */
export const alpha_dropout = callable(
  signature('alpha_dropout', ...ALPHA_DROPOUT),
  (input, p, training, inplace): Tensor =>
    (inplace ? ops.alpha_dropout_ : ops.alpha_dropout)(input, p, training),
)

/** {@link alpha_dropout} of whole channels; `training` is false by default. */
export const feature_alpha_dropout = callable(
  signature('feature_alpha_dropout', ...ALPHA_DROPOUT),
  (input, p, training, inplace): Tensor =>
    (inplace ? ops.feature_alpha_dropout_ : ops.feature_alpha_dropout)(input, p, training),
)

function drop_channels(
  input: Tensor,
  p: number,
  training: boolean,
  inplace: boolean,
  is_batched: boolean,
): Tensor {
  const drop: Drop = inplace ? ops.feature_dropout_ : ops.feature_dropout
  if (is_batched) return drop(input, p, training)
  const result = drop(inplace ? input.unsqueeze_(0) : input.unsqueeze(0), p, training)
  return inplace ? result.squeeze_(0) : result.squeeze(0)
}

/**
 * Zeroes whole channels of a (C, L) or (N, C, L) input with probability p; the parameters are those of {@link dropout}.
 *
 * @throws RuntimeError for an input of another number of dimensions
 */
export const dropout1d = callable(
  signature('dropout1d', ...DROPOUT),
  (input, p, training, inplace): Tensor => {
    const { ndim } = input
    if (ndim !== 2 && ndim !== 3) {
      throw runtime_error(
        `dropout1d: Expected 2D or 3D input, but received a ${ndim}D input. Note that dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs).`,
      )
    }
    return drop_channels(input, p, training, inplace, ndim === 3)
  },
)

const warn_of_dimensions = (name: string, ndim: number): void =>
  process.emitWarning(
    `${name}: Received a ${ndim}-D input to ${name}, which is deprecated and will result in an error in a future release. To retain the behavior and silence this warning, please use dropout instead.`,
  )

/** Zeroes whole channels of an (N, C, H, W) input with probability p; the parameters are those of {@link dropout}. */
export const dropout2d = callable(
  signature('dropout2d', ...DROPOUT),
  (input, p, training, inplace): Tensor => {
    const { ndim } = input
    if (ndim === 3) {
      process.emitWarning(
        'dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input is interpreted as shape (N, C, L), where C is the channel dim.',
      )
    } else if (ndim !== 4) warn_of_dimensions('dropout2d', ndim)
    return drop_channels(input, p, training, inplace, true)
  },
)

/**
 * Zeroes whole channels of a (C, D, H, W) or (N, C, D, H, W) input with probability p; the parameters are those of
 * {@link dropout}.
 */
export const dropout3d = callable(
  signature('dropout3d', ...DROPOUT),
  (input, p, training, inplace): Tensor => {
    const { ndim } = input
    if (ndim !== 4 && ndim !== 5) warn_of_dimensions('dropout3d', ndim)
    return drop_channels(input, p, training, inplace, ndim === 5)
  },
)
