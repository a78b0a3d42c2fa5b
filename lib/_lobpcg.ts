import { LOBPCG, type Tracker } from './_lobpcg_worker.js'
import * as dtypes from './dtype.js'
import { assertion_error, key_error, not_implemented_error, value_error } from './errors.js'
import { expect_number } from './expect.js'
import { native } from './native.js'
import * as ops from './ops/generated/torch.js'
import type { Keywords } from './python/call_types.js'
import { type Check, of_objects, optional, optional_tensor, tensor } from './python/parameters.js'
import { callable_by_name, signature } from './python/signature.js'
import { Size } from './size.js'
import type { Tensor } from './tensor.js'

const { pow } = native.math

const or_null =
  <T>(check: Check<T>): Check<T | null> =>
  (value, name, argument) =>
    value === null ? null : check(value, name, argument)

const NUMBER = optional<number | null>(null, or_null(expect_number))
const CHOICE = optional<boolean | null>(null)
const PARAMETERS = of_objects(optional<Record<string, number> | null>(null))

const LOBPCG_OPTIONS = [
  { k: NUMBER },
  { B: optional_tensor },
  { X: optional_tensor },
  { n: NUMBER },
  { iK: optional_tensor },
  { niter: NUMBER },
  { tol: NUMBER },
  { largest: CHOICE },
  { method: optional<'ortho' | 'basic' | null>(null) },
  { tracker: optional<Tracker | null>(null) },
  { ortho_iparams: PARAMETERS },
  { ortho_fparams: PARAMETERS },
  { ortho_bparams: of_objects(optional<Record<string, boolean> | null>(null)) },
] as const

/** Keywords of {@link lobpcg}. */
export type LobpcgOptions = Keywords<typeof LOBPCG_OPTIONS>

function default_tolerance(dtype: dtypes.DType): number {
  if (dtype === dtypes.float64) return pow(2.23e-16, 0.5)
  if (dtype === dtypes.float16) throw key_error('torch.float16')
  return pow(1.2e-7, 0.5)
}

/**
 * The greatest (or smallest) eigenvalues of a symmetric positive definite matrix and their vectors, A X = B X diag(E),
 * by the locally optimal block preconditioned conjugate gradient method; A may be sparse.
 *
 * @param A (…, m, m)
 * @param k - how many eigenpairs; m is at least three times as many. Default: as many as `X` has columns, or 1
 * @param B - the other matrix of the generalized problem. Default: the identity
 * @param X - first guesses of the eigenvectors, (m, n). Default: normal random numbers
 * @param n - how many guesses are drawn. Default: k
 * @param iK - a preconditioner, (m, m). Default: none
 * @param niter - the most iterations; −1 is as many as it takes. Default: 1000
 * @param tol - residuals below this have converged. Default: the square root of the dtype's precision
 * @param largest - the greatest eigenvalues, or the smallest. Default: true
 * @param method - `'ortho'` or `'basic'`. Default: `'ortho'`
 * @param tracker - called after each iteration with the {@link LOBPCG} at work
 * @param ortho_iparams - numbers of the orthogonalization: `ortho_i_max`, `ortho_j_max`
 * @param ortho_fparams - its tolerances: `ortho_tol`, `ortho_tol_drop`, `ortho_tol_replace`
 * @param ortho_bparams - its switch: `ortho_use_drop`
 * @returns E (…, k) and X (…, m, k)
 * @throws ValueError for a matrix that is too small; NotImplementedError where A or B requires gradients: detach them
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const a = torch.diag(torch.arange(1, 10, { dtype: torch.float64 }))
 * const [e] = torch.lobpcg(a, 2)
 * e.round().tolist() // [9, 8]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.lobpcg.html
 */
export const lobpcg = callable_by_name(
  signature('lobpcg', { A: tensor }, ...LOBPCG_OPTIONS),
  (given): [E: Tensor, X: Tensor] => {
    const { A, B, iK, tracker } = given
    if (A.requires_grad || B?.requires_grad)
      throw not_implemented_error('lobpcg(): A and B that require gradients are not supported; detach them')
    const shape = [...A.shape]
    const m = shape.at(-1)!
    if (shape.at(-2) !== m) throw assertion_error(`A must be square, got shape ${new Size(A.shape)}`)
    if (B !== null && String(B.shape) !== String(A.shape))
      throw assertion_error(`A and B must have same shape, got ${new Size(A.shape)} vs ${new Size(B.shape)}`)
    const real = [dtypes.float16, dtypes.float32, dtypes.float64].includes(A.dtype)
    const dtype = real ? A.dtype : dtypes.float32
    const tol = given.tol ?? default_tolerance(dtype)
    const guessed = given.X?.shape.at(-1)
    const k = given.k ?? guessed ?? 1
    const n = guessed ?? given.n ?? k
    if (m < 3 * n)
      throw value_error(
        `LOBPCG algorithm is not applicable when the number of A rows (=${m}) is smaller than 3 x the number of requested eigenpairs (=${n})`,
        'lobpcg',
      )
    const method = given.method ?? 'ortho'
    const ortho = method === 'ortho'
    const iparams: Record<string, number> = {
      ...{ m, n, k, niter: given.niter ?? 1000 },
      ...(ortho && { ortho_i_max: 3, ortho_j_max: 3, ...given.ortho_iparams }),
    }
    const fparams: Record<string, number> = {
      tol,
      ...(ortho && { ortho_tol: tol, ortho_tol_drop: tol, ortho_tol_replace: tol, ...given.ortho_fparams }),
    }
    const bparams: Record<string, boolean> = {
      largest: given.largest ?? true,
      ...(ortho && { ortho_use_drop: false, ...given.ortho_bparams }),
    }

    const solve = (a: Tensor, b: Tensor | null, guess: Tensor | null, what: string): [Tensor, Tensor] => {
      const x = guess ?? ops.randn([m, n], { dtype, device: A.device })
      if (x.ndim !== 2 || x.shape[0] !== m || x.shape[1] !== n)
        throw assertion_error(`${what} shape mismatch: got ${new Size(x.shape)}, expected (${m}, ${n})`)
      const worker = new LOBPCG(a, b, x, iK, iparams, fparams, bparams, method, tracker)
      worker.run()
      return [worker.E.narrow(0, 0, Math.min(k, n)), worker.X.narrow(1, 0, Math.min(k, n))]
    }
    if (A.ndim === 2) return solve(A, B, given.X, 'X')
    const outer = shape.slice(0, -2)
    const rows = (x: Tensor) => x.reshape([-1, ...x.shape.slice(-2)]).unbind()
    const [all_a, all_b, all_x] = [rows(A), B && rows(B), given.X && rows(given.X)]
    const pairs = all_a.map((a, i) => {
      iparams['batch_index'] = i
      return solve(a, all_b?.[i] ?? null, all_x?.[i] ?? null, 'X_')
    })
    return [
      ops.stack(pairs.map(([e]) => e)).reshape([...outer, k]),
      ops.stack(pairs.map(([, x]) => x)).reshape([...outer, m, k]),
    ]
  },
)
