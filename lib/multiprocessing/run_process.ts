import type { MessagePort } from 'node:worker_threads'
import { forward_error } from '../utils/data/_utils/worker_error.js'
import { find_by, import_finder } from './importable.js'
import { type Packed, unpack } from './reductions.js'

/** What the thread of a Process is given at its start. */
export interface ProcessStart {
  kind: 'process'
  port: MessagePort
  worker_module: string | null
  /** The function and its arguments. */
  packed: Packed
}

/** Runs the function of a Process; the thread ends with it. */
export async function run_process(start: ProcessStart, library: object): Promise<void> {
  const { worker_module, packed } = start
  try {
    const find = await import_finder(worker_module, library, 'the Process')
    find_by(find)
    const [target, args] = unpack(packed, find) as [(...args: unknown[]) => unknown, unknown[]]
    await target(...args)
  } catch (error) {
    start.port.postMessage(forward_error(error, packed.channel, worker_module))
    process.exitCode = 1
  }
  // As Python's process ends with its target, whatever timers or ports it has left open.
  setImmediate(() => process.exit())
}
