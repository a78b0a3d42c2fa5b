import { value_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { ntuple } from '../modules/utils.js'
import { py_ints } from '../repr.js'
import { max_pool1d, max_pool2d, max_pool3d } from './pooling.js'

type Sizes = number | readonly number[]

/** Keywords of {@link max_unpool2d} and its like. */
export interface MaxUnpoolOptions {
  /** The steps that the pooling took. Default: its window's size. */
  stride?: Sizes | null
  padding?: Sizes
  /** The size that the pooling started from, where it cannot be told. */
  output_size?: readonly number[] | null
}

type GivenUnpool = Required<MaxUnpoolOptions> & { input: Tensor; indices: Tensor; kernel_size: Sizes }

function take_unpool(name: string, n: number, args: readonly unknown[]) {
  const given = take_arguments<GivenUnpool>(
    name,
    args,
    ['input', 'indices', 'kernel_size', 'stride', 'padding', 'output_size'],
    { stride: null, padding: 0, output_size: null },
  )
  const kernel = ntuple(given.kernel_size, n, 'kernel_size')
  const stride = given.stride === null ? kernel : ntuple(given.stride, n, 'stride')
  const padding = ntuple(given.padding, n, 'padding')
  const shape = given.input.shape.slice(-n)
  const smallest = kernel.map((size, d) => ((shape[d] ?? 1) - 1) * stride[d]! + size - 2 * padding[d]!)
  const size = given.output_size === null ? smallest : checked_size(given.output_size, smallest, stride)
  return { input: given.input, indices: given.indices, size, stride: [...stride], padding: [...padding] }
}

function checked_size(
  wanted: readonly number[],
  smallest: readonly number[],
  stride: readonly number[],
): number[] {
  const n = stride.length
  const size = wanted.length === n + 2 ? wanted.slice(2) : [...wanted]
  if (size.length !== n) {
    throw value_error(
      `output_size should be a sequence containing ${n} or ${n + 2} elements, but it has a length of '${size.length}'`,
    )
  }
  for (let d = 0; d < n; d++) {
    const [least, most] = [smallest[d]! - stride[d]!, smallest[d]! + stride[d]!]
    if (!(least < size[d]! && size[d]! < most)) {
      throw value_error(
        `invalid output_size "${py_ints(size)}" (dim ${d} must be between ${least} and ${most})`,
      )
    }
  }
  return size
}

/**
 * Undoes `max_pool1d` as far as it can be: the maxima in their places, zeros elsewhere.
 *
 * @param indices the places that the pooling gave
 * @throws ValueError for an output size that the pooling cannot have started from
 * @see torch/nn/functional.py
 */
export function max_unpool1d(
  input: Tensor,
  indices: Tensor,
  kernel_size: Sizes,
  stride?: Sizes | null | MaxUnpoolOptions,
  padding?: Sizes | MaxUnpoolOptions,
  output_size?: readonly number[] | null | MaxUnpoolOptions,
): Tensor
export function max_unpool1d(...args: unknown[]): Tensor {
  const { input, indices, size } = take_unpool('max_unpool1d', 1, args)
  return nn.max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), [...size, 1]).squeeze(-1)
}

/** Undoes `max_pool2d`, see {@link max_unpool1d}. */
export function max_unpool2d(
  input: Tensor,
  indices: Tensor,
  kernel_size: Sizes,
  stride?: Sizes | null | MaxUnpoolOptions,
  padding?: Sizes | MaxUnpoolOptions,
  output_size?: readonly number[] | null | MaxUnpoolOptions,
): Tensor
export function max_unpool2d(...args: unknown[]): Tensor {
  const { input, indices, size } = take_unpool('max_unpool2d', 2, args)
  return nn.max_unpool2d(input, indices, size)
}

/** Undoes `max_pool3d`, see {@link max_unpool1d}. */
export function max_unpool3d(
  input: Tensor,
  indices: Tensor,
  kernel_size: Sizes,
  stride?: Sizes | null | MaxUnpoolOptions,
  padding?: Sizes | MaxUnpoolOptions,
  output_size?: readonly number[] | null | MaxUnpoolOptions,
): Tensor
export function max_unpool3d(...args: unknown[]): Tensor {
  const { input, indices, size, stride, padding } = take_unpool('max_unpool3d', 3, args)
  return nn.max_unpool3d(input, indices, size, stride, padding)
}

/** Keywords of {@link lp_pool2d} and its like. */
export interface LPPoolOptions {
  stride?: Sizes | null
  ceil_mode?: boolean
}

type GivenPower = Required<LPPoolOptions> & { input: Tensor; norm_type: number; kernel_size: Sizes }

function power_pool(
  name: string,
  n: number,
  args: readonly unknown[],
  greatest: typeof max_pool1d,
  mean: (input: Tensor, kernel: Sizes, stride: Sizes, padding: number, ceil_mode: boolean) => Tensor,
): Tensor {
  const { input, norm_type, kernel_size, stride, ceil_mode } = take_arguments<GivenPower>(
    name,
    args,
    ['input', 'norm_type', 'kernel_size', 'stride', 'ceil_mode'],
    { stride: null, ceil_mode: false },
  )
  const p = Number(norm_type)
  if (p === Number.POSITIVE_INFINITY) return greatest(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
  if (p === Number.NEGATIVE_INFINITY)
    return greatest(input.abs().neg(), kernel_size, stride, 0, 1, ceil_mode).neg()
  const out = mean(input.pow(norm_type), kernel_size, stride ?? [], 0, ceil_mode)
  const count = ntuple(kernel_size, n, 'kernel_size').reduce((product, size) => product * size, 1)
  return out
    .sign()
    .mul(out.abs().relu())
    .mul(count)
    .pow(1 / p)
}

/** The p-th root of the sum of xᵖ in each window of a (…, L) input. */
export function lp_pool1d(
  input: Tensor,
  norm_type: number,
  kernel_size: Sizes,
  stride?: Sizes | null | LPPoolOptions,
  ceil_mode?: boolean | LPPoolOptions,
): Tensor
export function lp_pool1d(...args: unknown[]): Tensor {
  return power_pool('lp_pool1d', 1, args, max_pool1d, ops.avg_pool1d)
}

/** The p-th root of the sum of xᵖ in each window of a (…, H, W) input. */
export function lp_pool2d(
  input: Tensor,
  norm_type: number,
  kernel_size: Sizes,
  stride?: Sizes | null | LPPoolOptions,
  ceil_mode?: boolean | LPPoolOptions,
): Tensor
export function lp_pool2d(...args: unknown[]): Tensor {
  return power_pool('lp_pool2d', 2, args, max_pool2d, nn.avg_pool2d)
}

/** The p-th root of the sum of xᵖ in each window of a (…, D, H, W) input. */
export function lp_pool3d(
  input: Tensor,
  norm_type: number,
  kernel_size: Sizes,
  stride?: Sizes | null | LPPoolOptions,
  ceil_mode?: boolean | LPPoolOptions,
): Tensor
export function lp_pool3d(...args: unknown[]): Tensor {
  return power_pool('lp_pool3d', 3, args, max_pool3d, nn.avg_pool3d)
}
