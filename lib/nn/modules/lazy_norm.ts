import type { DeviceLike } from '../../device.js'
import { type DType, int64 } from '../../dtype.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { is_lazy, UninitializedBuffer, UninitializedParameter } from '../uninitialized.js'
import {
  type _NormBase,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type NormArguments,
  type NormOptions,
  take_norm,
} from './batchnorm.js'
import { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d } from './instancenorm.js'
import { begin_lazy, type LazyModule, lazy_methods } from './lazy.js'
import { factory_options } from './linear.js'
import type { Rest } from './utils.js'

type LazyNormRest = Rest<
  [
    eps: number,
    momentum: number | null,
    affine: boolean,
    track_running_stats: boolean,
    device: DeviceLike | null,
    dtype: DType | null,
  ],
  NormOptions
>

const NAMES = ['eps', 'momentum', 'affine', 'track_running_stats', 'device', 'dtype', 'bias'] as const

const take_lazy = (name: string, args: readonly unknown[]): NormArguments =>
  take_norm(name, args, { num_features: 0 }, NAMES)

// What the plain class makes at first: no parameters and no statistics.
const bare = (given: NormArguments) => {
  const { eps, momentum, device, dtype } = given
  const nothing = { affine: false, track_running_stats: false, bias: false }
  return { num_features: 0, eps, momentum, device, dtype, ...nothing }
}

function begin(module: _NormBase & LazyModule, given: NormArguments, become: { prototype: object }): void {
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

export interface LazyBatchNorm1d extends LazyModule {}

/**
 * {@link BatchNorm1d} whose number of channels is that of its first input; after the first call it is one.
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
  constructor(...args: LazyNormRest)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyBatchNorm1d', args)
    super(bare(given))
    begin(this, given, BatchNorm1d)
  }
}

export interface LazyBatchNorm2d extends LazyModule {}

/** {@link BatchNorm2d} whose number of channels is that of its first input; after the first call it is one. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyBatchNorm2d extends BatchNorm2d {
  constructor(...args: LazyNormRest)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyBatchNorm2d', args)
    super(bare(given))
    begin(this, given, BatchNorm2d)
  }
}

export interface LazyBatchNorm3d extends LazyModule {}

/** {@link BatchNorm3d} whose number of channels is that of its first input; after the first call it is one. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyBatchNorm3d extends BatchNorm3d {
  constructor(...args: LazyNormRest)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyBatchNorm3d', args)
    super(bare(given))
    begin(this, given, BatchNorm3d)
  }
}

export interface LazyInstanceNorm1d extends LazyModule {}

/** {@link InstanceNorm1d} whose number of channels is that of its first input; `affine` and tracking are on by default. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyInstanceNorm1d extends InstanceNorm1d {
  constructor(...args: LazyNormRest)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyInstanceNorm1d', args)
    super(bare(given))
    begin(this, given, InstanceNorm1d)
  }
}

export interface LazyInstanceNorm2d extends LazyModule {}

/** {@link InstanceNorm2d} whose number of channels is that of its first input; `affine` and tracking are on by default. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyInstanceNorm2d extends InstanceNorm2d {
  constructor(...args: LazyNormRest)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyInstanceNorm2d', args)
    super(bare(given))
    begin(this, given, InstanceNorm2d)
  }
}

export interface LazyInstanceNorm3d extends LazyModule {}

/** {@link InstanceNorm3d} whose number of channels is that of its first input; `affine` and tracking are on by default. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyInstanceNorm3d extends InstanceNorm3d {
  constructor(...args: LazyNormRest)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyInstanceNorm3d', args)
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
