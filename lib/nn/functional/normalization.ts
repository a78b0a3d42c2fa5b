import { runtime_error, value_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { py_float, py_size } from '../repr.js'

/** Keywords of {@link batch_norm}. */
export interface BatchNormOptions {
  /** A factor for each channel. Default: none. */
  weight?: Tensor | null
  /** What is added to each channel. Default: nothing. */
  bias?: Tensor | null
  /** Whether the batch's own statistics are used, and the running ones updated. Default: false. */
  training?: boolean
  /** The weight of the new statistics. Default: 0.1. */
  momentum?: number
  /** What is added to the variance. Default: 1e-5. */
  eps?: number
}

type GivenBatch = Required<BatchNormOptions> & {
  input: Tensor
  running_mean: Tensor | null
  running_var: Tensor | null
}

function refuse_single_values(size: readonly number[]): void {
  const count = size.reduce((product, n, d) => (d === 1 ? product : product * n), 1)
  if (count === 1) {
    throw value_error(`Expected more than 1 value per channel when training, got input size ${py_size(size)}`)
  }
}

/**
 * (x − mean) / sqrt(var + eps) · weight + bias, channel by channel.
 *
 * @param input (N, C, …)
 * @param running_mean (C), updated in training
 * @param running_var (C), updated in training
 * @throws ValueError where a channel has one value in training, or for an eps that is not positive
 * @see torch/nn/functional.py
 */
export function batch_norm(
  input: Tensor,
  running_mean: Tensor | null,
  running_var: Tensor | null,
  weight?: Tensor | null | BatchNormOptions,
  bias?: Tensor | null | BatchNormOptions,
  training?: boolean | BatchNormOptions,
  momentum?: number | BatchNormOptions,
  eps?: number | BatchNormOptions,
): Tensor
export function batch_norm(...args: unknown[]): Tensor {
  const { input, running_mean, running_var, weight, bias, training, momentum, eps } =
    take_arguments<GivenBatch>(
      'batch_norm',
      args,
      ['input', 'running_mean', 'running_var', 'weight', 'bias', 'training', 'momentum', 'eps'],
      { weight: null, bias: null, training: false, momentum: 0.1, eps: 1e-5 },
    )
  if (training) refuse_single_values(input.shape)
  if (training && eps <= 0) {
    throw value_error(`batch_norm eps must be positive during training, but got ${py_float(Number(eps))}`)
  }
  if (eps < 0) throw value_error(`batch_norm eps must be non-negative, but got ${py_float(Number(eps))}`)
  return ops.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, true)
}

/** Keywords of {@link instance_norm}. */
export interface InstanceNormOptions extends Omit<BatchNormOptions, 'training'> {
  /** (C), updated where the input's statistics are used. Default: none. */
  running_mean?: Tensor | null
  /** (C), updated where the input's statistics are used. Default: none. */
  running_var?: Tensor | null
  /** Whether the input's own statistics are used. Default: true. */
  use_input_stats?: boolean
}

type GivenInstance = Required<InstanceNormOptions> & { input: Tensor }

/**
 * As {@link batch_norm}, with the statistics of each sample's channels for themselves.
 *
 * @throws ValueError where a channel has one element
 * @see torch/nn/functional.py
 */
export function instance_norm(
  input: Tensor,
  running_mean?: Tensor | null | InstanceNormOptions,
  running_var?: Tensor | null | InstanceNormOptions,
  weight?: Tensor | null | InstanceNormOptions,
  bias?: Tensor | null | InstanceNormOptions,
  use_input_stats?: boolean | InstanceNormOptions,
  momentum?: number | InstanceNormOptions,
  eps?: number | InstanceNormOptions,
): Tensor
export function instance_norm(...args: unknown[]): Tensor {
  const given = take_arguments<GivenInstance>(
    'instance_norm',
    args,
    ['input', 'running_mean', 'running_var', 'weight', 'bias', 'use_input_stats', 'momentum', 'eps'],
    {
      running_mean: null,
      running_var: null,
      weight: null,
      bias: null,
      use_input_stats: true,
      momentum: 0.1,
      eps: 1e-5,
    },
  )
  const { input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps } = given
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
}

/** Keywords of {@link layer_norm} and {@link group_norm}. */
export interface AffineNormOptions {
  weight?: Tensor | null
  bias?: Tensor | null
  /** What is added to the variance. Default: 1e-5. */
  eps?: number
}

type GivenLayer = Required<AffineNormOptions> & { input: Tensor; normalized_shape: number[] }

/**
 * (x − mean) / sqrt(var + eps) · weight + bias over the last dimensions.
 *
 * @param normalized_shape the sizes of the dimensions that are normalized together
 * @see torch/nn/functional.py
 */
export function layer_norm(
  input: Tensor,
  normalized_shape: readonly number[],
  weight?: Tensor | null | AffineNormOptions,
  bias?: Tensor | null | AffineNormOptions,
  eps?: number | AffineNormOptions,
): Tensor
export function layer_norm(...args: unknown[]): Tensor {
  const { input, normalized_shape, weight, bias, eps } = take_arguments<GivenLayer>(
    'layer_norm',
    args,
    ['input', 'normalized_shape', 'weight', 'bias', 'eps'],
    { weight: null, bias: null, eps: 1e-5 },
  )
  return ops.layer_norm(input, normalized_shape, weight, bias, eps, true)
}

/** Keywords of {@link rms_norm}. */
export interface RMSNormOptions {
  weight?: Tensor | null
  /** What is added to the mean square. Default: the dtype's epsilon. */
  eps?: number | null
}

type GivenRms = Required<RMSNormOptions> & { input: Tensor; normalized_shape: number[] }

/** x / sqrt(mean of x² + eps) · weight over the last dimensions. */
export function rms_norm(
  input: Tensor,
  normalized_shape: readonly number[],
  weight?: Tensor | null | RMSNormOptions,
  eps?: number | null | RMSNormOptions,
): Tensor
export function rms_norm(...args: unknown[]): Tensor {
  const names = ['input', 'normalized_shape', 'weight', 'eps'] as const
  const given = take_arguments<GivenRms>('rms_norm', args, names, { weight: null, eps: null })
  return ops.rms_norm(given.input, given.normalized_shape, given.weight, given.eps)
}

type GivenGroup = Required<AffineNormOptions> & { input: Tensor; num_groups: number }

/**
 * As {@link layer_norm} over groups of channels.
 *
 * @param input (N, C, …)
 * @param num_groups how many groups the channels make
 * @throws RuntimeError for fewer than two dimensions
 */
export function group_norm(
  input: Tensor,
  num_groups: number,
  weight?: Tensor | null | AffineNormOptions,
  bias?: Tensor | null | AffineNormOptions,
  eps?: number | AffineNormOptions,
): Tensor
export function group_norm(...args: unknown[]): Tensor {
  const { input, num_groups, weight, bias, eps } = take_arguments<GivenGroup>(
    'group_norm',
    args,
    ['input', 'num_groups', 'weight', 'bias', 'eps'],
    { weight: null, bias: null, eps: 1e-5 },
  )
  const shape = input.shape
  if (shape.length < 2) {
    throw runtime_error(
      `Expected at least 2 dimensions for input tensor but received ${shape.length}`,
      'group_norm',
    )
  }
  refuse_single_values([Math.floor((shape[0]! * shape[1]!) / num_groups), num_groups, ...shape.slice(2)])
  return ops.group_norm(input, num_groups, weight, bias, eps, true)
}

/** Keywords of {@link local_response_norm}. */
export interface LocalResponseNormOptions {
  /** Default: 1e-4. */
  alpha?: number
  /** Default: 0.75. */
  beta?: number
  /** Default: 1. */
  k?: number
}

type GivenResponse = Required<LocalResponseNormOptions> & { input: Tensor; size: number }

/**
 * x / (k + alpha · mean of x² over neighbouring channels) ^ beta.
 *
 * @param input (N, C, …), three dimensions or more
 * @param size how many channels are neighbours
 * @throws ValueError for fewer than three dimensions
 */
export function local_response_norm(
  input: Tensor,
  size: number,
  alpha?: number | LocalResponseNormOptions,
  beta?: number | LocalResponseNormOptions,
  k?: number | LocalResponseNormOptions,
): Tensor
export function local_response_norm(...args: unknown[]): Tensor {
  const { input, size, alpha, beta, k } = take_arguments<GivenResponse>(
    'local_response_norm',
    args,
    ['input', 'size', 'alpha', 'beta', 'k'],
    { alpha: 1e-4, beta: 0.75, k: 1 },
  )
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
}

/** Keywords of {@link normalize}. */
export interface NormalizeOptions {
  /** The norm. Default: 2. */
  p?: number
  /** Default: 1. */
  dim?: number | readonly number[]
  /** The least divisor. Default: 1e-12. */
  eps?: number
  out?: Tensor | null
}

/** x / max(‖x‖ₚ, eps) along a dimension. */
export function normalize(
  input: Tensor,
  p?: number | NormalizeOptions,
  dim?: number | readonly number[] | NormalizeOptions,
  eps?: number | NormalizeOptions,
): Tensor
export function normalize(...args: unknown[]): Tensor {
  const { input, p, dim, eps, out } = take_arguments<Required<NormalizeOptions> & { input: Tensor }>(
    'normalize',
    args,
    ['input', 'p', 'dim', 'eps', 'out'],
    { p: 2, dim: 1, eps: 1e-12, out: null },
  )
  const dims = typeof dim === 'number' ? [dim] : dim
  const denominator = input.norm(p, dims, { keepdim: true }).clamp_min(eps).expand_as(input)
  return out === null ? input.div(denominator) : ops.div(input, denominator, { out })
}
