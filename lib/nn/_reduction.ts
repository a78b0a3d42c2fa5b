import { value_error } from '../errors.js'
import { native } from '../native.js'

/** What becomes of a loss that has a value for each element. */
export type Reduction = 'none' | 'mean' | 'sum'

/**
 * The number that operators know a reduction by.
 *
 * @throws ValueError for another word
 */
export function get_enum(reduction: string): number {
  const { none, mean, sum } = native.constants.reduction
  if (reduction === 'none') return none
  if (reduction === 'mean') return mean
  if (reduction === 'sum') return sum
  if (reduction === 'elementwise_mean') {
    process.emitWarning("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.")
    return mean
  }
  throw value_error(`${reduction} is not a valid value for reduction`)
}

/** The reduction that the two old arguments meant. */
export function legacy_get_string(size_average: boolean | null, reduce: boolean | null): Reduction {
  const reduction = (reduce ?? true) ? ((size_average ?? true) ? 'mean' : 'sum') : 'none'
  process.emitWarning(
    `size_average and reduce args will be deprecated, please use reduction='${reduction}' instead.`,
  )
  return reduction
}
