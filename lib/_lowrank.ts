import * as dtypes from './dtype.js'
import { value_error } from './errors.js'
import { expect_int } from './expect.js'
import * as linalg from './ops/generated/linalg.js'
import * as ops from './ops/generated/torch.js'
import { optional, optional_tensor, tensor } from './python/parameters.js'
import { callable, signature } from './python/signature.js'
import type { Tensor } from './tensor.js'

const real_dtypes = [dtypes.float16, dtypes.float32, dtypes.float64]

const minus = (x: Tensor, m: Tensor | null, q: Tensor): Tensor => (m === null ? x : x.sub(m.matmul(q)))
const orthogonal = (x: Tensor): Tensor => linalg.qr(x)[0]

const WHOLE_OR_NULL = (value: unknown, name: string, argument: string): number | null =>
  value === null ? null : expect_int(value, name, argument)

/**
 * A matrix Q of q orthonormal columns with A − M close to Q Qᴴ (A − M) (Halko, Martinsson, Tropp: algorithm 4.4).
 *
 * @see torch/_lowrank.py
 */
export function get_approximate_basis(
  A: Tensor,
  q: number,
  niter: number | null = 2,
  M: Tensor | null = null,
): Tensor {
  const dtype = A.is_complex() || real_dtypes.includes(A.dtype) ? A.dtype : dtypes.float32
  const R = ops.randn([A.shape.at(-1)!, q], { dtype, device: A.device })
  let Q = orthogonal(minus(A.matmul(R), M, R))
  for (let i = 0; i < (niter ?? 2); i++) {
    Q = orthogonal(minus(A.mH.matmul(Q), M === null ? null : M.mH, Q))
    Q = orthogonal(minus(A.matmul(Q), M, Q))
  }
  return Q
}

/**
 * The greatest singular values of a matrix and their vectors, found at random: A ≈ U diag(S) Vᴴ.
 *
 * @param A (…, m, n)
 * @param q how many (a little more than are wanted; default: 6)
 * @param niter power iterations (default: 2)
 * @returns U (…, m, q), S (…, q), V (…, n, q)
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const [u, s, v] = torch.svd_lowrank(torch.randn(100, 20), 4)
 * ```
 * @see torch/_lowrank.py
 */
export const svd_lowrank = callable(
  signature(
    'svd_lowrank',
    { A: tensor },
    { q: optional<number | null>(6, WHOLE_OR_NULL) },
    { niter: optional<number | null>(2, WHOLE_OR_NULL) },
    { M: optional_tensor },
  ),
  (A, q, niter, M): [U: Tensor, S: Tensor, V: Tensor] => decompose(A, q ?? 6, niter ?? 2, M),
)

function decompose(A: Tensor, q: number, niter: number, M: Tensor | null): [Tensor, Tensor, Tensor] {
  const [m, n] = A.shape.slice(-2) as [number, number]
  let [matrix, less] = [A, M === null ? null : M.broadcast_to(A.shape)]
  if (m < n) [matrix, less] = [matrix.mH, less === null ? null : less.mH]
  const Q = get_approximate_basis(matrix, q, niter, less)
  let B = Q.mH.matmul(matrix)
  if (less !== null) B = B.sub(Q.mH.matmul(less))
  const [U, S, Vh] = linalg.svd(B, false)
  const [left, right] = [Q.matmul(U), Vh.mH]
  return m < n ? [right, S, left] : [left, S, right]
}

/**
 * The principal components of rows, see {@link svd_lowrank}.
 *
 * @param q - how many components. Default: min(6, m, n)
 * @param center - whether the columns' means are taken off first. Default: true
 * @param niter - power iterations. Default: 2
 * @throws ValueError for a q outside 0 … min(m, n) or a negative niter
 */
export const pca_lowrank = callable(
  signature(
    'pca_lowrank',
    { A: tensor },
    { q: optional<number | null>(null, WHOLE_OR_NULL) },
    { center: optional(true) },
    { niter: optional(2, expect_int) },
  ),
  (A, q, center, niter): [U: Tensor, S: Tensor, V: Tensor] => {
    const [m, n] = A.shape.slice(-2) as [number, number]
    const count = q === null ? Math.min(6, m, n) : q
    if (!(count >= 0 && count <= Math.min(m, n))) {
      throw value_error(
        `q(=${count}) must be non-negative integer and not greater than min(m, n)=${Math.min(m, n)}`,
      )
    }
    if (niter < 0) throw value_error(`niter(=${niter}) must be non-negative integer`)
    return decompose(center ? A.sub(A.mean([-2], { keepdim: true })) : A, count, niter, null)
  },
)
