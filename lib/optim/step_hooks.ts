import { runtime_error } from '../errors.js'
import { rest } from '../memory.js'
import { is_options } from '../ops/keywords.js'
import { add_hook, type HookMap, type Nothing, type RemovableHandle } from '../utils/hooks.js'
import { check_options } from './check_groups.js'
import type { Optimizer } from './optimizer.js'

/** Runs before `step`; may return `[args, kwargs]` to replace them. */
export type StepPreHook = (
  optimizer: Optimizer,
  args: unknown[],
  kwargs: Record<string, unknown>,
) => [unknown[], Record<string, unknown>] | Nothing
/** Runs after `step`. */
export type StepPostHook = (optimizer: Optimizer, args: unknown[], kwargs: Record<string, unknown>) => void

const global_pre: HookMap<StepPreHook> = new Map()
const global_post: HookMap<StepPostHook> = new Map()

/** Registers a hook that runs before the `step` of every optimizer. */
export function register_optimizer_step_pre_hook(hook: StepPreHook): RemovableHandle {
  return add_hook(global_pre, hook)
}

/** Registers a hook that runs after the `step` of every optimizer. */
export function register_optimizer_step_post_hook(hook: StepPostHook): RemovableHandle {
  return add_hook(global_post, hook)
}

type Step = (this: Optimizer, ...args: unknown[]) => unknown

const hooked = new WeakSet<Step>()

function run_pre_hooks(optimizer: Optimizer, given: unknown[]): [unknown[], Record<string, unknown>] {
  const last = given.at(-1)
  let args = is_options(last) ? given.slice(0, -1) : given
  let kwargs = is_options(last) ? last : {}
  for (const hook of [...global_pre.values(), ...optimizer._hooks.step_pre.values()]) {
    const result: unknown = hook(optimizer, args, kwargs)
    if (result === null || result === undefined) continue
    if (!Array.isArray(result) || result.length !== 2)
      throw runtime_error(
        `${optimizer.constructor.name}.step must return None or a tuple of (new_args, new_kwargs), ` +
          `but got ${String(result)}.`,
      )
    args = result[0] as unknown[]
    kwargs = result[1] as Record<string, unknown>
  }
  return [args, kwargs]
}

function run_with_hooks(optimizer: Optimizer, step: Step, given: unknown[]): unknown {
  const [args, kwargs] = run_pre_hooks(optimizer, given)
  const result = step.apply(optimizer, Object.keys(kwargs).length > 0 ? [...args, kwargs] : args)
  for (const hook of [...optimizer._hooks.step_post.values(), ...global_post.values()])
    hook(optimizer, args, kwargs)
  return result
}

/** Puts the hooks around a class's `step`, wherever in its ancestry that is defined; once. */
export function hook_step(optimizer_class: { prototype: object }): void {
  const prototype = optimizer_class.prototype as { step: Step }
  const step = prototype.step
  if (hooked.has(step)) return
  const wrapper: Step = function (this: Optimizer, ...given) {
    check_options(this)
    const { step_pre, step_post } = this._hooks
    const is_plain = global_pre.size + global_post.size + step_pre.size + step_post.size === 0
    const result = is_plain ? step.apply(this, given) : run_with_hooks(this, step, given)
    rest()
    return result
  }
  hooked.add(wrapper)
  Object.defineProperty(prototype, 'step', { value: wrapper, writable: true, configurable: true })
}
