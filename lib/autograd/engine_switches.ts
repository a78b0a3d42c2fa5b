import { run_then } from '../callback.js'
import { expect_bool } from '../expect.js'
import { native } from '../native.js'
import type { ModeGuard } from './guard.js'

// Switches of LibTorch's engine: each is its thread's own.

function engine_switch(name: string, argument: string, key: string) {
  function set(on?: boolean): ModeGuard
  function set<T>(on: boolean, callback: () => T): T
  function set<T>(on = true, callback?: () => T): T | ModeGuard {
    expect_bool(on, name, argument)
    const before = native.context_get(key)
    const restore = () => native.context_set(key, before)
    native.context_set(key, on)
    return callback === undefined ? { [Symbol.dispose]: restore } : run_then(callback, restore)
  }
  Object.defineProperty(set, 'name', { value: name })
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
export const set_multithreading_enabled = engine_switch(
  'set_multithreading_enabled',
  'mode',
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
export const enforce_grad_layout_policy = engine_switch(
  'enforce_grad_layout_policy',
  'enable',
  'autograd_grad_layout',
)

/** Whether views of views are computed again from their base after an in-place change. */
export function is_view_replay_enabled(): boolean {
  return native.context_get('autograd_view_replay')
}
