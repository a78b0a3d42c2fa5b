import { split_callback } from '../callback.js'
import { expect_bool } from '../expect.js'
import { native } from '../native.js'
import { optional, required } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { Setting } from '../setting.js'
import { type ModeGuard, open_setting } from './guard.js'

// Switches of LibTorch's engine: each is its thread's own.

interface SetMultithreading {
  (mode: boolean | { mode: boolean }): ModeGuard
  <T>(mode: boolean | { mode: boolean }, callback: () => T): T
}
interface EnforceLayout {
  (enable?: boolean | { enable?: boolean }): ModeGuard
  <T>(enable: boolean | { enable?: boolean }, callback: () => T): T
  <T>(callback: () => T): T
}

const SET_MULTITHREADING = signature('set_multithreading_enabled', {
  mode: required<boolean>(expect_bool),
})
const ENFORCE_LAYOUT = signature('enforce_grad_layout_policy', { enable: optional(true, expect_bool) })

function engine_switch(parameters: typeof SET_MULTITHREADING | typeof ENFORCE_LAYOUT, key: string) {
  const setting = new Setting(
    () => native.context_get(key),
    (on) => native.context_set(key, on),
  )
  function set<T>(...args: unknown[]): T | ModeGuard {
    const [given, callback] = split_callback<T>(args)
    const [on] = parameters.bind(given)
    if (callback !== undefined) return setting.run(() => setting.set(on), callback)
    const before = setting.get()
    setting.set(on)
    return open_setting(() => setting.set(before), parameters.name)
  }
  Object.defineProperty(set, 'name', { value: parameters.name })
  return set
}

/**
 * Sets whether backward runs the nodes of each device on a thread of its own, as it does by default: for good, for a
 * block (`using`), or for a callback. The switch is this thread's.
 *
 * @example
 * ```ts
 * const x = torch.ones(2, { requires_grad: true })
 * torch.autograd.set_multithreading_enabled(false, () => x.sum().backward())
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad_mode.set_multithreading_enabled.html
 */
export const set_multithreading_enabled: SetMultithreading = engine_switch(
  SET_MULTITHREADING,
  'autograd_multithreading',
)

/** Whether backward runs the nodes of each device on a thread of its own. */
export function is_multithreading_enabled(): boolean {
  return native.context_get('autograd_multithreading')
}

/**
 * Sets whether a gradient gets the strides of its parameter, as it does by default, or keeps those it comes with, which
 * may save a copy: for good, for a block (`using`), or for a callback. The switch is this thread's.
 *
 * @example
 * ```ts
 * const w = torch.ones(2, 3).t().requires_grad_()
 * torch.autograd.enforce_grad_layout_policy(false, () => w.mul(torch.ones(3, 2)).sum().backward())
 * w.grad!.stride() // [2, 1], not w's [1, 3]
 * ```
 * @see torch/autograd/grad_mode.py
 */
export const enforce_grad_layout_policy: EnforceLayout = engine_switch(ENFORCE_LAYOUT, 'autograd_grad_layout')

/** Whether views of views are computed again from their base after an in-place change. */
export function is_view_replay_enabled(): boolean {
  return native.context_get('autograd_view_replay')
}
