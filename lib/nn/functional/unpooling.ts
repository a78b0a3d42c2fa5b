import { value_error } from '../../errors.js'
import { expect_int } from '../../expect.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { ntuple } from '../modules/utils.js'
import { py_ints } from '../repr.js'
import { max_pool1d, max_pool2d, max_pool3d } from './pooling.js'

type Sizes = number | readonly number[]

const UNPOOL = [
  { input: tensor },
  { indices: tensor },
  { kernel_size: required<Sizes>() },
  { stride: optional<Sizes | null>(null) },
  { padding: optional<Sizes>(0) },
  { output_size: optional<readonly number[] | null>(null) },
] as const

type Places = { size: number[]; stride: number[]; padding: number[] }

/** An unpooling over `n` dimensions, from the output's size and the pooling's steps. */
function unpool(n: number, run: (input: Tensor, indices: Tensor, places: Places) => Tensor) {
  return callable(
    signature(`max_unpool${n}d`, ...UNPOOL),
    (input, indices, kernel_size, given_stride, given_padding, output_size): Tensor => {
      const kernel = ntuple(kernel_size, n, 'kernel_size')
      const stride = given_stride === null ? kernel : ntuple(given_stride, n, 'stride')
      const padding = ntuple(given_padding, n, 'padding')
      const shape = input.shape.slice(-n)
      const smallest = kernel.map((size, d) => ((shape[d] ?? 1) - 1) * stride[d]! + size - 2 * padding[d]!)
      const size = output_size === null ? smallest : checked_size(output_size, smallest, stride)
      return run(input, indices, { size, stride: [...stride], padding: [...padding] })
    },
  )
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
 * @param indices - the places that the pooling gave
 * @param kernel_size - the size of the pooling's window
 * @param stride - the steps that the pooling took. Default: its window's size
 * @param padding - the pooling's padding. Default: 0
 * @param output_size - the size that the pooling started from, where it cannot be told
 * @throws ValueError for an output size that the pooling cannot have started from
 * @see torch/nn/functional.py
 */
export const max_unpool1d = unpool(1, (input, indices, { size }) =>
  nn.max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), [...size, 1]).squeeze(-1),
)

/** Undoes `max_pool2d`, see {@link max_unpool1d}. */
export const max_unpool2d = unpool(2, (input, indices, { size }) => nn.max_unpool2d(input, indices, size))

/** Undoes `max_pool3d`, see {@link max_unpool1d}. */
export const max_unpool3d = unpool(3, (input, indices, { size, stride, padding }) =>
  nn.max_unpool3d(input, indices, size, stride, padding),
)

const POWER_POOL = [
  { input: tensor },
  { norm_type: required<number>(expect_int) },
  { kernel_size: required<Sizes>() },
  { stride: optional<Sizes | null>(null) },
  { ceil_mode: optional(false) },
] as const

function power_pool(
  n: number,
  greatest: typeof max_pool1d,
  mean: (input: Tensor, kernel: Sizes, stride: Sizes, padding: number, ceil_mode: boolean) => Tensor,
) {
  return callable(
    signature(`lp_pool${n}d`, ...POWER_POOL),
    (input, norm_type, kernel_size, stride, ceil_mode): Tensor => {
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
    },
  )
}

/**
 * The p-th root of the sum of xᵖ in each window of a (…, L) input.
 *
 * @param norm_type - p; Infinity for the greatest
 * @param kernel_size - the size of the window
 * @param stride - the steps of the window. Default: its size
 * @param ceil_mode - whether a last, incomplete window counts. Default: false
 */
export const lp_pool1d = power_pool(1, max_pool1d, ops.avg_pool1d)

/** The p-th root of the sum of xᵖ in each window of a (…, H, W) input; see {@link lp_pool1d}. */
export const lp_pool2d = power_pool(2, max_pool2d, nn.avg_pool2d)

/** The p-th root of the sum of xᵖ in each window of a (…, D, H, W) input; see {@link lp_pool1d}. */
export const lp_pool3d = power_pool(3, max_pool3d, nn.avg_pool3d)
