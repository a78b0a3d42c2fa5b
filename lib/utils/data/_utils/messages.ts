import type { MessagePort } from 'node:worker_threads'
import type { Packed } from '../../../multiprocessing/reductions.js'
import type { Forwarded } from './worker_error.js'

// What the loader and its workers say to each other.

/** Places in the memory that both share. */
export const SIGNAL = {
  /** Counts what workers have posted: a loader that blocks waits for it to change. */
  POSTED: 0,
  /** Set when workers should end without finishing what waits. */
  STOP: 1,
  /** From here on: each worker's thread as the system numbers it, 0 until it runs. */
  THREADS: 2,
} as const

/** What a worker is given at its start. */
export interface WorkerStart {
  kind: 'data'
  port: MessagePort
  signal: Int32Array
  /** The address of the user's module, or null. */
  worker_module: string | null
  id: number
  num_workers: number
  seed: bigint
  /** The state of the worker's generator, where it goes on from one. */
  rng_state: Uint8Array | null
  /** The dataset, how it is read, and `worker_init_fn`. */
  packed: Packed
}

/** Reads one batch; `null` begins to read the dataset anew, for another epoch. */
export type Task = { epoch: number; task: number; index: Packed } | null

/** What a worker answers. */
export type Answer =
  | { kind: 'data'; epoch: number; task: number; packed: Packed; rng_state: Uint8Array }
  | { kind: 'ended'; epoch: number; task: number }
  | { kind: 'error'; epoch: number; task: number; error: Forwarded; rng_state: Uint8Array }
  | { kind: 'fatal'; error: Forwarded }
