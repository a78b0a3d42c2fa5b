import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { value_error } from '../../errors.js'
import type { Tensor } from '../../tensor.js'
import { _BatchNorm, type NormOptions, take_norm } from './batchnorm.js'
import { members_of, set_field } from './internals.js'
import type { Module } from './module.js'
import type { Int, Rest } from './utils.js'

const NAMES = [
  'num_features',
  'eps',
  'momentum',
  'affine',
  'track_running_stats',
  'process_group',
  'device',
  'dtype',
  'bias',
] as const

/** Keywords of {@link SyncBatchNorm}. */
export interface SyncBatchNormOptions extends NormOptions {
  /** The processes whose batches count together. Default: all. */
  process_group?: unknown
}

/**
 * Batch normalisation over the batches of all processes of a group; in a single process, over its own batch.
 *
 * @param process_group - the processes whose batches count together. Default: all
 *
 * Shape: (N, C, *), to the same.
 *
 * @example
 * ```ts
 * const model = nn.SyncBatchNorm.convert_sync_batchnorm(new nn.Sequential(new nn.Linear(20, 100), new nn.BatchNorm1d(100)))
 * ```
 *
 * @see torch/nn/modules/batchnorm.py
 */
export class SyncBatchNorm extends _BatchNorm {
  declare process_group: unknown

  constructor(
    num_features: Int,
    ...rest: Rest<
      [
        eps: number,
        momentum: number | null,
        affine: boolean,
        track_running_stats: boolean,
        process_group: unknown,
        device: DeviceLike | null,
        dtype: DType | null,
      ],
      SyncBatchNormOptions
    >
  )
  constructor(options: { num_features: Int } & SyncBatchNormOptions)
  constructor(...args: unknown[]) {
    const { process_group, ...given } = take_norm('SyncBatchNorm', args, {}, NAMES)
    super(given)
    this.process_group = process_group
  }

  override _check_input_dim(input: Tensor): void {
    if (input.ndim < 2) throw value_error(`expected at least 2D input (got ${input.ndim}D input)`)
    if (input.shape[1] === 0) throw value_error('SyncBatchNorm number of input channels should be non-zero')
  }

  /**
   * Puts a SyncBatchNorm in the place of every batch normalisation of a module; where the module itself is one, the new
   * one is returned, else the module.
   */
  static convert_sync_batchnorm(module: Module, process_group: unknown = null): Module {
    const converted = module instanceof _BatchNorm ? synchronized(module, process_group) : module
    for (const [name, child] of members_of(module).modules)
      if (child !== null)
        set_field(converted, name, SyncBatchNorm.convert_sync_batchnorm(child, process_group))
    return converted
  }
}

function synchronized(module: _BatchNorm, process_group: unknown): SyncBatchNorm {
  const { num_features, eps, momentum, affine, track_running_stats, training } = module
  const made = new SyncBatchNorm(num_features, {
    eps,
    momentum,
    affine,
    track_running_stats,
    process_group,
    bias: module.bias !== null,
  })
  if (affine) {
    made.weight = module.weight
    made.bias = module.bias
  }
  made.running_mean = module.running_mean
  made.running_var = module.running_var
  made.num_batches_tracked = module.num_batches_tracked
  made.training = training
  return made
}
