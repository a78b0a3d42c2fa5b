import { not_implemented_error, value_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { ntuple } from '../modules/utils.js'
import { py_size, py_string } from '../repr.js'

type Sizes = number | readonly number[]

/** Keywords of {@link grid_sample}. */
export interface GridSampleOptions {
  /** `'bilinear'`, `'nearest'` or `'bicubic'`. Default: `'bilinear'`. */
  mode?: string
  /** `'zeros'`, `'border'` or `'reflection'`. Default: `'zeros'`. */
  padding_mode?: string
  /** Whether −1 and 1 are the corner pixels' middles rather than their edges. Default: false. */
  align_corners?: boolean | null
}

const SAMPLING = ['bilinear', 'nearest', 'bicubic']
const OUTSIDE = ['zeros', 'border', 'reflection']

/**
 * The input at the places that a grid names, between −1 and 1.
 *
 * @param input (N, C, H, W) or (N, C, D, H, W)
 * @param grid (N, H′, W′, 2) or (N, D′, H′, W′, 3)
 * @throws ValueError for an unknown mode
 * @see torch/nn/functional.py
 */
export function grid_sample(
  input: Tensor,
  grid: Tensor,
  mode?: string | GridSampleOptions,
  padding_mode?: string | GridSampleOptions,
  align_corners?: boolean | null | GridSampleOptions,
): Tensor
export function grid_sample(...args: unknown[]): Tensor {
  const { input, grid, mode, padding_mode, align_corners } = take_arguments<
    Required<GridSampleOptions> & { input: Tensor; grid: Tensor }
  >('grid_sample', args, ['input', 'grid', 'mode', 'padding_mode', 'align_corners'], {
    mode: 'bilinear',
    padding_mode: 'zeros',
    align_corners: null,
  })
  if (!SAMPLING.includes(mode)) {
    throw value_error(
      `nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: ${py_string(String(mode))}`,
    )
  }
  if (!OUTSIDE.includes(padding_mode)) {
    throw value_error(
      `nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: ${py_string(String(padding_mode))}`,
    )
  }
  if (align_corners === null) warn_of_corners()
  const [sampling, outside] = [SAMPLING.indexOf(mode), OUTSIDE.indexOf(padding_mode)]
  return ops.grid_sampler(input, grid, sampling, outside, align_corners ?? false)
}

function warn_of_corners(): void {
  process.emitWarning(
    'Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.',
  )
}

type GivenAffine = { theta: Tensor; size: number[]; align_corners: boolean | null }

/**
 * The grid of an affine map, for {@link grid_sample}.
 *
 * @param theta (N, 2, 3) or (N, 3, 4) matrices
 * @param size the output's size: (N, C, H, W) or (N, C, D, H, W)
 * @throws ValueError for matrices or sizes that do not fit
 */
export function affine_grid(
  theta: Tensor,
  size: readonly number[],
  align_corners?: boolean | null | { align_corners?: boolean | null },
): Tensor
export function affine_grid(...args: unknown[]): Tensor {
  const { theta, size, align_corners } = take_arguments<GivenAffine>(
    'affine_grid',
    args,
    ['theta', 'size', 'align_corners'],
    { align_corners: null },
  )
  if (align_corners === null) warn_of_corners()
  if (!theta.is_floating_point()) {
    throw value_error(`Expected theta to have floating point type, but got ${theta.dtype}`)
  }
  const dims = size.length - 2
  if (dims !== 2 && dims !== 3) {
    throw not_implemented_error(
      `affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size ${py_size(size)}.`,
    )
  }
  const shape = theta.shape
  if (shape.length !== 3 || shape[1] !== dims || shape[2] !== dims + 1) {
    throw value_error(
      `Expected a batch of ${dims}D affine matrices of shape Nx${dims}x${dims + 1} for size ${py_size(size)}. Got ${py_size(shape)}.`,
    )
  }
  if (align_corners === true && Math.min(...size.slice(-dims)) === 1) {
    process.emitWarning(
      'Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This is not an intended use case of affine_grid. See the documentation of affine_grid for details.',
    )
  } else if (Math.min(...size) <= 0) {
    throw value_error(`Expected non-zero, positive output size. Got ${py_size(size)}`)
  }
  return ops.affine_grid_generator(theta, size, align_corners ?? false)
}

/** Keywords of {@link unfold} and {@link fold}. */
export interface FoldOptions {
  dilation?: Sizes
  padding?: Sizes
  stride?: Sizes
}

type GivenFold = Required<FoldOptions> & { input: Tensor; kernel_size: Sizes; output_size: Sizes }
const FOLD: Partial<GivenFold> = { dilation: 1, padding: 0, stride: 1 }

/** The windows of an (N, C, H, W) input as columns: (N, C · kernel, windows). */
export function unfold(
  input: Tensor,
  kernel_size: Sizes,
  dilation?: Sizes | FoldOptions,
  padding?: Sizes | FoldOptions,
  stride?: Sizes | FoldOptions,
): Tensor
export function unfold(...args: unknown[]): Tensor {
  const names = ['input', 'kernel_size', 'dilation', 'padding', 'stride'] as const
  const { input, kernel_size, dilation, padding, stride } = take_arguments<GivenFold>(
    'unfold',
    args,
    names,
    FOLD,
  )
  const pair = (value: Sizes, name: string) => ntuple(value, 2, name)
  return nn.im2col(
    input,
    pair(kernel_size, 'kernel_size'),
    pair(dilation, 'dilation'),
    pair(padding, 'padding'),
    pair(stride, 'stride'),
  )
}

/** Sums columns back into the places that {@link unfold} took them from. */
export function fold(
  input: Tensor,
  output_size: Sizes,
  kernel_size: Sizes,
  dilation?: Sizes | FoldOptions,
  padding?: Sizes | FoldOptions,
  stride?: Sizes | FoldOptions,
): Tensor
export function fold(...args: unknown[]): Tensor {
  const names = ['input', 'output_size', 'kernel_size', 'dilation', 'padding', 'stride'] as const
  const given = take_arguments<GivenFold>('fold', args, names, FOLD)
  const pair = (name: 'output_size' | 'kernel_size' | 'dilation' | 'padding' | 'stride') =>
    ntuple(given[name], 2, name)
  return nn.col2im(
    given.input,
    pair('output_size'),
    pair('kernel_size'),
    pair('dilation'),
    pair('padding'),
    pair('stride'),
  )
}

/** Keywords of {@link gumbel_softmax}. */
export interface GumbelSoftmaxOptions {
  /** The temperature. Default: 1. */
  tau?: number
  /** Whether the result is one-hot, with the soft one's gradient. Default: false. */
  hard?: boolean
  /** Has no effect. */
  eps?: number
  /** Default: -1. */
  dim?: number
}

/** A sample of the Gumbel-softmax distribution. */
export function gumbel_softmax(
  logits: Tensor,
  tau?: number | GumbelSoftmaxOptions,
  hard?: boolean | GumbelSoftmaxOptions,
  eps?: number | GumbelSoftmaxOptions,
  dim?: number | GumbelSoftmaxOptions,
): Tensor
export function gumbel_softmax(...args: unknown[]): Tensor {
  const { logits, tau, hard, eps, dim } = take_arguments<Required<GumbelSoftmaxOptions> & { logits: Tensor }>(
    'gumbel_softmax',
    args,
    ['logits', 'tau', 'hard', 'eps', 'dim'],
    { tau: 1, hard: false, eps: 1e-10, dim: -1 },
  )
  if (eps !== 1e-10) process.emitWarning('`eps` parameter is deprecated and has no effect.')
  const gumbels = ops.empty_like(logits.contiguous()).exponential_().log().neg()
  const soft = logits.add(gumbels).div(tau).softmax(dim)
  if (!hard) return soft
  const index = soft.max(dim, { keepdim: true })[1]
  const one_hot = ops.zeros_like(logits.contiguous()).scatter_(dim, index, 1)
  return one_hot.sub(soft.detach()).add(soft)
}
