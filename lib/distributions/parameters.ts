import type { DType } from '../dtype.js'
import { value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { take_options } from '../ops/keywords.js'
import { is_scalar } from '../scalar.js'
import type { Tensor } from '../tensor.js'
import type { Distribution, DistributionOptions } from './distribution.js'
import { argument, broadcast_all, type Value } from './utils.js'

/** A constructor's arguments; `validate_args` comes last. */
export function take_parameters<T extends object>(
  name: string,
  args: readonly unknown[],
  names: readonly (keyof T & string)[],
  defaults: Partial<T> = {},
): T & { validate_args: boolean | null } {
  type Taken = T & { validate_args: boolean | null }
  return take_options<Taken>(name, args, [...names, 'validate_args'], {
    ...defaults,
    validate_args: null,
  } as Partial<Taken>)
}

/** The arguments of a constructor that takes probabilities or logits. */
export function take_probabilities<V extends Value = Value>(
  name: string,
  args: readonly unknown[],
): { probs: V | null; logits: V | null; validate_args: boolean | null } {
  return take_parameters<{ probs: V | null; logits: V | null }>(name, args, ['probs', 'logits'], {
    probs: null,
    logits: null,
  })
}

/** The batch's shape: that of the parameter, or none where all were given as numbers. */
export function batch_of(parameter: Tensor, ...given: unknown[]): number[] {
  return given.every(is_scalar) ? [] : parameter.shape
}

/** Options of distributions that take probabilities or logits. */
export interface ProbsOrLogits extends DistributionOptions {
  /** The probabilities. */
  probs?: Value | null
  /** The logarithms of the odds, or of unnormalized probabilities. */
  logits?: Value | null
}

/** The same where the events lie along a dimension, so that a number will not do. */
export interface VectorProbsOrLogits extends DistributionOptions {
  /** The probabilities, along the last dimension; they need not sum to 1. */
  probs?: Tensor | null
  /** The logarithms of unnormalized probabilities, along the last dimension. */
  logits?: Tensor | null
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

/** The arguments of a constructor that takes a number of trials and probabilities or logits. */
export function take_counted(
  name: string,
  args: readonly unknown[],
  defaults: { total_count?: Value } = {},
): Counted & { validate_args: boolean | null } {
  return take_parameters<Counted>(name, args, ['total_count', 'probs', 'logits'], {
    ...defaults,
    probs: null,
    logits: null,
  })
}

/** Numbers of trials, and probabilities or logits, of one shape and dtype. */
export function counted_attributes(given: Counted): { total_count: Tensor; _param: Tensor } {
  const { name, value } = one_of(given.probs, given.logits)
  const [count, parameter] = broadcast_all(given.total_count, value) as [Tensor, Tensor]
  return { total_count: count.type_as(parameter), [name]: parameter, _param: parameter }
}

/** The arguments of a relaxed distribution's constructor. */
export function take_relaxed<V extends Value>(
  name: string,
  args: readonly unknown[],
): { temperature: Value; probs: V | null; logits: V | null; validate_args: boolean | null } {
  return take_parameters<{ temperature: Value; probs: V | null; logits: V | null }>(
    name,
    args,
    ['temperature', 'probs', 'logits'],
    { probs: null, logits: null },
  )
}
