import { runtime_error } from '../../errors.js'
import { is_options } from '../../ops/keywords.js'
import { is_error } from '../../realm.js'
import { BackwardHookSetup } from './backward_hook.js'
import type { Module } from './module.js'
import { type BackwardHook, type CallHooks, global_hooks } from './module_hooks.js'
import { register_on_result } from './non_full_backward_hook.js'

const NONE: Record<string, unknown> = {}

// A trailing plain object holds the keywords, which plain hooks do not see.
function split(args: unknown[]): [unknown[], Record<string, unknown>] {
  const last = args.at(-1)
  return is_options(last) ? [args.slice(0, -1), last] : [args, NONE]
}

function join(args: unknown[], kwargs: Record<string, unknown>): unknown[] {
  return kwargs === NONE || Object.keys(kwargs).length === 0 ? args : [...args, kwargs]
}

function run_pre_hooks(module: Module, hooks: CallHooks, call: Call): void {
  for (const [id, hook] of [...hooks.forward_pre]) {
    if (!hooks.forward_pre_with_kwargs.has(id)) {
      const result = hook(module, call.args)
      if (result !== null && result !== undefined) call.args = Array.isArray(result) ? result : [result]
      continue
    }
    const result = hook(module, call.args, call.kwargs)
    if (result === null || result === undefined) continue
    if (!Array.isArray(result) || result.length !== 2 || !Array.isArray(result[0]))
      throw runtime_error(
        `forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got ${String(result)}.`,
      )
    call.args = result[0]
    call.kwargs = (result[1] as Record<string, unknown> | null) ?? NONE
  }
}

interface Call {
  args: unknown[]
  kwargs: Record<string, unknown>
  result: unknown
  done: Set<number>
}

function run_forward_hook(module: Module, hooks: CallHooks, id: number, call: Call): void {
  const hook = hooks.forward.get(id)!
  const result = hooks.forward_with_kwargs.has(id)
    ? hook(module, call.args, call.kwargs, call.result)
    : hook(module, call.args, call.result)
  if (result !== null && result !== undefined) call.result = result
}

function run_forward_hooks(module: Module, hooks: CallHooks, call: Call): void {
  for (const id of [...hooks.forward.keys()]) {
    if (hooks.forward_always.has(id)) call.done.add(id)
    run_forward_hook(module, hooks, id, call)
  }
}

// After an error: the hooks that always run, whose own errors must not hide the first.
function run_always_hooks(module: Module, hooks: CallHooks, call: Call, kind: string): void {
  for (const id of [...hooks.forward_always.keys()]) {
    if (call.done.has(id) || !hooks.forward.has(id)) continue
    try {
      run_forward_hook(module, hooks, id, call)
    } catch (error) {
      process.emitWarning(
        `${kind}module forward hook with \`\`always_call=True\`\` raised an exception that was silenced as another ` +
          `error was raised in forward: ${is_error(error) ? error.message : String(error)}`,
      )
    }
  }
}

function backward_hooks(hooks: CallHooks | null, full: boolean): BackwardHook[] {
  const of = (some: CallHooks | null) => (some?.is_full_backward === full ? [...some.backward.values()] : [])
  return [...of(global_hooks), ...of(hooks)]
}

function run(module: Module, hooks: CallHooks | null, call: Call): unknown {
  run_pre_hooks(module, global_hooks, call)
  if (hooks) run_pre_hooks(module, hooks, call)
  const backward = backward_hooks(hooks, true)
  const on_result = backward_hooks(hooks, false)
  const backward_pre = [...global_hooks.backward_pre.values(), ...(hooks?.backward_pre.values() ?? [])]
  const setup =
    backward.length + backward_pre.length > 0 ? new BackwardHookSetup(module, backward, backward_pre) : null
  if (setup) call.args = setup.inputs(call.args)
  call.result = module.forward(...join(call.args, call.kwargs))
  run_forward_hooks(module, global_hooks, call)
  if (hooks) run_forward_hooks(module, hooks, call)
  const result = setup ? setup.outputs(call.result) : call.result
  if (on_result.length > 0) register_on_result(module, on_result, call.args, result)
  return result
}

/** Calls a module whose own hooks, or those common to all modules, have something to do. */
export function call_with_hooks(module: Module, hooks: CallHooks | null, given: unknown[]): unknown {
  const [args, kwargs] = split(given)
  const call: Call = { args, kwargs, result: null, done: new Set() }
  try {
    return run(module, hooks, call)
  } catch (error) {
    run_always_hooks(module, global_hooks, call, 'global ')
    if (hooks) run_always_hooks(module, hooks, call, '')
    throw error
  }
}
