import type { DType } from '../dtype.js'
import { value_error } from '../errors.js'
import { take_arguments } from '../ops/arguments.js'
import * as linalg from '../ops/generated/linalg.js'
import * as ops from '../ops/generated/torch.js'
import type { FloatScalar } from '../scalar.js'
import type { Tensor } from '../tensor.js'

type Power = number | FloatScalar | 'fro' | 'nuc'
type Dims = number | readonly number[]

/** Keywords of {@link norm}. */
export interface NormOptions {
  /** A number, `'fro'` or `'nuc'`. Default: `'fro'`. */
  p?: Power | null
  /** Default: all dimensions. */
  dim?: Dims | null
  keepdim?: boolean
  out?: Tensor | null
  dtype?: DType | null
}

const matrix_norm = linalg.matrix_norm as (
  input: Tensor,
  ord: unknown,
  dim: Dims,
  keepdim: boolean,
  options: object,
) => Tensor

/**
 * The norm of vectors or matrices: (Σ |x|ᵖ)^(1/p), or a matrix norm by name.
 *
 * @param p the power (default: `'fro'`)
 * @param dim along which dimensions (default: all)
 * @param keepdim whether they stay with size 1 (default: false)
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.norm(torch.tensor([3, 4])).item() // 5
 * ```
 * @see torch/functional.py
 */
export function norm(
  input: Tensor,
  p?: Power | null | NormOptions,
  dim?: Dims | null | NormOptions,
  keepdim?: boolean | NormOptions,
  out?: Tensor | null | NormOptions,
  dtype?: DType | null | NormOptions,
): Tensor
export function norm(...args: unknown[]): Tensor {
  const given = take_arguments<Required<NormOptions> & { input: Tensor }>(
    'norm',
    args,
    ['input', 'p', 'dim', 'keepdim', 'out', 'dtype'],
    { p: 'fro', dim: null, keepdim: false, out: null, dtype: null },
  )
  const { input, p, keepdim, out, dtype } = given
  if (input.layout.name !== 'strided') return sparse_norm(given)
  const dim = typeof given.dim === 'number' ? [given.dim] : given.dim
  const options = { dtype, ...(out === null ? {} : { out }) }
  if (typeof p !== 'string') return linalg.vector_norm(input, p ?? 2, dim, keepdim, options)
  if (p === 'fro' && (dim === null || dim.length <= 2))
    return linalg.vector_norm(input, 2, dim, keepdim, options)
  return matrix_norm(input, p, dim ?? input.shape.map((_, d) => d), keepdim, options)
}

function sparse_norm({ input, p, dim, keepdim, dtype }: Required<NormOptions> & { input: Tensor }): Tensor {
  if (p === 'fro' && dtype !== null) throw value_error('dtype argument is not supported in frobenius norm')
  if (p === 'nuc' && dtype !== null) throw value_error('dtype argument is not supported in nuclear norm')
  const dims = dim === null ? input.shape.map((_, d) => d) : typeof dim === 'number' ? [dim] : dim
  if (p === 'fro') return ops.frobenius_norm(input, dim === null ? [] : dims, keepdim)
  if (p === 'nuc') return ops.nuclear_norm(input, dims, keepdim)
  return dtype === null ? ops.norm(input, p, dims, keepdim) : ops.norm(input, p, dims, keepdim, { dtype })
}

const MODES = [
  'use_mm_for_euclid_dist_if_necessary',
  'use_mm_for_euclid_dist',
  'donot_use_mm_for_euclid_dist',
]

type GivenDistance = { x1: Tensor; x2: Tensor; p: number; compute_mode: string }

/**
 * The p-norm distance of every row of one matrix to every row of another, batch by batch.
 *
 * @param x1 (…, P, M)
 * @param x2 (…, R, M)
 * @returns (…, P, R)
 * @throws ValueError for an unknown `compute_mode`
 */
export function cdist(
  x1: Tensor,
  x2: Tensor,
  p?: number | { p?: number; compute_mode?: string },
  compute_mode?: string | { compute_mode?: string },
): Tensor
export function cdist(...args: unknown[]): Tensor {
  const { x1, x2, p, compute_mode } = take_arguments<GivenDistance>(
    'cdist',
    args,
    ['x1', 'x2', 'p', 'compute_mode'],
    {
      p: 2,
      compute_mode: MODES[0]!,
    },
  )
  const place = MODES.indexOf(compute_mode)
  if (place < 0) throw value_error(`${compute_mode} is not a valid value for compute_mode`)
  return ops.cdist(x1, x2, p, place === 0 ? null : place)
}
