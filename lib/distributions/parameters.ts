import type { DType } from '../dtype.js'
import { value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { own } from '../own.js'
import { optional } from '../python/parameters.js'
import { entries } from '../python/signature.js'
import { is_scalar } from '../scalar.js'
import type { Tensor } from '../tensor.js'
import type { Distribution } from './distribution.js'
import { argument, broadcast_all, type Value } from './utils.js'

/** The last parameter of every distribution. */
export const VALIDATE_ARGS = {
  /** Check arguments and values; null leaves it to `set_default_validate_args`. Default: null. */
  validate_args: optional<boolean | null>(null),
} as const

/** Parameters of distributions of probabilities or logits. */
export const PROBS_OR_LOGITS = entries(
  {
    /** Probabilities. Default: null. */
    probs: optional<Value | null>(null),
  },
  {
    /** Log-odds, or logarithms of unnormalized probabilities. Default: null. */
    logits: optional<Value | null>(null),
  },
)

/** The same where events lie along the last dimension, so that a number will not do. */
export const VECTOR_PROBS_OR_LOGITS = entries(
  {
    /** Probabilities along the last dimension; they are normalized. Default: null. */
    probs: optional<Tensor | null>(null),
  },
  {
    /** Logarithms of unnormalized probabilities along the last dimension. Default: null. */
    logits: optional<Tensor | null>(null),
  },
)

/** The batch's shape: that of the parameter, or none where all were given as numbers. */
export function batch_of(parameter: Tensor, ...given: unknown[]): number[] {
  return given.every(is_scalar) ? [] : parameter.shape
}

/** Which of both was given; exactly one must be. */
export function one_of<T>(probs: T | null, logits: T | null): { name: 'probs' | 'logits'; value: T } {
  if ((probs === null) === (logits === null))
    throw value_error('Either `probs` or `logits` must be specified, but not both.')
  return probs !== null ? { name: 'probs', value: probs } : { name: 'logits', value: logits as T }
}

/** Probabilities or logits as a distribution's attributes, and the shape of its batch. */
export function probability_attributes(given: { probs: Value | null; logits: Value | null }): {
  attributes: Record<string, Tensor>
  batch_shape: number[]
} {
  const { name, value } = one_of(given.probs, given.logits)
  const parameter = broadcast_all(value)[0]!
  return {
    attributes: { [name]: parameter, _param: parameter },
    batch_shape: batch_of(parameter, value),
  }
}

/** The attributes of an expanded distribution that has probabilities or logits, its other attributes by name. */
export function expanded_probabilities(attributes: Record<string, unknown>): Record<string, unknown> {
  attributes = own(attributes)
  const parameter = attributes['logits'] ?? attributes['probs']
  return { ...attributes, _param: parameter }
}

/** The values 0 to count − 1 of a discrete distribution, along the first dimension. */
export function enumerate_range(
  distribution: Distribution,
  count: number,
  like: Tensor,
  expand: boolean | { expand?: boolean },
  dtype: DType = like.dtype,
): Tensor {
  const values = ops.arange(count, { dtype, device: like.device })
  const batch_shape = distribution.batch_shape
  const viewed = values.view([-1, ...batch_shape.map(() => 1)])
  return argument<boolean>(expand, 'expand', true) ? viewed.expand([-1, ...batch_shape]) : viewed
}

type Counted = { total_count: Value; probs: Value | null; logits: Value | null }

/** Numbers of trials, and probabilities or logits, of one shape and dtype. */
export function counted_attributes(given: Counted): { total_count: Tensor; _param: Tensor } {
  const { name, value } = one_of(given.probs, given.logits)
  const [count, parameter] = broadcast_all(given.total_count, value) as [Tensor, Tensor]
  return { total_count: count.type_as(parameter), [name]: parameter, _param: parameter }
}
