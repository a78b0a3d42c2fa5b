import { value_error } from '../errors.js'

/** What becomes of a loss that has a value for each element. */
export type Reduction = 'none' | 'mean' | 'sum'

/**
 * The number that operators know a reduction by.
 *
 * @throws ValueError for another word
 */
export function get_enum(reduction: string): 0 | 1 | 2 {
  if (reduction === 'none') return 0
  if (reduction === 'mean') return 1
  if (reduction === 'sum') return 2
  if (reduction === 'elementwise_mean') {
    process.emitWarning("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.")
    return 1
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
