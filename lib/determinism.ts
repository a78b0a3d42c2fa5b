import { python_type_name, runtime_error, type_error } from './errors.js'
import { native } from './native.js'

/**
 * Sets whether operators whose answers vary from run to run are refused, or replaced where there is a deterministic
 * one. The whole process's.
 *
 * @param mode whether only deterministic algorithms may run
 * @param options `warn_only`: a warning instead of an Error where there is none (default false)
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.use_deterministic_algorithms(true)
 * torch.are_deterministic_algorithms_enabled() // true
 * torch.use_deterministic_algorithms(false)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.use_deterministic_algorithms.html
 */
export function use_deterministic_algorithms(mode: boolean, options: { warn_only?: boolean } = {}): void {
  for (const [name, place, value] of [
    ['mode', 1, mode],
    ['warn_only', 2, options.warn_only ?? false],
  ] as const) {
    if (typeof value !== 'boolean') {
      throw type_error(
        `_set_deterministic_algorithms(): argument '${name}' (position ${place}) must be bool, not ${python_type_name(value)}`,
        'use_deterministic_algorithms',
      )
    }
  }
  native.context_set(options.warn_only === true ? 'deterministic_warn_only' : 'deterministic', mode)
}

/** Whether only deterministic algorithms may run. */
export function are_deterministic_algorithms_enabled(): boolean {
  return native.context_get('deterministic')
}

/** Whether what is not deterministic only warns. */
export function is_deterministic_algorithms_warn_only_enabled(): boolean {
  return native.context_get('deterministic_warn_only')
}

const modes = ['default', 'warn', 'error'] as const

/**
 * As {@link use_deterministic_algorithms}, in one word or number.
 *
 * @param debug_mode `'default'` or 0, `'warn'` or 1, `'error'` or 2
 * @throws RuntimeError for another
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.set_deterministic_debug_mode.html
 */
export function set_deterministic_debug_mode(debug_mode: 'default' | 'warn' | 'error' | number): void {
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
}

/** 0, 1 or 2: see {@link set_deterministic_debug_mode}. */
export function get_deterministic_debug_mode(): number {
  if (!are_deterministic_algorithms_enabled()) return 0
  return is_deterministic_algorithms_warn_only_enabled() ? 1 : 2
}
