import { workerData } from 'node:worker_threads'
import * as library from '../../../index.js'
import type { WorkerStart } from './messages.js'
import { worker_loop } from './worker.js'

/** The program of a worker thread of a DataLoader. */
export const run = (): Promise<void> => worker_loop(workerData as WorkerStart, library)
