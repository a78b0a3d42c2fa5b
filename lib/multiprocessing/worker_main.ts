import { workerData } from 'node:worker_threads'
import * as library from '../index.js'
import type { WorkerStart } from '../utils/data/_utils/messages.js'
import { worker_loop } from '../utils/data/_utils/worker.js'
import type { CallThreadStart } from './call_thread.js'
import { type ProcessStart, run_process } from './run_process.js'
import { serve_calls } from './serve_calls.js'

/** The program of the library's worker threads. */
export async function run(): Promise<void> {
  const start = workerData as CallThreadStart | ProcessStart | WorkerStart
  if (start.kind === 'calls') serve_calls(start, library)
  else if (start.kind === 'process') await run_process(start, library)
  else await worker_loop(start, library)
}
