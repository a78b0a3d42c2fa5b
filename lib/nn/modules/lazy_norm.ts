import { int64 } from '../../dtype.js'
import * as ops from '../../ops/generated/torch.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { is_lazy, UninitializedBuffer, UninitializedParameter } from '../uninitialized.js'
import {
  type _NormBase,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  BIAS,
  type NormArguments,
  statistics,
} from './batchnorm.js'
import { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d } from './instancenorm.js'
import { begin_lazy, type LazyModule, lazy_methods } from './lazy.js'
import { FACTORY, factory_options } from './linear.js'

type LazyArguments = Omit<NormArguments, 'num_features'>

const lazy = (name: string) => signature(name, ...statistics(true, true), ...FACTORY, BIAS)

// What the plain class makes at first: no parameters and no statistics.
const bare = (given: LazyArguments) => {
  const { eps, momentum, device, dtype } = given
  const nothing = { affine: false, track_running_stats: false, bias: false }
  return { num_features: 0, eps, momentum, device, dtype, ...nothing }
}

function begin(module: _NormBase & LazyModule, given: LazyArguments, become: { prototype: object }): void {
  module.affine = given.affine
  module.track_running_stats = given.track_running_stats
  const factory = factory_options(given.device, given.dtype)
  if (given.affine) {
    module.weight = new UninitializedParameter(factory)
    if (given.bias) module.bias = new UninitializedParameter(factory)
  }
  if (given.track_running_stats) {
    module.running_mean = new UninitializedBuffer(factory)
    module.running_var = new UninitializedBuffer(factory)
    module.num_batches_tracked = ops.zeros([], { ...factory, dtype: int64 })
  }
  begin_lazy(module, become)
}

function initialize(module: _NormBase, input: Tensor): void {
  const tensors = [module.weight, module.bias, module.running_mean, module.running_var]
  if (!tensors.some(is_lazy)) return
  module.num_features = input.shape[1]!
  for (const tensor of tensors) if (is_lazy(tensor)) tensor.materialize([module.num_features])
  module.reset_parameters()
}

const LAZY_BATCH1D = lazy('LazyBatchNorm1d')

export interface LazyBatchNorm1d extends LazyModule {}

/**
 * {@link BatchNorm1d} whose number of channels is that of its first input; after the first call it is one.
 *
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: true
 * @param track_running_stats - whether running statistics are kept. Default: true
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * @example
 * ```ts
 * const m = new nn.LazyBatchNorm1d()
 * const output = m(torch.randn(20, 100))
 * console.log(String(m)) // BatchNorm1d(100, …)
 * ```
 *
 * @see torch/nn/modules/batchnorm.py
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyBatchNorm1d extends BatchNorm1d {
  constructor(...args: Call<typeof LAZY_BATCH1D>)
  constructor(...args: UsualCall<typeof LAZY_BATCH1D>)
  constructor(...args: unknown[]) {
    const given = LAZY_BATCH1D.take(args)
    super(bare(given))
    begin(this, given, BatchNorm1d)
  }
}

const LAZY_BATCH2D = lazy('LazyBatchNorm2d')

export interface LazyBatchNorm2d extends LazyModule {}

/**
 * {@link BatchNorm2d} whose number of channels is that of its first input; after the first call it is one.
 *
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: true
 * @param track_running_stats - whether running statistics are kept. Default: true
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyBatchNorm2d extends BatchNorm2d {
  constructor(...args: Call<typeof LAZY_BATCH2D>)
  constructor(...args: UsualCall<typeof LAZY_BATCH2D>)
  constructor(...args: unknown[]) {
    const given = LAZY_BATCH2D.take(args)
    super(bare(given))
    begin(this, given, BatchNorm2d)
  }
}

const LAZY_BATCH3D = lazy('LazyBatchNorm3d')

export interface LazyBatchNorm3d extends LazyModule {}

/**
 * {@link BatchNorm3d} whose number of channels is that of its first input; after the first call it is one.
 *
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: true
 * @param track_running_stats - whether running statistics are kept. Default: true
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyBatchNorm3d extends BatchNorm3d {
  constructor(...args: Call<typeof LAZY_BATCH3D>)
  constructor(...args: UsualCall<typeof LAZY_BATCH3D>)
  constructor(...args: unknown[]) {
    const given = LAZY_BATCH3D.take(args)
    super(bare(given))
    begin(this, given, BatchNorm3d)
  }
}

const LAZY_INSTANCE1D = lazy('LazyInstanceNorm1d')

export interface LazyInstanceNorm1d extends LazyModule {}

/**
 * {@link InstanceNorm1d} whose number of channels is that of its first input; `affine` and tracking are on by default.
 *
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: true
 * @param track_running_stats - whether running statistics are kept. Default: true
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyInstanceNorm1d extends InstanceNorm1d {
  constructor(...args: Call<typeof LAZY_INSTANCE1D>)
  constructor(...args: UsualCall<typeof LAZY_INSTANCE1D>)
  constructor(...args: unknown[]) {
    const given = LAZY_INSTANCE1D.take(args)
    super(bare(given))
    begin(this, given, InstanceNorm1d)
  }
}

const LAZY_INSTANCE2D = lazy('LazyInstanceNorm2d')

export interface LazyInstanceNorm2d extends LazyModule {}

/**
 * {@link InstanceNorm2d} whose number of channels is that of its first input; `affine` and tracking are on by default.
 *
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: true
 * @param track_running_stats - whether running statistics are kept. Default: true
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyInstanceNorm2d extends InstanceNorm2d {
  constructor(...args: Call<typeof LAZY_INSTANCE2D>)
  constructor(...args: UsualCall<typeof LAZY_INSTANCE2D>)
  constructor(...args: unknown[]) {
    const given = LAZY_INSTANCE2D.take(args)
    super(bare(given))
    begin(this, given, InstanceNorm2d)
  }
}

const LAZY_INSTANCE3D = lazy('LazyInstanceNorm3d')

export interface LazyInstanceNorm3d extends LazyModule {}

/**
 * {@link InstanceNorm3d} whose number of channels is that of its first input; `affine` and tracking are on by default.
 *
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: true
 * @param track_running_stats - whether running statistics are kept. Default: true
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyInstanceNorm3d extends InstanceNorm3d {
  constructor(...args: Call<typeof LAZY_INSTANCE3D>)
  constructor(...args: UsualCall<typeof LAZY_INSTANCE3D>)
  constructor(...args: unknown[]) {
    const given = LAZY_INSTANCE3D.take(args)
    super(bare(given))
    begin(this, given, InstanceNorm3d)
  }
}

lazy_methods<_NormBase>(
  [
    LazyBatchNorm1d,
    LazyBatchNorm2d,
    LazyBatchNorm3d,
    LazyInstanceNorm1d,
    LazyInstanceNorm2d,
    LazyInstanceNorm3d,
  ],
  (module) => module.num_features !== 0,
  initialize,
)
