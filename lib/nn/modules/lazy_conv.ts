import { runtime_error, value_error } from '../../errors.js'
import { bool } from '../../python/checks.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { py_size } from '../repr.js'
import { is_lazy, UninitializedParameter } from '../uninitialized.js'
import { Conv1d, Conv2d, Conv3d } from './conv.js'
import { type _ConvNd, type ConvArguments, convolution } from './conv_nd.js'
import {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  transposed_convolution,
} from './conv_transpose.js'
import { begin_lazy, type LazyModule, lazy_methods } from './lazy.js'
import { FACTORY, factory_options, Linear } from './linear.js'
import { type Int, type Size1, type Size2, type Size3, whole_number } from './utils.js'

type LazyArguments = Omit<ConvArguments, 'in_channels'>

// What the plain class is made with: no channels and no bias.
function bare(given: LazyArguments) {
  return { ...given, in_channels: 0, out_channels: 0, bias: false } as never
}

function begin(module: _ConvNd & LazyModule, given: LazyArguments, become: { prototype: object }): void {
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

const LAZY_CONV1D = signature('LazyConv1d', ...convolution<Size1>())

export interface LazyConv1d extends LazyModule {}

/**
 * {@link Conv1d} whose number of input channels is that of its first input; after the first call it is one.
 *
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the kernel. Default: 1
 * @param padding - how much is added on all sides, or `'valid'` for nothing, or `'same'` for an output of the input's size. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param padding_mode - how padding is filled: `'zeros'`, `'reflect'`, `'replicate'` or `'circular'`. Default: `'zeros'`
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof LAZY_CONV1D>)
  constructor(...args: UsualCall<typeof LAZY_CONV1D>)
  constructor(...args: unknown[]) {
    const given = LAZY_CONV1D.take(args)
    super(bare(given))
    begin(this, given, Conv1d)
  }
}

const LAZY_CONV2D = signature('LazyConv2d', ...convolution<Size2>())

export interface LazyConv2d extends LazyModule {}

/**
 * {@link Conv2d} whose number of input channels is that of its first input; after the first call it is one.
 *
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the kernel. Default: 1
 * @param padding - how much is added on all sides, or `'valid'` for nothing, or `'same'` for an output of the input's size. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param padding_mode - how padding is filled: `'zeros'`, `'reflect'`, `'replicate'` or `'circular'`. Default: `'zeros'`
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConv2d extends Conv2d {
  constructor(...args: Call<typeof LAZY_CONV2D>)
  constructor(...args: UsualCall<typeof LAZY_CONV2D>)
  constructor(...args: unknown[]) {
    const given = LAZY_CONV2D.take(args)
    super(bare(given))
    begin(this, given, Conv2d)
  }
}

const LAZY_CONV3D = signature('LazyConv3d', ...convolution<Size3>())

export interface LazyConv3d extends LazyModule {}

/**
 * {@link Conv3d} whose number of input channels is that of its first input; after the first call it is one.
 *
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the kernel. Default: 1
 * @param padding - how much is added on all sides, or `'valid'` for nothing, or `'same'` for an output of the input's size. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param padding_mode - how padding is filled: `'zeros'`, `'reflect'`, `'replicate'` or `'circular'`. Default: `'zeros'`
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConv3d extends Conv3d {
  constructor(...args: Call<typeof LAZY_CONV3D>)
  constructor(...args: UsualCall<typeof LAZY_CONV3D>)
  constructor(...args: unknown[]) {
    const given = LAZY_CONV3D.take(args)
    super(bare(given))
    begin(this, given, Conv3d)
  }
}

const LAZY_TRANSPOSE1D = signature('LazyConvTranspose1d', ...transposed_convolution<Size1>())

export interface LazyConvTranspose1d extends LazyModule {}

/**
 * {@link ConvTranspose1d} whose number of input channels is that of its first input; after the first call it is one.
 *
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the convolution that it is the gradient of. Default: 1
 * @param padding - what that convolution adds on all sides, and this one takes away. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param padding_mode - `'zeros'` only
 * @param output_padding - what is added to one side of the output's size. Default: 0
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConvTranspose1d extends ConvTranspose1d {
  constructor(...args: Call<typeof LAZY_TRANSPOSE1D>)
  constructor(...args: UsualCall<typeof LAZY_TRANSPOSE1D>)
  constructor(...args: unknown[]) {
    const given = LAZY_TRANSPOSE1D.take(args)
    super(bare(given))
    begin(this, given, ConvTranspose1d)
  }
}

const LAZY_TRANSPOSE2D = signature('LazyConvTranspose2d', ...transposed_convolution<Size2>())

export interface LazyConvTranspose2d extends LazyModule {}

/**
 * {@link ConvTranspose2d} whose number of input channels is that of its first input; after the first call it is one.
 *
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the convolution that it is the gradient of. Default: 1
 * @param padding - what that convolution adds on all sides, and this one takes away. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param padding_mode - `'zeros'` only
 * @param output_padding - what is added to one side of the output's size. Default: 0
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConvTranspose2d extends ConvTranspose2d {
  constructor(...args: Call<typeof LAZY_TRANSPOSE2D>)
  constructor(...args: UsualCall<typeof LAZY_TRANSPOSE2D>)
  constructor(...args: unknown[]) {
    const given = LAZY_TRANSPOSE2D.take(args)
    super(bare(given))
    begin(this, given, ConvTranspose2d)
  }
}

const LAZY_TRANSPOSE3D = signature('LazyConvTranspose3d', ...transposed_convolution<Size3>())

export interface LazyConvTranspose3d extends LazyModule {}

/**
 * {@link ConvTranspose3d} whose number of input channels is that of its first input; after the first call it is one.
 *
 * @param out_channels - the output's channels
 * @param kernel_size - the kernel's size
 * @param stride - the steps of the convolution that it is the gradient of. Default: 1
 * @param padding - what that convolution adds on all sides, and this one takes away. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 * @param bias - whether a bias is learnt. Default: true
 * @param padding_mode - `'zeros'` only
 * @param output_padding - what is added to one side of the output's size. Default: 0
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: lazy_methods puts the methods there
export class LazyConvTranspose3d extends ConvTranspose3d {
  constructor(...args: Call<typeof LAZY_TRANSPOSE3D>)
  constructor(...args: UsualCall<typeof LAZY_TRANSPOSE3D>)
  constructor(...args: unknown[]) {
    const given = LAZY_TRANSPOSE3D.take(args)
    super(bare(given))
    begin(this, given, ConvTranspose3d)
  }
}

lazy_methods<_ConvNd>(
  [LazyConv1d, LazyConv2d, LazyConv3d, LazyConvTranspose1d, LazyConvTranspose2d, LazyConvTranspose3d],
  (module) => module.in_channels !== 0,
  initialize,
  'input, *args, **kwargs',
)

const LAZY_LINEAR = signature(
  'LazyLinear',
  { out_features: required<Int>() },
  { bias: optional(true, bool) },
  ...FACTORY,
)

export interface LazyLinear extends LazyModule {}

/**
 * {@link Linear} whose input size is that of its first input; after the first call it is one.
 *
 * @param out_features - the size of the output's last dimension
 * @param bias - whether an additive bias is learnt. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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
  constructor(...args: Call<typeof LAZY_LINEAR>)
  constructor(...args: UsualCall<typeof LAZY_LINEAR>)
  constructor(...args: unknown[]) {
    const given = LAZY_LINEAR.take(args)
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
