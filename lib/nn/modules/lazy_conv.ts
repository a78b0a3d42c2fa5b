import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { runtime_error, value_error } from '../../errors.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import { py_size } from '../repr.js'
import { is_lazy, UninitializedParameter } from '../uninitialized.js'
import { Conv1d, Conv2d, Conv3d } from './conv.js'
import {
  type _ConvNd,
  type AnyConvArguments,
  CONV_DEFAULTS,
  CONV_NAMES,
  type ConvOptions,
  type ConvRest,
} from './conv_nd.js'
import {
  CONV_TRANSPOSE_NAMES,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeOptions,
  type ConvTransposeRest,
} from './conv_transpose.js'
import { begin_lazy, type LazyModule, lazy_methods } from './lazy.js'
import { factory_options, Linear, type LinearOptions } from './linear.js'
import { type Int, type Rest, type Size1, type Size2, type Size3, whole_number } from './utils.js'

function take_lazy(
  name: string,
  args: readonly unknown[],
  names: readonly (keyof AnyConvArguments)[],
): AnyConvArguments {
  return take_options<AnyConvArguments>(
    name,
    args,
    names.filter((parameter) => parameter !== 'in_channels'),
    { ...CONV_DEFAULTS, in_channels: 0 },
  )
}

// What the plain class is made with: no channels and no bias.
function bare({ output_padding, ...given }: AnyConvArguments, transposed: boolean) {
  const sizes = { ...given, out_channels: 0, bias: false }
  return (transposed ? { ...sizes, output_padding } : sizes) as never
}

function begin(module: _ConvNd & LazyModule, given: AnyConvArguments, become: { prototype: object }): void {
  const factory = factory_options(given.device, given.dtype)
  module.weight = new UninitializedParameter(factory)
  module.out_channels = whole_number(given.out_channels, 'out_channels')
  if (given.bias) module.bias = new UninitializedParameter(factory)
  begin_lazy(module, become)
}

function in_channels_of(module: _ConvNd, input: Tensor): number {
  const least = module.kernel_size.length + 1
  if (input.ndim !== least && input.ndim !== least + 1)
    throw runtime_error(
      `Expected ${least}D (unbatched) or ${least + 1}D (batched) input to ${module.constructor.name}, but got input of ` +
        `size: ${py_size(input.shape)}`,
    )
  return input.shape[input.ndim - least]!
}

function initialize(module: _ConvNd, input: Tensor): void {
  const { weight, bias } = module
  if (!is_lazy(weight) && !is_lazy(bias)) return
  module.in_channels = in_channels_of(module, input)
  if (module.in_channels % module.groups !== 0) throw value_error('in_channels must be divisible by groups')
  if (is_lazy(weight)) weight.materialize(module._weight_shape())
  if (is_lazy(bias)) bias.materialize([module.out_channels])
  module.reset_parameters()
}

type LazyConvArguments<S> = ConvOptions<S> & { out_channels: Int; kernel_size: S }

export interface LazyConv1d extends LazyModule {}

/**
 * {@link Conv1d} whose number of input channels is that of its first input; after the first call it is one.
 *
 * @example
 * ```ts
 * const m = new nn.LazyConv1d(33, 3, { stride: 2 })
 * const output = m(torch.randn(20, 16, 50))
 * ```
 *
 * @see torch/nn/modules/conv.py
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConv1d extends Conv1d {
  constructor(out_channels: Int, kernel_size: Size1, ...rest: ConvRest<Size1>)
  constructor(options: LazyConvArguments<Size1>)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyConv1d', args, CONV_NAMES)
    super(bare(given, false))
    begin(this, given, Conv1d)
  }
}

export interface LazyConv2d extends LazyModule {}

/** {@link Conv2d} whose number of input channels is that of its first input; after the first call it is one. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConv2d extends Conv2d {
  constructor(out_channels: Int, kernel_size: Size2, ...rest: ConvRest<Size2>)
  constructor(options: LazyConvArguments<Size2>)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyConv2d', args, CONV_NAMES)
    super(bare(given, false))
    begin(this, given, Conv2d)
  }
}

export interface LazyConv3d extends LazyModule {}

/** {@link Conv3d} whose number of input channels is that of its first input; after the first call it is one. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConv3d extends Conv3d {
  constructor(out_channels: Int, kernel_size: Size3, ...rest: ConvRest<Size3>)
  constructor(options: LazyConvArguments<Size3>)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyConv3d', args, CONV_NAMES)
    super(bare(given, false))
    begin(this, given, Conv3d)
  }
}

type LazyTransposeArguments<S> = ConvTransposeOptions<S> & { out_channels: Int; kernel_size: S }

export interface LazyConvTranspose1d extends LazyModule {}

/** {@link ConvTranspose1d} whose number of input channels is that of its first input; after the first call it is one. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConvTranspose1d extends ConvTranspose1d {
  constructor(out_channels: Int, kernel_size: Size1, ...rest: ConvTransposeRest<Size1>)
  constructor(options: LazyTransposeArguments<Size1>)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyConvTranspose1d', args, CONV_TRANSPOSE_NAMES)
    super(bare(given, true))
    begin(this, given, ConvTranspose1d)
  }
}

export interface LazyConvTranspose2d extends LazyModule {}

/** {@link ConvTranspose2d} whose number of input channels is that of its first input; after the first call it is one. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConvTranspose2d extends ConvTranspose2d {
  constructor(out_channels: Int, kernel_size: Size2, ...rest: ConvTransposeRest<Size2>)
  constructor(options: LazyTransposeArguments<Size2>)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyConvTranspose2d', args, CONV_TRANSPOSE_NAMES)
    super(bare(given, true))
    begin(this, given, ConvTranspose2d)
  }
}

export interface LazyConvTranspose3d extends LazyModule {}

/** {@link ConvTranspose3d} whose number of input channels is that of its first input; after the first call it is one. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConvTranspose3d extends ConvTranspose3d {
  constructor(out_channels: Int, kernel_size: Size3, ...rest: ConvTransposeRest<Size3>)
  constructor(options: LazyTransposeArguments<Size3>)
  constructor(...args: unknown[]) {
    const given = take_lazy('LazyConvTranspose3d', args, CONV_TRANSPOSE_NAMES)
    super(bare(given, true))
    begin(this, given, ConvTranspose3d)
  }
}

lazy_methods<_ConvNd>(
  [LazyConv1d, LazyConv2d, LazyConv3d, LazyConvTranspose1d, LazyConvTranspose2d, LazyConvTranspose3d],
  (module) => module.in_channels !== 0,
  initialize,
)

export interface LazyLinear extends LazyModule {}

/**
 * {@link Linear} whose input size is that of its first input; after the first call it is one.
 *
 * @param out_features - the size of the output's last dimension
 * @param bias - whether an additive bias is learnt. Default: true
 *
 * @example
 * ```ts
 * const m = new nn.LazyLinear(30)
 * const output = m(torch.randn(128, 20))
 * console.log(String(m)) // Linear(in_features=20, out_features=30, bias=True)
 * ```
 *
 * @see torch/nn/modules/linear.py
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyLinear extends Linear {
  constructor(
    out_features: Int,
    ...rest: Rest<[bias: boolean, device: DeviceLike | null, dtype: DType | null], LinearOptions>
  )
  constructor(options: { out_features: Int } & LinearOptions)
  constructor(...args: unknown[]) {
    const given = take_options<Required<LinearOptions> & { out_features: Int }>(
      'LazyLinear',
      args,
      ['out_features', 'bias', 'device', 'dtype'],
      { bias: true, device: null, dtype: null },
    )
    super(0, 0, { bias: false })
    const factory = factory_options(given.device, given.dtype)
    this.weight = new UninitializedParameter(factory)
    this.out_features = whole_number(given.out_features, 'out_features')
    if (given.bias) this.bias = new UninitializedParameter(factory)
    begin_lazy(this, Linear)
  }
}

lazy_methods<Linear>(
  [LazyLinear],
  (module) => module.in_features !== 0,
  (module, input) => {
    const { weight, bias } = module
    if (!is_lazy(weight) && !is_lazy(bias)) {
      if (module.in_features === 0) module.in_features = input.shape.at(-1)!
      return
    }
    module.in_features = input.shape.at(-1)!
    if (is_lazy(weight)) weight.materialize([module.out_features, module.in_features])
    if (is_lazy(bias)) bias.materialize([module.out_features])
    module.reset_parameters()
  },
)
