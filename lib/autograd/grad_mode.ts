import { split_callback } from '../callback.js'
import { type_error, type_name } from '../errors.js'
import { expect_bool } from '../expect.js'
import type { Mode } from '../native.js'
import { is_options } from '../ops/keywords.js'
import { optional, required } from '../python/parameters.js'
import { type Signature, signature } from '../python/signature.js'
import { too_many_positionals } from '../python/words.js'
import { grad_mode, is_inference, MODE, records } from './context.js'
import { type ModeGuard, open_guard, open_setting } from './guard.js'

export type { ModeGuard }

// no_grad and enable_grad leave inference mode as it is.
function recording(wanted: boolean): Mode {
  if (is_inference(grad_mode.current())) return wanted ? MODE.grad_in_inference : MODE.inference
  return wanted ? MODE.grad : MODE.no_grad
}

/** Says how a callback is given where something else came, as a call's result for the call. */
function refuse_arguments(parameters: Signature<readonly []>, args: readonly unknown[]): void {
  const [first] = args
  if (first === undefined || is_options(first)) parameters.bind(args)
  else
    throw type_error(
      `${too_many_positionals(parameters.name, 0, 0, args.length)}; the callback must be function, not ${type_name(first)}`,
      parameters.name,
    )
}

function mode_function(mode: () => Mode, name: string) {
  const parameters = signature(name)
  function run(): ModeGuard
  function run<T>(callback: () => T): T
  function run<T>(...args: unknown[]): T | ModeGuard {
    const [first] = args
    if (args.length === 1 && typeof first === 'function') return grad_mode.run(mode(), first as () => T)
    const [others, callback] = split_callback<T>(args)
    refuse_arguments(parameters, others)
    return callback === undefined ? open_guard(grad_mode.open(mode()), name) : grad_mode.run(mode(), callback)
  }
  Object.defineProperty(run, 'name', { value: name })
  return run
}

/**
 * Runs a callback in which operators record nothing for backward, and returns its value. The callback may be
 * asynchronous: the mode belongs to its asynchronous context. `using _ = torch.no_grad()` opens the mode for the
 * rest of a synchronous block.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const w = torch.ones(2, { requires_grad: true })
 * torch.no_grad(() => w.mul(2).requires_grad) // false
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.no_grad.html
 */
export const no_grad = mode_function(() => recording(false), 'no_grad')

/** The opposite of {@link no_grad}: inside it operators record again. */
export const enable_grad = mode_function(() => recording(true), 'enable_grad')

const INFERENCE_MODE = signature('inference_mode', { mode: optional(true, expect_bool) })
const SET_GRAD_ENABLED = signature('set_grad_enabled', { mode: required<boolean>(expect_bool) })

/**
 * As {@link no_grad}, and tensors made inside can never be used where gradients are recorded; faster.
 *
 * @param mode - false leaves inference mode for the block. Default: true
 * @param callback - what runs under it; it may be asynchronous
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad_mode.inference_mode.html
 */
export function inference_mode(mode?: boolean | { mode?: boolean }): ModeGuard
export function inference_mode<T>(callback: () => T): T
export function inference_mode<T>(mode: boolean | { mode?: boolean }, callback: () => T): T
export function inference_mode<T>(...args: unknown[]): T | ModeGuard {
  const [given, callback] = split_callback<T>(args)
  const [mode] = INFERENCE_MODE.bind(given)
  const wanted = mode ? MODE.inference : MODE.grad
  return callback === undefined
    ? open_guard(grad_mode.open(wanted), 'inference_mode')
    : grad_mode.run(wanted, callback)
}

/**
 * Sets whether operators record: for good, for a block (`using`), or for a callback.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad_mode.set_grad_enabled.html
 */
export function set_grad_enabled(mode: boolean | { mode: boolean }): ModeGuard
export function set_grad_enabled<T>(mode: boolean | { mode: boolean }, callback: () => T): T
export function set_grad_enabled<T>(...args: unknown[]): T | ModeGuard {
  const [given, callback] = split_callback<T>(args)
  const [mode] = SET_GRAD_ENABLED.bind(given)
  if (callback !== undefined) return grad_mode.run(recording(mode), callback)
  const before = grad_mode.current()
  grad_mode.set(recording(mode))
  return open_setting(() => grad_mode.set(before), 'set_grad_enabled')
}

/** Whether operators record for backward here. */
export function is_grad_enabled(): boolean {
  return records(grad_mode.current())
}

/** Whether inference mode is on here. */
export function is_inference_mode_enabled(): boolean {
  return is_inference(grad_mode.current())
}

/** As {@link no_grad} for our own synchronous code: no asynchronous context is made. */
export function without_grad<T>(callback: () => T): T {
  const close = grad_mode.open(recording(false))
  try {
    return callback()
  } finally {
    close()
  }
}

/** As {@link enable_grad} for our own synchronous code. */
export function with_grad<T>(callback: () => T): T {
  const close = grad_mode.open(recording(true))
  try {
    return callback()
  } finally {
    close()
  }
}
