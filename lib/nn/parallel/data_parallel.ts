import * as cuda from '../../cuda/index.js'
import { not_implemented_error } from '../../errors.js'
import { optional, required } from '../../python/parameters.js'
import { type KeywordsOf, signature } from '../../python/signature.js'
import { Module } from '../modules/module.js'

type ModuleLike = Module & ((...args: never[]) => unknown)

const DATA_PARALLEL = signature(
  'DataParallel',
  { module: required<ModuleLike>() },
  { device_ids: optional<readonly number[] | null>(null) },
  { output_device: optional<number | null>(null) },
  { dim: optional(0) },
)

/**
 * A module whose batches are split over GPUs. Without a GPU it calls the module, and with one moves the module there first,
 * as PyTorch does; several GPUs are refused here, where a process trains with one.
 *
 * @param module - the module
 * @param device_ids - the GPUs' numbers. Default: all
 * @param output_device - the GPU that results are gathered on. Default: the first
 * @param dim - the dimension of the batch. Default: 0
 *
 * @example
 * ```ts
 * const model = new nn.DataParallel(new nn.Linear(4, 2))
 * const output = model(torch.randn(3, 4))
 * ```
 *
 * @see torch/nn/parallel/data_parallel.py
 */
export class DataParallel<M extends ModuleLike = ModuleLike> extends Module {
  declare module: M
  declare device_ids: readonly number[]

  constructor(module: M, device_ids?: readonly number[] | null, output_device?: number | null, dim?: number)
  constructor(module: M, options: Omit<KeywordsOf<typeof DATA_PARALLEL>, 'module'>)
  constructor(options: KeywordsOf<typeof DATA_PARALLEL> & { module: M })
  constructor(...args: unknown[]) {
    super()
    const given = DATA_PARALLEL.take(args)
    this.module = given.module as M
    const count = cuda.is_available() ? cuda.device_count() : 0
    const all = Array.from({ length: count }, (_, i) => i)
    this.device_ids = Object.freeze(count === 0 ? [] : [...(given.device_ids ?? all)])
    if (this.device_ids.length > 1)
      throw not_implemented_error(
        'DataParallel over several GPUs is not there: give one of them as device_ids, or train in one process for each GPU',
      )
    if (this.device_ids.length === 1) this.module.to(`cuda:${this.device_ids[0]}`)
  }

  override forward(...args: Parameters<M['forward']>): ReturnType<M['forward']> {
    const call = this.module as unknown as (...args: unknown[]) => ReturnType<M['forward']>
    return call(...args)
  }
}
