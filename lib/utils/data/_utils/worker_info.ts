import { keyworded } from '../../../python/methods.js'
import type { AnyDataset } from '../dataset.js'

/** What a worker knows of itself. */
export interface WorkerInfo {
  /** Its number, from 0 on. */
  readonly id: number
  readonly num_workers: number
  /** What its generator was seeded with: the loader's base seed and its number. */
  readonly seed: bigint
  /** Its copy of the dataset. */
  readonly dataset: AnyDataset<unknown>
}

let current: WorkerInfo | 'bootstrapping' | null = null

export function note_worker(info: WorkerInfo | 'bootstrapping'): void {
  current = info
}

/** Whether this is a worker that is still looking for its dataset. */
export function is_bootstrapping(): boolean {
  return current === 'bootstrapping'
}

/**
 * In a worker of a DataLoader, what that worker is; elsewhere null.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const info = torch.utils.data.get_worker_info()
 * const first = info === null ? 0 : info.id
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.get_worker_info
 */
export const get_worker_info = keyworded('get_worker_info()', (): WorkerInfo | null =>
  current === 'bootstrapping' ? null : current,
)
