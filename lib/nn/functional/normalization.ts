import { runtime_error, value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { nullable_tensor, optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { py_float, py_size } from '../repr.js'

const AFFINE = [{ weight: optional_tensor }, { bias: optional_tensor }] as const
const MOMENTUM = { momentum: optional(0.1) }
const EPS = { eps: optional(1e-5) }

function refuse_single_values(size: readonly number[]): void {
  const count = size.reduce((product, n, d) => (d === 1 ? product : product * n), 1)
  if (count === 1) {
    throw value_error(`Expected more than 1 value per channel when training, got input size ${py_size(size)}`)
  }
}

/**
 * (x − mean) / sqrt(var + eps) · weight + bias, channel by channel.
 *
 * @param input - (N, C, …)
 * @param running_mean - (C), updated in training
 * @param running_var - (C), updated in training
 * @param weight - a factor for each channel. Default: none
 * @param bias - is added to each channel. Default: none
 * @param training - whether the batch's own statistics are used, and the running ones updated. Default: false
 * @param momentum - the weight of the new statistics. Default: 0.1
 * @param eps - is added to the variance. Default: 1e-5
 * @throws ValueError where a channel has one value in training, or for an eps that is not positive
 * @see torch/nn/functional.py
 */
export const batch_norm = callable(
  signature(
    'batch_norm',
    { input: tensor },
    { running_mean: nullable_tensor },
    { running_var: nullable_tensor },
    ...AFFINE,
    { training: optional(false) },
    MOMENTUM,
    EPS,
  ),
  (input, running_mean, running_var, weight, bias, training, momentum, eps): Tensor => {
    if (training) refuse_single_values(input.shape)
    if (training && eps <= 0) {
      throw value_error(`batch_norm eps must be positive during training, but got ${py_float(Number(eps))}`)
    }
    if (eps < 0) throw value_error(`batch_norm eps must be non-negative, but got ${py_float(Number(eps))}`)
    return ops.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, true)
  },
)

/**
 * As {@link batch_norm}, with the statistics of each sample's channels for themselves.
 *
 * @param input - (N, C, …)
 * @param running_mean - (C), updated where the input's statistics are used. Default: none
 * @param running_var - (C), updated where the input's statistics are used. Default: none
 * @param weight - a factor for each channel. Default: none
 * @param bias - is added to each channel. Default: none
 * @param use_input_stats - whether the input's own statistics are used. Default: true
 * @param momentum - the weight of the new statistics. Default: 0.1
 * @param eps - is added to the variance. Default: 1e-5
 * @throws ValueError where a channel has one element
 * @see torch/nn/functional.py
 */
export const instance_norm = callable(
  signature(
    'instance_norm',
    { input: tensor },
    { running_mean: optional_tensor },
    { running_var: optional_tensor },
    ...AFFINE,
    { use_input_stats: optional(true) },
    MOMENTUM,
    EPS,
  ),
  (input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps): Tensor => {
    if (use_input_stats && input.shape.slice(2).reduce((product, n) => product * n, 1) === 1) {
      throw value_error(
        `Expected more than 1 spatial element when training, got input size ${py_size(input.shape)}`,
      )
    }
    return ops.instance_norm(
      input,
      weight,
      bias,
      running_mean,
      running_var,
      use_input_stats,
      momentum,
      eps,
      true,
    )
  },
)

const NORMALIZED_SHAPE = { normalized_shape: required<readonly number[]>() }

/**
 * (x − mean) / sqrt(var + eps) · weight + bias over the last dimensions.
 *
 * @param normalized_shape - the sizes of the dimensions that are normalized together
 * @param weight - a factor for each element of that shape. Default: none
 * @param bias - is added to each element of that shape. Default: none
 * @param eps - is added to the variance. Default: 1e-5
 * @see torch/nn/functional.py
 */
export const layer_norm = callable(
  signature('layer_norm', { input: tensor }, NORMALIZED_SHAPE, ...AFFINE, EPS),
  (input, normalized_shape, weight, bias, eps): Tensor =>
    ops.layer_norm(input, normalized_shape, weight, bias, eps, true),
)

/**
 * x / sqrt(mean of x² + eps) · weight over the last dimensions.
 *
 * @param normalized_shape - the sizes of the dimensions that are normalized together
 * @param weight - a factor for each element of that shape. Default: none
 * @param eps - is added to the mean square. Default: the dtype's epsilon
 */
export const rms_norm = callable(
  signature(
    'rms_norm',
    { input: tensor },
    NORMALIZED_SHAPE,
    { weight: optional_tensor },
    { eps: optional<number | null>(null) },
  ),
  (input, normalized_shape, weight, eps): Tensor => ops.rms_norm(input, normalized_shape, weight, eps),
)

/**
 * As {@link layer_norm} over groups of channels.
 *
 * @param input - (N, C, …)
 * @param num_groups - how many groups the channels make
 * @param weight - a factor for each channel. Default: none
 * @param bias - is added to each channel. Default: none
 * @param eps - is added to the variance. Default: 1e-5
 * @throws RuntimeError for fewer than two dimensions
 */
export const group_norm = callable(
  signature('group_norm', { input: tensor }, { num_groups: required<number>() }, ...AFFINE, EPS),
  (input, num_groups, weight, bias, eps): Tensor => {
    const shape = input.shape
    if (shape.length < 2) {
      throw runtime_error(
        `Expected at least 2 dimensions for input tensor but received ${shape.length}`,
        'group_norm',
      )
    }
    refuse_single_values([Math.floor((shape[0]! * shape[1]!) / num_groups), num_groups, ...shape.slice(2)])
    return ops.group_norm(input, num_groups, weight, bias, eps, true)
  },
)

/**
 * x / (k + alpha · mean of x² over neighbouring channels) ^ beta.
 *
 * @param input - (N, C, …), three dimensions or more
 * @param size - how many channels are neighbours
 * @param alpha - Default: 1e-4
 * @param beta - Default: 0.75
 * @param k - Default: 1
 * @throws ValueError for fewer than three dimensions
 */
export const local_response_norm = callable(
  signature(
    'local_response_norm',
    { input: tensor },
    { size: required<number>() },
    { alpha: optional(1e-4) },
    { beta: optional(0.75) },
    { k: optional(1) },
  ),
  (input, size, alpha, beta, k): Tensor => {
    const shape = input.shape
    if (shape.length < 3) {
      throw value_error(
        `Expected 3D or higher dimensionality                          input (got ${shape.length} dimensions)`,
      )
    }
    if (input.numel() === 0) return input
    const around = [Math.floor(size / 2), Math.floor((size - 1) / 2)]
    let div = input.mul(input)
    if (shape.length === 3) {
      div = nn.pad(div.unsqueeze(1), [0, 0, ...around])
      div = nn.avg_pool2d(div, [size, 1], 1).squeeze(1)
    } else {
      div = nn.pad(div.view(shape[0]!, 1, shape[1]!, shape[2]!, -1), [0, 0, 0, 0, ...around])
      div = nn.avg_pool3d(div, [size, 1, 1], 1).squeeze(1).view(shape)
    }
    return input.div(div.mul(alpha).add(k).pow(beta))
  },
)

/**
 * x / max(‖x‖ₚ, eps) along a dimension.
 *
 * @param p - the norm. Default: 2
 * @param dim - one dimension, or several. Default: 1
 * @param eps - the least divisor. Default: 1e-12
 * @param out - takes the result
 */
export const normalize = callable(
  signature(
    'normalize',
    { input: tensor },
    { p: optional(2) },
    { dim: optional<number | readonly number[]>(1) },
    { eps: optional(1e-12) },
    { out: optional_tensor },
  ),
  (input, p, dim, eps, out): Tensor => {
    const dims = typeof dim === 'number' ? [dim] : dim
    const denominator = input.norm(p, dims, { keepdim: true }).clamp_min(eps).expand_as(input)
    return out === null ? input.div(denominator) : ops.div(input, denominator, { out })
  },
)
