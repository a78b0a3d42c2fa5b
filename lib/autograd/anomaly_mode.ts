import { split_callback } from '../callback.js'
import { expect_bool } from '../expect.js'
import { native } from '../native.js'
import { optional, required } from '../python/parameters.js'
import { type KeywordsOf, signature } from '../python/signature.js'
import { Setting } from '../setting.js'
import { is_anomaly_check_nan_enabled, is_anomaly_enabled, set_anomaly_enabled } from '../switches.js'
import { warn_once } from '../warn.js'
import { type ModeGuard, open_guard, open_setting } from './guard.js'

const CHECK_NAN = {
  /** Whether a gradient that is NaN is an Error. Default: true. */
  check_nan: optional(true, expect_bool),
}
const DETECT_ANOMALY = signature('detect_anomaly', CHECK_NAN)
const SET_DETECT_ANOMALY = signature(
  'set_detect_anomaly',
  {
    /** If true, backward throws when it computes a NaN gradient. */
    mode: required<boolean>(expect_bool),
  },
  CHECK_NAN,
)

/** Keywords of {@link detect_anomaly}. */
export type AnomalyOptions = KeywordsOf<typeof DETECT_ANOMALY>
/** Keywords of {@link set_detect_anomaly}. */
export type SetAnomalyOptions = KeywordsOf<typeof SET_DETECT_ANOMALY>

const anomaly = new Setting<readonly [mode: boolean, check_nan: boolean]>(
  () => [is_anomaly_enabled(), is_anomaly_check_nan_enabled()],
  (value) => set_anomaly_enabled(...value),
)

/**
 * Lets backward refuse gradients that are NaN, naming the operator, for the rest of a synchronous block (`using`) or
 * while a callback runs, whose value is returned. The switch is the process's. It is slow: for debugging only.
 *
 * @param check_nan - whether a gradient that is NaN is an Error. Default: true
 * @param callback - what runs under it; it may be asynchronous
 *
 * @example
 * ```ts
 * const x = torch.tensor([-1], { requires_grad: true })
 * torch.autograd.detect_anomaly(() => x.sqrt().sum().backward()) // Function 'SqrtBackward0' returned nan values …
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.detect_anomaly
 */
export function detect_anomaly(check_nan?: boolean | AnomalyOptions): ModeGuard
export function detect_anomaly<T>(callback: () => T): T
export function detect_anomaly<T>(check_nan: boolean | AnomalyOptions, callback: () => T): T
export function detect_anomaly<T>(...args: unknown[]): T | ModeGuard {
  const [given, callback] = split_callback<T>(args)
  const [check_nan] = DETECT_ANOMALY.bind(given)
  warn_once(
    'Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.',
    'UserWarning',
    native.context_get('warn_always'),
  )
  const change = () => set_anomaly_enabled(true, check_nan)
  if (callback !== undefined) return anomaly.run(change, callback)
  const restore = anomaly.begin()
  change()
  return open_guard(restore, 'detect_anomaly')
}

/**
 * Sets whether backward refuses gradients that are NaN: from now on, for a block (`using`), or for a callback.
 *
 * @param mode - whether it does
 * @param check_nan - whether a gradient that is NaN is an Error. Default: true
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.set_detect_anomaly
 */
export function set_detect_anomaly(mode: boolean, check_nan?: boolean | AnomalyOptions): ModeGuard
export function set_detect_anomaly(options: SetAnomalyOptions): ModeGuard
export function set_detect_anomaly<T>(options: SetAnomalyOptions, callback: () => T): T
export function set_detect_anomaly<T>(mode: boolean, callback: () => T): T
export function set_detect_anomaly<T>(
  mode: boolean,
  check_nan: boolean | AnomalyOptions,
  callback: () => T,
): T
export function set_detect_anomaly<T>(...args: unknown[]): T | ModeGuard {
  const [given, callback] = split_callback<T>(args)
  const wanted = SET_DETECT_ANOMALY.bind(given)
  if (callback !== undefined) return anomaly.run(() => set_anomaly_enabled(...wanted), callback)
  // For good, unless somebody disposes of it.
  const before = anomaly.get()
  set_anomaly_enabled(...wanted)
  return open_setting(() => anomaly.set(before), 'set_detect_anomaly')
}
