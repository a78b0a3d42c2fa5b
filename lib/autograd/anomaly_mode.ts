import { run_then } from '../callback.js'
import { native } from '../native.js'
import { type ModeGuard, open_guard } from './guard.js'

export interface AnomalyOptions {
  /** Whether a gradient that is NaN is an Error (default: true). */
  check_nan?: boolean
}

function open(mode: boolean, check_nan: boolean): () => void {
  const [before, checked_before] = native.anomaly()
  native.set_anomaly(mode, check_nan)
  return () => native.set_anomaly(before, checked_before)
}

/**
 * Inside the callback, operators note where in your program they were called, and a backward that fails, or gives NaN, warns
 * with that place. It is slow: for looking for faults only.
 *
 * @param callback what runs in the mode; `using _ = detect_anomaly()` opens it for the rest of a synchronous block
 * @throws RuntimeError from backward: `Function 'SqrtBackward0' returned nan values in its 0th output.`
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const loss = torch.autograd.detect_anomaly(() => {
 *   const x = torch.ones(2, { requires_grad: true })
 *   const y = x.log().sum()
 *   y.backward()
 *   return y.item()
 * })
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.detect_anomaly
 */
export function detect_anomaly(options?: AnomalyOptions): ModeGuard
export function detect_anomaly<T>(callback: () => T, options?: AnomalyOptions): T
export function detect_anomaly<T>(
  first?: (() => T) | AnomalyOptions,
  second?: AnomalyOptions,
): T | ModeGuard {
  const callback = typeof first === 'function' ? first : undefined
  const { check_nan = true } = (typeof first === 'function' ? second : first) ?? {}
  process.emitWarning(
    'Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.',
    'UserWarning',
  )
  const close = open(true, check_nan)
  return callback === undefined ? open_guard(close, 'detect_anomaly') : run_then(callback, close)
}

/**
 * Turns {@link detect_anomaly} on or off, for good; `using` the result takes it back at the block's end.
 *
 * @param mode whether it is on
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.set_detect_anomaly
 */
export function set_detect_anomaly(mode: boolean, options: AnomalyOptions = {}): Disposable {
  const close = open(mode, options.check_nan ?? true)
  return { [Symbol.dispose]: close }
}

/** Whether {@link detect_anomaly} is on. */
export const is_anomaly_enabled = (): boolean => native.anomaly()[0]

/** Whether {@link detect_anomaly} looks for NaN. */
export const is_anomaly_check_nan_enabled = (): boolean => native.anomaly()[1]
