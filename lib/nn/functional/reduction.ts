import { optional } from '../../python/parameters.js'
import { legacy_get_string, type Reduction } from '../_reduction.js'

const LEGACY = optional<boolean | null>(null)

/** The deprecated parameter `size_average` of losses. */
export const SIZE_AVERAGE = { size_average: LEGACY }

/** The deprecated parameter `reduce` of losses. */
export const REDUCE = { reduce: LEGACY }

/** How a loss is reduced: `'none'`, `'mean'` or `'sum'`. */
export const REDUCED = { reduction: optional<Reduction>('mean') }

/** The parameters that say how a loss is reduced, two of them deprecated. */
export const REDUCTION = [SIZE_AVERAGE, REDUCE, REDUCED] as const

/** What the two deprecated arguments and the present one mean together. */
export function reduction_of(
  size_average: boolean | null,
  reduce: boolean | null,
  reduction: Reduction,
): Reduction {
  return size_average !== null || reduce !== null ? legacy_get_string(size_average, reduce) : reduction
}
