import type { ModeGuard } from './autograd/guard.js'
import { runtime_error, type_error, type_name } from './errors.js'
import { expect_bool } from './expect.js'
import { native } from './native.js'
import { Setting } from './setting.js'

const KEY = 'sparse_invariants'

interface CheckSparseTensorInvariants {
  (enable?: boolean): ModeGuard
  <T>(callback: () => T): T
  <T>(enable: boolean, callback: () => T): T
  /** Whether the indices of new sparse tensors are checked. */
  is_enabled(): boolean
  /** Has the indices of new sparse tensors checked from now on. */
  enable(): void
  /** Has them no longer checked. */
  disable(): void
}

const set = (on: boolean) => native.context_set(KEY, on)
const is_enabled = () => native.context_get(KEY)
const checked = new Setting(is_enabled, set)

function check<T>(first: boolean | (() => T) = true, second?: () => T): T | ModeGuard {
  const name = 'check_sparse_tensor_invariants'
  const callback = typeof first === 'function' ? first : second
  const on = typeof first === 'function' ? true : first
  expect_bool(on, name, 'enable')
  if (callback !== undefined && typeof callback !== 'function')
    throw type_error(`${name}(): argument 'callback' must be function, not ${type_name(callback)}`, name)
  if (callback !== undefined) return checked.run(() => set(on), callback)
  const before = is_enabled()
  set(on)
  const restore = () => set(before)
  let open = true
  return {
    [Symbol.dispose]() {
      if (!open) throw runtime_error(`${name}(): the block is closed already`)
      open = false
      restore()
    },
  }
}

/**
 * Has the indices of new sparse tensors checked, which takes time and is off by default: for the rest of a block
 * (`using`), while a callback runs, or for good by `enable()`. The switch is the process's; `check_invariants` of a
 * constructor counts more.
 *
 * @param enable - whether they are checked. Default: true
 * @param callback - what runs under it; it may be asynchronous
 * @example
 * ```ts
 * const { check_sparse_tensor_invariants } = torch.sparse
 * check_sparse_tensor_invariants(() => torch.sparse_coo_tensor([[0, 1]], [1, 2], [2]))
 * check_sparse_tensor_invariants.is_enabled() // false
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.sparse.check_sparse_tensor_invariants.html
 */
export const check_sparse_tensor_invariants = Object.assign(check, {
  is_enabled,
  enable: () => set(true),
  disable: () => set(false),
}) as CheckSparseTensorInvariants
