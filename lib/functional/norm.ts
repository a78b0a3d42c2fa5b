import type { DType } from '../dtype.js'
import { value_error } from '../errors.js'
import * as linalg from '../ops/generated/linalg.js'
import * as ops from '../ops/generated/torch.js'
import { optional, optional_tensor, tensor } from '../python/parameters.js'
import { callable, callable_by_name, signature } from '../python/signature.js'
import type { FloatScalar } from '../scalar.js'
import type { Tensor } from '../tensor.js'

type Power = number | FloatScalar | 'fro' | 'nuc'
type Dims = number | readonly number[]

const NORM = signature(
  'norm',
  { input: tensor },
  { p: optional<Power | null>('fro') },
  { dim: optional<Dims | null>(null) },
  { keepdim: optional(false) },
  { out: optional_tensor },
  { dtype: optional<DType | null>(null) },
)

/** The arguments of one call, by name. */
type Given = ReturnType<typeof NORM.take>

/** Keywords of {@link norm}. */
export type NormOptions = Partial<Omit<Given, 'input'>>

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
 * @param p - a number, `'fro'` or `'nuc'`. Default: `'fro'`
 * @param dim - along which dimensions. Default: all
 * @param keepdim - whether they stay with size 1. Default: false
 * @param out - takes the result
 * @param dtype - the dtype to which the input is converted first
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.norm(torch.tensor([3, 4])).item() // 5
 * ```
 * @see torch/functional.py
 */
export const norm = callable_by_name(NORM, (given): Tensor => {
  const { input, p, keepdim, out, dtype } = given
  if (input.layout.name !== 'strided') return sparse_norm(given)
  const dim = typeof given.dim === 'number' ? [given.dim] : given.dim
  const options = { dtype, ...(out === null ? {} : { out }) }
  if (typeof p !== 'string') return linalg.vector_norm(input, p ?? 2, dim, keepdim, options)
  if (p === 'fro' && (dim === null || dim.length <= 2))
    return linalg.vector_norm(input, 2, dim, keepdim, options)
  return matrix_norm(input, p, dim ?? input.shape.map((_, d) => d), keepdim, options)
})

function sparse_norm({ input, p, dim, keepdim, dtype }: Given): Tensor {
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

/**
 * The p-norm distance of every row of one matrix to every row of another, batch by batch.
 *
 * @param x1 (…, P, M)
 * @param x2 (…, R, M)
 * @returns (…, P, R)
 * @throws ValueError for an unknown `compute_mode`
 */
export const cdist = callable(
  signature(
    'cdist',
    { x1: tensor },
    { x2: tensor },
    { p: optional(2) },
    { compute_mode: optional(MODES[0]!) },
  ),
  (x1, x2, p, compute_mode): Tensor => {
    const place = MODES.indexOf(compute_mode)
    if (place < 0) throw value_error(`${compute_mode} is not a valid value for compute_mode`)
    return ops.cdist(x1, x2, p, place === 0 ? null : place)
  },
)
