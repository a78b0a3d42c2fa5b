import { workerData } from 'node:worker_threads'
import * as library from '../index.js'
import type { CallThreadStart } from './call_thread.js'
import { type ProcessStart, run_process } from './run_process.js'
import { serve_calls } from './serve_calls.js'

/** The program of the worker threads of module calls and of torch.multiprocessing. */
export async function run(): Promise<void> {
  const start = workerData as CallThreadStart | ProcessStart
  if (start.kind === 'calls') serve_calls(start, library)
  else await run_process(start, library)
}
