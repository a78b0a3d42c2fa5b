import { type Transferable, Worker, type WorkerOptions } from 'node:worker_threads'

// A module that imports the program, not the program: where Node was started with --input-type it refuses files.
const PROGRAM = new URL(
  `data:text/javascript,import ${JSON.stringify(new URL('./multiprocessing/worker_main.js', import.meta.url).href)}`,
)

/** A worker thread that runs the library's program with what it is given. */
export function worker_program(
  name: string,
  start: unknown,
  transfer: Transferable[] = [],
  options: WorkerOptions = {},
): Worker {
  return new Worker(PROGRAM, { ...options, name, workerData: start, transferList: transfer as never })
}
