import { autocast_mode } from '../amp/autocast_state.js'
import { grad_mode } from '../autograd/context.js'
import { elsewhere } from '../autograd/reach.js'
import { set_default_device } from '../default_device.js'
import { dtype_of_code } from '../dtype.js'
import { work_for } from '../lease_context.js'
import { native } from '../native.js'
import type { Tensor } from '../tensor.js'
import { forward_error } from '../utils/data/_utils/worker_error.js'
import type { CallAnswer, CallModes, CallTask, CallThreadStart } from './call_thread.js'
import { import_finder } from './importable.js'
import { pack, unpack } from './reductions.js'

function enter_modes({ grad, autocast, cache_enabled, default_device }: CallModes): void {
  grad_mode.set(grad)
  autocast_mode.set({
    devices: new Map(
      autocast.map(([type, enabled, code]) => [type, { enabled, dtype: dtype_of_code(code) }] as const),
    ),
    cache_enabled,
    nesting: 1,
    // Casts of weights are kept for one call.
    region: {},
  })
  set_default_device(default_device)
}

async function answer({ use, modes, worker_module, packed }: CallTask, library: object): Promise<CallAnswer> {
  const taken: Tensor[] = []
  try {
    const find = await import_finder(worker_module, library, 'call_async()')
    work_for(use)
    native.draw_for(use)
    enter_modes(modes)
    const [module, args] = unpack(packed, find, (tensor) => taken.push(tensor)) as [
      (...args: unknown[]) => unknown,
      unknown[],
    ]
    const result: unknown = await module(...args)
    return { packed: pack(result, packed.channel, true) }
  } catch (error) {
    return { error: forward_error(error, packed.channel, worker_module) }
  } finally {
    for (const tensor of taken) tensor.dispose()
    work_for(0)
  }
}

/** What the thread of module calls does until it is let go. */
export function serve_calls({ port }: CallThreadStart, library: object): void {
  elsewhere.is_call = true
  port.on('message', async (task: CallTask) => port.postMessage(await answer(task, library)))
}
