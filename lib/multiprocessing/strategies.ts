import { assertion_error } from '../errors.js'

// Threads share all of their memory: there is one way, and it needs neither files nor descriptors.
const ONLY = 'threads'

/** The ways in which memory can be shared: threads share all of it. */
export const get_all_sharing_strategies = (): Set<string> => new Set([ONLY])

/** The way in which memory is shared. */
export const get_sharing_strategy = (): string => ONLY

/**
 * Sets the way in which memory is shared: to the only one.
 *
 * @throws AssertionError for another
 */
export function set_sharing_strategy(new_strategy: string): void {
  if (new_strategy !== ONLY)
    throw assertion_error(`'${new_strategy}' is not in get_all_sharing_strategies(): {'${ONLY}'}`)
}
