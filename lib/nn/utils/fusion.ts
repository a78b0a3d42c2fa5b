import { deepcopy } from '../../copy.js'
import { assertion_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import type { _BatchNorm } from '../modules/batchnorm.js'
import type { _ConvNd } from '../modules/conv_nd.js'
import type { Linear } from '../modules/linear.js'
import type { Module } from '../modules/module.js'
import { Parameter } from '../parameter.js'

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
export function fuse_conv_bn_eval<C extends _ConvNd>(conv: C, bn: _BatchNorm, transpose = false): C {
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
export function fuse_conv_bn_weights(
  conv_w: Tensor,
  conv_b: Tensor | null,
  bn_rm: Tensor,
  bn_rv: Tensor,
  bn_eps: number,
  bn_w: Tensor | null,
  bn_b: Tensor | null,
  transpose = false,
): [Parameter, Parameter] {
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
}

/**
 * A linear layer that computes what a linear layer and the batch normalisation after it compute in evaluation.
 *
 * @throws AssertionError for modules in training mode, or sizes that do not fit
 *
 * @see torch/nn/utils/fusion.py
 */
export function fuse_linear_bn_eval<L extends Linear>(linear: L, bn: _BatchNorm): L {
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
export function fuse_linear_bn_weights(
  linear_w: Tensor,
  linear_b: Tensor | null,
  bn_rm: Tensor,
  bn_rv: Tensor,
  bn_eps: number,
  bn_w: Tensor,
  bn_b: Tensor,
): [Parameter, Parameter] {
  const bias = linear_b ?? ops.zeros_like(bn_rm)
  const factor = bn_w.mul(bn_rv.add(bn_eps).rsqrt())
  const weight = linear_w.mul(factor.unsqueeze(-1).to({ dtype: linear_w.dtype }))
  const moved = bias
    .sub(bn_rm)
    .mul(factor)
    .add(bn_b)
    .to({ dtype: (linear_b ?? linear_w).dtype })
  return [new Parameter(weight, linear_w.requires_grad), new Parameter(moved, bias.requires_grad)]
}
