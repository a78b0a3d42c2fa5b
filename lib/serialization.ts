// torch.serialization: files of tensors.

export { BudgetError } from './errors.js'
export {
  get_default_load_limits,
  type LoadLimits,
  set_default_load_limits,
} from './serialization/limits.js'
export { type LoadOptions, load } from './serialization/load.js'
export type { LocationFunction, MapLocation } from './serialization/location.js'
export {
  add_safe_globals,
  clear_safe_globals,
  get_safe_globals,
  type SafeGlobal,
  safe_globals,
} from './serialization/safe_globals.js'
export { save } from './serialization/save.js'
export { get_unsafe_globals_in_checkpoint } from './serialization/unsafe_globals.js'
