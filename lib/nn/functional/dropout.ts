import { runtime_error, value_error } from '../../errors.js'
import { expect_number } from '../../expect.js'
import { take_arguments } from '../../ops/arguments.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'

/** Keywords of {@link dropout} and its like. */
export interface DropoutOptions {
  /** The probability that an element, or a channel, is dropped. Default: 0.5. */
  p?: number
  /** Whether anything is dropped at all. */
  training?: boolean
  /** Whether the input itself is changed. Default: false. */
  inplace?: boolean
}

type Given = Required<DropoutOptions> & { input: Tensor }
type Drop = (input: Tensor, p: number, training: boolean) => Tensor

const NAMES = ['input', 'p', 'training', 'inplace'] as const

function take(name: string, args: readonly unknown[], training = true): Given {
  const given = take_arguments<Given>(name, args, NAMES, { p: 0.5, training, inplace: false })
  expect_number(given.p, name, 'p')
  if (given.p < 0 || given.p > 1) {
    throw value_error(`dropout probability has to be between 0 and 1, but got ${given.p}`)
  }
  return given
}

const drop = ({ input, p, training, inplace }: Given, fresh: Drop, in_place: Drop): Tensor =>
  (inplace ? in_place : fresh)(input, p, training)

/**
 * Zeroes elements with probability p and divides the others by 1 − p.
 *
 * @param input any shape
 * @param p the probability (default: 0.5)
 * @param training whether anything is dropped (default: true)
 * @throws ValueError for a probability outside [0, 1]
 * @example
 * ```ts
 * import { nn } from 'typetorch'
 * import * as torch from 'typetorch'
 * nn.functional.dropout(torch.ones(4), { p: 0.5, training: false }).tolist() // [1, 1, 1, 1]
 * ```
 * @see torch/nn/functional.py
 */
export function dropout(
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
): Tensor
export function dropout(...args: unknown[]): Tensor {
  return drop(take('dropout', args), ops.dropout, ops.dropout_)
}

/** As {@link dropout} for SELU networks: keeps mean and variance; `training` is false by default. */
export function alpha_dropout(
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
): Tensor
export function alpha_dropout(...args: unknown[]): Tensor {
  return drop(take('alpha_dropout', args, false), ops.alpha_dropout, ops.alpha_dropout_)
}

/** {@link alpha_dropout} of whole channels; `training` is false by default. */
export function feature_alpha_dropout(
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
): Tensor
export function feature_alpha_dropout(...args: unknown[]): Tensor {
  const given = take('feature_alpha_dropout', args, false)
  return drop(given, ops.feature_alpha_dropout, ops.feature_alpha_dropout_)
}

function drop_channels(given: Given, is_batched: boolean): Tensor {
  if (is_batched) return drop(given, ops.feature_dropout, ops.feature_dropout_)
  const { input, inplace } = given
  const batch = inplace ? input.unsqueeze_(0) : input.unsqueeze(0)
  const result = drop({ ...given, input: batch }, ops.feature_dropout, ops.feature_dropout_)
  return inplace ? result.squeeze_(0) : result.squeeze(0)
}

/**
 * Zeroes whole channels of a (C, L) or (N, C, L) input with probability p.
 *
 * @throws RuntimeError for an input of another number of dimensions
 */
export function dropout1d(
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
): Tensor
export function dropout1d(...args: unknown[]): Tensor {
  const given = take('dropout1d', args)
  const { ndim } = given.input
  if (ndim !== 2 && ndim !== 3) {
    throw runtime_error(
      `dropout1d: Expected 2D or 3D input, but received a ${ndim}D input. Note that dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs).`,
    )
  }
  return drop_channels(given, ndim === 3)
}

const warn_of_dimensions = (name: string, ndim: number): void =>
  process.emitWarning(
    `${name}: Received a ${ndim}-D input to ${name}, which is deprecated and will result in an error in a future release. To retain the behavior and silence this warning, please use dropout instead.`,
  )

/** Zeroes whole channels of an (N, C, H, W) input with probability p. */
export function dropout2d(
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
): Tensor
export function dropout2d(...args: unknown[]): Tensor {
  const given = take('dropout2d', args)
  const { ndim } = given.input
  if (ndim === 3) {
    process.emitWarning(
      'dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input is interpreted as shape (N, C, L), where C is the channel dim.',
    )
  } else if (ndim !== 4) warn_of_dimensions('dropout2d', ndim)
  return drop_channels(given, true)
}

/** Zeroes whole channels of a (C, D, H, W) or (N, C, D, H, W) input with probability p. */
export function dropout3d(
  input: Tensor,
  p?: number | DropoutOptions,
  training?: boolean | DropoutOptions,
  inplace?: boolean | DropoutOptions,
): Tensor
export function dropout3d(...args: unknown[]): Tensor {
  const given = take('dropout3d', args)
  const { ndim } = given.input
  if (ndim !== 4 && ndim !== 5) warn_of_dimensions('dropout3d', ndim)
  return drop_channels(given, ndim === 5)
}
