import { value_error } from '../../errors.js'
import { is_options } from '../../ops/keywords.js'

/** Keywords of {@link checkpoint}. */
export interface CheckpointOptions {
  /**
   * Whether backward runs a second backward inside itself (`true`, the older way), or operators' saved tensors are computed
   * again as they are asked for (`false`, better).
   */
  use_reentrant?: boolean | null
  /** Whether what is computed again draws the same random numbers (default: true). */
  preserve_rng_state?: boolean
  /** `'default'` compares shapes, types and devices of what is computed again, `'none'` does not. */
  determinism_check?: 'default' | 'none'
  /** Whether computing again ends with the last tensor that is needed (default: true). */
  early_stop?: boolean
}

const NAMES = ['use_reentrant', 'preserve_rng_state', 'determinism_check', 'early_stop']

/** The function's arguments, and the keywords after them: an object with these names alone. */
export function split_arguments(given: readonly unknown[]): [args: unknown[], options: CheckpointOptions] {
  const last = given[given.length - 1]
  if (!is_options(last)) return [[...given], {}]
  const keys = Object.keys(last)
  if (keys.length === 0 || !keys.every((key) => NAMES.includes(key))) return [[...given], {}]
  const options = last as CheckpointOptions
  const { determinism_check = 'default' } = options
  if (determinism_check !== 'default' && determinism_check !== 'none')
    throw value_error(
      `determinism_check should be one of ['default', 'none'], but got ${String(determinism_check)}`,
    )
  return [given.slice(0, -1), options]
}
