import { value_error } from '../../errors.js'
import { static_methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { _BatchNorm, BIAS, statistics } from './batchnorm.js'
import { members_of, set_field } from './internals.js'
import { FACTORY } from './linear.js'
import type { Module } from './module.js'
import type { Int } from './utils.js'

const SYNC = signature(
  'SyncBatchNorm',
  { num_features: required<Int>() },
  ...statistics(true, true),
  { process_group: optional<unknown>(null) },
  ...FACTORY,
  BIAS,
)

/**
 * Batch normalisation over the batches of all processes of a group; in a single process, over its own batch.
 *
 * @param process_group - the processes whose batches count together. Default: all
 * @param num_features - c, the number of channels
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether a weight and a bias are learnt
 * @param track_running_stats - whether running statistics are kept
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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

  constructor(...args: Call<typeof SYNC>)
  constructor(...args: UsualCall<typeof SYNC>)
  constructor(...args: unknown[]) {
    const { process_group, ...given } = SYNC.take(args)
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

  static {
    static_methods(SyncBatchNorm, { convert_sync_batchnorm: 'module, process_group?' })
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
