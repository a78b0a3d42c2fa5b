import { autocast_mode } from '../../amp/autocast_state.js'
import { grad_mode } from '../../autograd/context.js'
import { saves_by_hooks } from '../../autograd/saved_tensors.js'
import { type AsyncOptions, check_signal } from '../../background.js'
import { default_device } from '../../default_device.js'
import { runtime_error } from '../../errors.js'
import { after_writers, Lease } from '../../leases.js'
import { type CallModes, call_thread } from '../../multiprocessing/call_thread.js'
import { close_channel, open_channel } from '../../multiprocessing/hand_over.js'
import { pack } from '../../multiprocessing/reductions.js'
import { is_options, take_out } from '../../ops/keywords.js'
import { lower } from '../../ops/lower.js'
import { own_value } from '../../own.js'
import { is_map, is_set } from '../../realm.js'
import { Tensor } from '../../tensor.js'
import { only_reads_in_evaluation } from './evaluation.js'
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

/** A module's own buffers that its `forward` may change: running means in training, and what a user's class may hold. */
function written_buffers(module: Module): Tensor[] {
  return Array.from(module.modules()).flatMap((part) => {
    if (!part.training && only_reads_in_evaluation(part)) return []
    return [...part.buffers(false)]
  })
}

/** Module.call_async. */
export async function call_async(module: Module, given: unknown[]): Promise<unknown> {
  const [args, options] = take_out(given, ['signal', 'worker_module'])
  const signal = check_signal(own_value(options, 'signal'), 'call_async')
  if (signal?.aborted) throw signal.reason
  if (saves_by_hooks() || global_hooks.any)
    throw runtime_error(
      'call_async(): hooks on saved tensors and hooks common to all modules are functions of this thread: call the module itself',
      'call_async',
    )
  const channel = open_channel()
  let lease: Lease | undefined
  try {
    // As things are now: a call may have to wait for others.
    const packed = pack([module, args], channel, true)
    const modes = modes_here()
    const given_tensors = tensors_in(args, [])
    const operation = 'call_async()'
    const weights = [...module.parameters(), ...module.buffers()]
    const writers = after_writers(weights)
    if (writers !== undefined) {
      lease = new Lease({ operation, reads: given_tensors, is_in_turn: true })
      await writers
      lease.end()
    }
    const writes = written_buffers(module)
    const reads = [...given_tensors, ...weights.filter((tensor) => !writes.includes(tensor))]
    // Calls of one thread follow each other, so they share what each of them may change.
    lease = new Lease({ operation, reads, writes, is_in_turn: true })
    const named = own_value(options, 'worker_module')
    const worker_module = named == null ? null : String(named)
    return await call_thread().call({ use: lease.use, modes, worker_module, packed }, signal)
  } finally {
    lease?.end()
    // What was not taken out of it goes.
    close_channel(channel)
  }
}
