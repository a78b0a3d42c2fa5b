import { python_type_name, runtime_error, type_error } from './errors.js'
import { native } from './native.js'
import { keyword, required } from './python/parameters.js'
import { callable, signature } from './python/signature.js'

/**
 * Sets whether operators whose answers vary from run to run are refused, or replaced where there is a deterministic
 * one. The whole process's.
 *
 * @param mode - whether only deterministic algorithms may run
 * @param warn_only - a warning instead of an Error where there is none. Default: false
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.use_deterministic_algorithms(true)
 * torch.are_deterministic_algorithms_enabled() // true
 * torch.use_deterministic_algorithms(false)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.use_deterministic_algorithms.html
 */
export const use_deterministic_algorithms = callable(
  signature('use_deterministic_algorithms', { mode: required<boolean>() }, { warn_only: keyword(false) }),
  (mode, warn_only): void => {
    for (const [name, place, value] of [
      ['mode', 1, mode],
      ['warn_only', 2, warn_only],
    ] as const) {
      if (typeof value !== 'boolean') {
        throw type_error(
          `_set_deterministic_algorithms(): argument '${name}' (position ${place}) must be bool, not ${python_type_name(value)}`,
          'use_deterministic_algorithms',
        )
      }
    }
    native.context_set(warn_only ? 'deterministic_warn_only' : 'deterministic', mode)
  },
)

/** Whether only deterministic algorithms may run. */
export const are_deterministic_algorithms_enabled = callable(
  signature('are_deterministic_algorithms_enabled'),
  (): boolean => native.context_get('deterministic'),
)

/** Whether what is not deterministic only warns. */
export const is_deterministic_algorithms_warn_only_enabled = callable(
  signature('is_deterministic_algorithms_warn_only_enabled'),
  (): boolean => native.context_get('deterministic_warn_only'),
)

const modes = ['default', 'warn', 'error'] as const

/**
 * As {@link use_deterministic_algorithms}, in one word or number.
 *
 * @param debug_mode `'default'` or 0, `'warn'` or 1, `'error'` or 2
 * @throws RuntimeError for another
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.set_deterministic_debug_mode.html
 */
export const set_deterministic_debug_mode = callable(
  signature('set_deterministic_debug_mode', {
    debug_mode: required<'default' | 'warn' | 'error' | number>(),
  }),
  (debug_mode): void => {
    let mode = debug_mode
    if (typeof mode === 'string') {
      mode = modes.indexOf(mode)
      if (mode < 0) {
        throw runtime_error(
          `invalid value of debug_mode, expected one of \`default\`, \`warn\`, \`error\`, but got ${debug_mode}`,
          'set_deterministic_debug_mode',
        )
      }
    }
    if (!Number.isInteger(mode)) {
      throw type_error(
        `debug_mode must be str or int, but got ${python_type_name(debug_mode)}`,
        'set_deterministic_debug_mode',
      )
    }
    if (mode < 0 || mode > 2) {
      throw runtime_error(
        `invalid value of debug_mode, expected 0, 1, or 2, but got ${mode}`,
        'set_deterministic_debug_mode',
      )
    }
    use_deterministic_algorithms(mode > 0, { warn_only: mode === 1 })
  },
)

/** 0, 1 or 2: see {@link set_deterministic_debug_mode}. */
export const get_deterministic_debug_mode = callable(
  signature('get_deterministic_debug_mode'),
  (): number => {
    if (!are_deterministic_algorithms_enabled()) return 0
    return is_deterministic_algorithms_warn_only_enabled() ? 1 : 2
  },
)
