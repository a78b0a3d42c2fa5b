import { deepcopy } from '../../copy.js'
import { assertion_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { nullable_tensor, optional, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import type { _BatchNorm } from '../modules/batchnorm.js'
import type { _ConvNd } from '../modules/conv_nd.js'
import type { Linear } from '../modules/linear.js'
import type { Module } from '../modules/module.js'
import { Parameter } from '../parameter.js'
import { expect_module } from './expect_module.js'

const module_of = <M extends Module>() => required<M>(expect_module as (...args: unknown[]) => M)
const BN = { bn: module_of<_BatchNorm>() }
const TRANSPOSE = { transpose: optional(false) }
const STATISTICS = [{ bn_rm: tensor }, { bn_rv: tensor }, { bn_eps: required<number>() }] as const

const FUSE_CONV = signature('fuse_conv_bn_eval', { conv: module_of<_ConvNd>() }, BN, TRANSPOSE)
const FUSE_LINEAR = signature('fuse_linear_bn_eval', { linear: module_of<Linear>() }, BN)

type Statistics = { running_mean: Tensor; running_var: Tensor }

function expect_eval(layer: Module, bn: _BatchNorm): Statistics {
  if (layer.training || bn.training) throw assertion_error('Fusion only for eval!')
  const { running_mean, running_var } = bn
  if (running_mean === null || running_var === null)
    throw assertion_error('bn.running_mean and bn.running_var must not be None')
  return { running_mean, running_var }
}

/**
 * A convolution that computes what a convolution and the batch normalisation after it compute in evaluation.
 *
 * @param conv - the convolution, which is copied
 * @param bn - the normalisation
 * @param transpose - whether the convolution is a transposed one. Default: false
 * @throws AssertionError for modules in training mode, or without running statistics
 *
 * @example
 * ```ts
 * const conv = new nn.Conv2d(3, 8, 3).eval()
 * const fused = nn.utils.fuse_conv_bn_eval(conv, new nn.BatchNorm2d(8).eval())
 * ```
 *
 * @see torch/nn/utils/fusion.py
 */
export function fuse_conv_bn_eval<C extends _ConvNd>(
  conv: C,
  bn: _BatchNorm,
  transpose?: boolean | { transpose?: boolean },
): C
export function fuse_conv_bn_eval(...args: unknown[]): _ConvNd {
  const [conv, bn, transpose] = FUSE_CONV.bind(args)
  const fused = deepcopy(conv)
  const { running_mean, running_var } = expect_eval(conv, bn)
  const [weight, bias] = fuse_conv_bn_weights(
    fused.weight,
    fused.bias,
    running_mean,
    running_var,
    bn.eps,
    bn.weight,
    bn.bias,
    transpose,
  )
  fused.weight = weight
  fused.bias = bias
  return fused
}

/** The weight and bias of {@link fuse_conv_bn_eval}. */
export const fuse_conv_bn_weights = callable(
  signature(
    'fuse_conv_bn_weights',
    { conv_w: tensor },
    { conv_b: nullable_tensor },
    ...STATISTICS,
    { bn_w: nullable_tensor },
    { bn_b: nullable_tensor },
    TRANSPOSE,
  ),
  (conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, transpose): [Parameter, Parameter] => {
    const bias = conv_b ?? ops.zeros_like(bn_rm)
    const gain = bn_w ?? ops.ones_like(bn_rm)
    const shift = bn_b ?? ops.zeros_like(bn_rm)
    const inverse = bn_rv.add(bn_eps).rsqrt()
    const ones = new Array<number>(conv_w.ndim - 2).fill(1)
    const shape = transpose ? [1, -1, ...ones] : [-1, 1, ...ones]
    const weight = conv_w.mul(gain.mul(inverse).reshape(shape)).to({ dtype: conv_w.dtype })
    const moved = bias
      .sub(bn_rm)
      .mul(inverse)
      .mul(gain)
      .add(shift)
      .to({ dtype: (conv_b ?? conv_w).dtype })
    return [new Parameter(weight, conv_w.requires_grad), new Parameter(moved, bias.requires_grad)]
  },
)

/**
 * A linear layer that computes what a linear layer and the batch normalisation after it compute in evaluation.
 *
 * @throws AssertionError for modules in training mode, or sizes that do not fit
 *
 * @see torch/nn/utils/fusion.py
 */
export function fuse_linear_bn_eval<L extends Linear>(linear: L, bn: _BatchNorm | { bn: _BatchNorm }): L
export function fuse_linear_bn_eval(...args: unknown[]): Linear {
  const [linear, bn] = FUSE_LINEAR.bind(args)
  const fused = deepcopy(linear)
  if (linear.training || bn.training) throw assertion_error('Fusion only for eval!')
  if (linear.out_features !== bn.num_features && bn.num_features !== 1)
    throw assertion_error(
      'To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got linear.out_features=' +
        `${linear.out_features} and bn.num_features=${bn.num_features}`,
    )
  const { running_mean, running_var } = expect_eval(linear, bn)
  const [weight, bias] = fuse_linear_bn_weights(
    fused.weight,
    fused.bias,
    running_mean,
    running_var,
    bn.eps,
    bn.weight ?? ops.ones_like(running_mean),
    bn.bias ?? ops.zeros_like(running_mean),
  )
  fused.weight = weight
  fused.bias = bias
  return fused
}

/** The weight and bias of {@link fuse_linear_bn_eval}. */
export const fuse_linear_bn_weights = callable(
  signature(
    'fuse_linear_bn_weights',
    { linear_w: tensor },
    { linear_b: nullable_tensor },
    ...STATISTICS,
    { bn_w: tensor },
    { bn_b: tensor },
  ),
  (linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b): [Parameter, Parameter] => {
    const bias = linear_b ?? ops.zeros_like(bn_rm)
    const factor = bn_w.mul(bn_rv.add(bn_eps).rsqrt())
    const weight = linear_w.mul(factor.unsqueeze(-1).to({ dtype: linear_w.dtype }))
    const moved = bias
      .sub(bn_rm)
      .mul(factor)
      .add(bn_b)
      .to({ dtype: (linear_b ?? linear_w).dtype })
    return [new Parameter(weight, linear_w.requires_grad), new Parameter(moved, bias.requires_grad)]
  },
)
