import * as dtypes from './dtype.js'
import { value_error } from './errors.js'
import { expect_int } from './expect.js'
import { take_arguments } from './ops/arguments.js'
import * as linalg from './ops/generated/linalg.js'
import * as ops from './ops/generated/torch.js'
import { expect_tensor, type Tensor } from './tensor.js'

const real_dtypes = [dtypes.float16, dtypes.float32, dtypes.float64]

const minus = (x: Tensor, m: Tensor | null, q: Tensor): Tensor => (m === null ? x : x.sub(m.matmul(q)))
const orthogonal = (x: Tensor): Tensor => linalg.qr(x)[0]

/** The arguments of {@link get_approximate_basis}. */
export interface LowRankOptions {
  /** How many columns are sought. Default: 6. */
  q?: number | null
  /** How many power iterations sharpen them. Default: 2. */
  niter?: number | null
  /** What is taken from A first. Default: nothing. */
  M?: Tensor | null
}

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
export function svd_lowrank(
  A: Tensor,
  q?: number | null | LowRankOptions,
  niter?: number | null | LowRankOptions,
  M?: Tensor | null | LowRankOptions,
): [U: Tensor, S: Tensor, V: Tensor]
export function svd_lowrank(...args: unknown[]): [Tensor, Tensor, Tensor] {
  const given = take_arguments<Required<LowRankOptions> & { A: Tensor }>(
    'svd_lowrank',
    args,
    ['A', 'q', 'niter', 'M'],
    {
      q: 6,
      niter: 2,
      M: null,
    },
  )
  if (given.M !== null) expect_tensor(given.M, 'svd_lowrank', 'M')
  const q = expect_int(given.q ?? 6, 'svd_lowrank', 'q')
  const niter = expect_int(given.niter ?? 2, 'svd_lowrank', 'niter')
  return decompose(given.A, q, niter, given.M)
}

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

/** Keywords of {@link pca_lowrank}. */
export interface PCAOptions {
  /** How many components. Default: min(6, m, n). */
  q?: number | null
  /** Whether the columns' means are taken off first. Default: true. */
  center?: boolean
  /** Power iterations. Default: 2. */
  niter?: number
}

/**
 * The principal components of rows, see {@link svd_lowrank}.
 *
 * @throws ValueError for a q outside 0 … min(m, n) or a negative niter
 */
export function pca_lowrank(
  A: Tensor,
  q?: number | null | PCAOptions,
  center?: boolean | PCAOptions,
  niter?: number | PCAOptions,
): [U: Tensor, S: Tensor, V: Tensor]
export function pca_lowrank(...args: unknown[]): [Tensor, Tensor, Tensor] {
  const { A, q, center, niter } = take_arguments<Required<PCAOptions> & { A: Tensor }>(
    'pca_lowrank',
    args,
    ['A', 'q', 'center', 'niter'],
    { q: null, center: true, niter: 2 },
  )
  const [m, n] = A.shape.slice(-2) as [number, number]
  const count = q === null ? Math.min(6, m, n) : expect_int(q, 'pca_lowrank', 'q')
  const power = expect_int(niter, 'pca_lowrank', 'niter')
  if (!(count >= 0 && count <= Math.min(m, n))) {
    throw value_error(
      `q(=${count}) must be non-negative integer and not greater than min(m, n)=${Math.min(m, n)}`,
    )
  }
  if (power < 0) throw value_error(`niter(=${power}) must be non-negative integer`)
  return decompose(center ? A.sub(A.mean([-2], { keepdim: true })) : A, count, power, null)
}
