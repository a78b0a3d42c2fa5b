import { not_implemented_error, value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { ntuple } from '../modules/utils.js'
import { py_size, py_string } from '../repr.js'

type Sizes = number | readonly number[]

const SAMPLING = ['bilinear', 'nearest', 'bicubic']
const OUTSIDE = ['zeros', 'border', 'reflection']

const ALIGN_CORNERS = { align_corners: optional<boolean | null>(null) }

/**
 * The input at the places that a grid names, between −1 and 1.
 *
 * @param input - (N, C, H, W) or (N, C, D, H, W)
 * @param grid - (N, H′, W′, 2) or (N, D′, H′, W′, 3)
 * @param mode - `'bilinear'`, `'nearest'` or `'bicubic'`. Default: `'bilinear'`
 * @param padding_mode - `'zeros'`, `'border'` or `'reflection'`. Default: `'zeros'`
 * @param align_corners - whether −1 and 1 are the corner pixels' middles rather than their edges. Default: false
 * @throws ValueError for an unknown mode
 * @see torch/nn/functional.py
 */
export const grid_sample = callable(
  signature(
    'grid_sample',
    { input: tensor },
    { grid: tensor },
    { mode: optional('bilinear') },
    { padding_mode: optional('zeros') },
    ALIGN_CORNERS,
  ),
  (input, grid, mode, padding_mode, align_corners): Tensor => {
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
  },
)

function warn_of_corners(): void {
  process.emitWarning(
    'Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.',
  )
}

/**
 * The grid of an affine map, for {@link grid_sample}.
 *
 * @param theta - (N, 2, 3) or (N, 3, 4) matrices
 * @param size - the output's size: (N, C, H, W) or (N, C, D, H, W)
 * @param align_corners - whether −1 and 1 are the corner pixels' middles rather than their edges. Default: false
 * @throws ValueError for matrices or sizes that do not fit
 */
export const affine_grid = callable(
  signature('affine_grid', { theta: tensor }, { size: required<readonly number[]>() }, ALIGN_CORNERS),
  (theta, size, align_corners): Tensor => {
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
  },
)

const WINDOW = [
  { kernel_size: required<Sizes>() },
  { dilation: optional<Sizes>(1) },
  { padding: optional<Sizes>(0) },
  { stride: optional<Sizes>(1) },
] as const

const pair = (value: Sizes, name: string) => ntuple(value, 2, name)

/**
 * The windows of an (N, C, H, W) input as columns: (N, C · kernel, windows).
 *
 * @param kernel_size - the size of the window
 * @param dilation - the spacing between the window's elements. Default: 1
 * @param padding - how far the window reaches over the edges. Default: 0
 * @param stride - the steps of the window. Default: 1
 */
export const unfold = callable(
  signature('unfold', { input: tensor }, ...WINDOW),
  (input, kernel_size, dilation, padding, stride): Tensor =>
    nn.im2col(
      input,
      pair(kernel_size, 'kernel_size'),
      pair(dilation, 'dilation'),
      pair(padding, 'padding'),
      pair(stride, 'stride'),
    ),
)

/** Sums columns back into the places that {@link unfold} took them from. */
export const fold = callable(
  signature('fold', { input: tensor }, { output_size: required<Sizes>() }, ...WINDOW),
  (input, output_size, kernel_size, dilation, padding, stride): Tensor =>
    nn.col2im(
      input,
      pair(output_size, 'output_size'),
      pair(kernel_size, 'kernel_size'),
      pair(dilation, 'dilation'),
      pair(padding, 'padding'),
      pair(stride, 'stride'),
    ),
)

/**
 * A sample of the Gumbel-softmax distribution.
 *
 * @param tau - the temperature. Default: 1
 * @param hard - whether the result is one-hot, with the soft one's gradient. Default: false
 * @param eps - has no effect
 * @param dim - Default: -1
 */
export const gumbel_softmax = callable(
  signature(
    'gumbel_softmax',
    { logits: tensor },
    { tau: optional(1) },
    { hard: optional(false) },
    { eps: optional(1e-10) },
    { dim: optional(-1) },
  ),
  (logits, tau, hard, eps, dim): Tensor => {
    if (eps !== 1e-10) process.emitWarning('`eps` parameter is deprecated and has no effect.')
    const gumbels = ops.empty_like(logits.contiguous()).exponential_().log().neg()
    const soft = logits.add(gumbels).div(tau).softmax(dim)
    if (!hard) return soft
    const index = soft.max(dim, { keepdim: true })[1]
    const one_hot = ops.zeros_like(logits.contiguous()).scatter_(dim, index, 1)
    return one_hot.sub(soft.detach()).add(soft)
  },
)
