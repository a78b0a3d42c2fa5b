import { autocast_mode } from '../../amp/autocast_state.js'
import { grad_mode } from '../../autograd/context.js'
import { saves_by_hooks } from '../../autograd/saved_tensors.js'
import { type AsyncOptions, check_signal } from '../../background.js'
import { default_device } from '../../default_device.js'
import { runtime_error } from '../../errors.js'
import { type CallModes, call_thread } from '../../multiprocessing/call_thread.js'
import { native } from '../../native.js'
import { is_options, take_out } from '../../ops/keywords.js'
import { lower } from '../../ops/lower.js'
import { own_value } from '../../own.js'
import { is_map, is_set } from '../../realm.js'
import { handle_of, Tensor } from '../../tensor.js'
import type { Module } from './module.js'
import { global_hooks } from './module_hooks.js'

/** Options of `Module.call_async`, beside the keywords of `forward`. */
export interface CallAsyncOptions extends AsyncOptions {
  /** The module that exports the classes which the model is made of, where they are not the library's: `import.meta.url`. */
  worker_module?: string | URL | null
}

function modes_here(): CallModes {
  const { devices, cache_enabled } = autocast_mode.current()
  return {
    grad: grad_mode.current(),
    autocast: Array.from(devices, ([type, { enabled, dtype }]): [string, boolean, number] => [
      type,
      enabled,
      lower(dtype) as number,
    ]),
    cache_enabled,
    default_device: default_device === null ? null : String(default_device),
  }
}

function tensors_in(value: unknown, found: Tensor[]): Tensor[] {
  if (value instanceof Tensor) found.push(value)
  else if (Array.isArray(value) || is_set(value) || is_map(value))
    for (const item of value) tensors_in(item, found)
  else if (is_options(value)) for (const item of Object.values(value)) tensors_in(item, found)
  return found
}

const under_way = new WeakSet<Module>()

/** Module.call_async. */
export async function call_async(module: Module, given: unknown[]): Promise<unknown> {
  const [args, options] = take_out(given, ['signal', 'worker_module'])
  const signal = check_signal(own_value(options, 'signal'), 'call_async')
  if (signal?.aborted) throw signal.reason
  const modules = [...module.modules()]
  if (modules.some((part) => under_way.has(part)))
    throw runtime_error(
      `call_async(): a call of this ${module.constructor.name} is under way: await it first`,
      'call_async',
    )
  if (saves_by_hooks() || global_hooks.any)
    throw runtime_error(
      'call_async(): hooks on saved tensors and hooks common to all modules are functions of this thread: call the module itself',
      'call_async',
    )
  const read = tensors_in(args, [...module.parameters()])
  const use = native.begin_use(
    'call_async()',
    read.map(handle_of),
    // What a forward may change: running means, and the like.
    Array.from(module.buffers(), handle_of),
  )
  for (const part of modules) under_way.add(part)
  try {
    return await call_thread().call(
      {
        use,
        modes: modes_here(),
        worker_module:
          own_value(options, 'worker_module') == null ? null : String(own_value(options, 'worker_module')),
        value: [module, args],
      },
      signal,
    )
  } finally {
    native.end_use(use)
    for (const part of modules) under_way.delete(part)
  }
}
