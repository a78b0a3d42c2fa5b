import { assertion_error, value_error } from './errors.js'
import { norm } from './functional/norm.js'
import { native } from './native.js'
import * as linalg from './ops/generated/linalg.js'
import * as sparse from './ops/generated/sparse.js'
import * as ops from './ops/generated/torch.js'
import type { Tensor } from './tensor.js'

/** Parameters and variables by Python's names; each is set before it is read. */
type Variables<T> = Record<string, T>

const { pow } = native.math

/** Sees the iterations; setting `worker.bvars.force_stop` ends them. */
export type Tracker = (worker: LOBPCG) => void

function matmul(A: Tensor | null, B: Tensor): Tensor {
  if (A === null) return B
  return A.layout.name === 'sparse_coo' ? sparse.mm(A, B) : A.matmul(B)
}

/** Sᵀ A S */
const quadratic = (A: Tensor | null, S: Tensor): Tensor => matmul(S.mT, matmul(A, S))

function eigenpairs(A: Tensor, largest = false): [E: Tensor, Z: Tensor] {
  const [E, Z] = linalg.eigh(A, 'U')
  return largest ? [E.flip(-1), Z.flip(-1)] : [E, Z]
}

// As Python slices: what lies beyond the end is left out.
function columns(x: Tensor, from: number, to = x.shape[1]!): Tensor {
  const [size, start] = [x.shape[1]!, Math.min(from, x.shape[1]!)]
  return x.narrow(1, start, Math.max(0, Math.min(to, size) - start))
}

/** Places where a condition holds. */
const places = (condition: Tensor): Tensor => condition.nonzero().squeeze(1)

/** The iterations of {@link lobpcg}, in the names of PyTorch's class: what a tracker sees. */
export class LOBPCG {
  /** The eigenvalues, (n). */
  E: Tensor
  /** The residuals, (m, n). */
  R: Tensor
  /** The subspace that is searched, (m, 3 n): eigenvectors, directions, residuals. */
  S: Tensor
  tvars: Variables<Tensor> = {}
  ivars: Variables<number> = { istep: 0, converged_count: 0, converged_end: 0, iterations_left: 0 }
  fvars: Variables<number> = {}
  bvars: Variables<boolean> = {}

  constructor(
    readonly A: Tensor,
    readonly B: Tensor | null,
    /** The eigenvectors, (m, n). */
    public X: Tensor,
    readonly iK: Tensor | null,
    readonly iparams: Variables<number>,
    readonly fparams: Variables<number>,
    readonly bparams: Variables<boolean>,
    readonly method: string,
    readonly tracker: Tracker | null,
  ) {
    const [m, n] = [iparams['m']!, iparams['n']!]
    const options = { dtype: X.dtype, device: X.device }
    this.E = ops.zeros([n], options)
    this.R = ops.zeros([m, n], options)
    this.S = ops.zeros([m, 3 * n], options)
  }

  run(): void {
    do {
      this.update()
      this.tracker?.(this)
    } while (!this.stop_iteration())
  }

  update(): void {
    const { ivars, fvars } = this
    if (ivars['istep'] === 0) {
      const X_norm = norm(this.X).item()
      const inverse = pow(X_norm, -1)
      fvars['X_norm'] = X_norm
      fvars['A_norm'] = norm(matmul(this.A, this.X)).item() * inverse
      fvars['B_norm'] = norm(matmul(this.B, this.X)).item() * inverse
      ivars['iterations_left'] = this.iparams['niter']!
    }
    if (this.method === 'ortho') this.update_ortho()
    else this.update_basic()
    ivars['iterations_left']!--
    ivars['istep']!++
  }

  update_residual(): void {
    this.R = matmul(this.A, this.X).sub(matmul(this.B, this.X).mul(this.E))
  }

  /** Counts the pairs that have converged, up to the first that has not (Duersch et al. 2018, 4.3). */
  update_converged_count(): number {
    const before = this.ivars['converged_count']!
    const scale = this.E.abs().mul(this.fvars['B_norm']!).add(this.fvars['A_norm']!)
    const rerr = norm(this.R, 2, [0]).div(norm(this.X, 2, [0]).mul(scale))
    const converged = rerr.lt(this.fparams['tol']!).tolist() as unknown as boolean[]
    const first = converged.indexOf(false)
    const count = first < 0 ? converged.length : first
    if (count < before)
      throw assertion_error(
        `the number of converged eigenpairs (was ${before}, got ${count}) cannot decrease`,
      )
    this.ivars['converged_count'] = count
    this.tvars['rerr'] = rerr
    return count
  }

  stop_iteration(): boolean {
    return (
      this.bvars['force_stop'] === true ||
      this.ivars['iterations_left'] === 0 ||
      this.ivars['converged_count']! >= this.iparams['k']!
    )
  }

  // The subspace is the eigenvectors, the directions P, and W.
  private set_subspace(P: Tensor | null, W: (known: number) => Tensor): void {
    const { n } = this.iparams as { n: number }
    columns(this.S, 0, n).copy_(this.X)
    const known = n + (P?.shape[1] ?? 0)
    if (P !== null) columns(this.S, n, known).copy_(P)
    const rest = W(known)
    const end = known + rest.shape[1]!
    this.ivars['converged_end'] = end
    columns(this.S, known, end).copy_(rest)
  }

  private update_basic(): void {
    const { n } = this.iparams as { n: number }
    const { converged_count: done, converged_end: end } = this.ivars as Variables<number> & {
      converged_count: number
      converged_end: number
    }
    const first = this.ivars['istep'] === 0
    const S = first ? this.X : columns(this.S, done, end)
    const Ri = this.rayleigh_ritz(S)
    const [E, Z] = eigenpairs(quadratic(quadratic(this.A, S), Ri), this.bparams['largest'])
    let P: Tensor | null = null
    if (first) {
      this.X.copy_(S.matmul(Ri.matmul(Z)))
      this.E.copy_(E)
    } else {
      columns(this.X, done).copy_(S.matmul(Ri.matmul(columns(Z, 0, n - done))))
      this.E.narrow(0, done, n - done).copy_(E.narrow(0, 0, n - done))
      P = S.matmul(Ri.matmul(columns(Z, n, 2 * n - done)))
    }
    this.update_residual()
    const count = this.update_converged_count()
    this.set_subspace(P, () => matmul(this.iK, first ? this.R : columns(this.R, count)))
  }

  private update_ortho(): void {
    const { n } = this.iparams as { n: number }
    const { largest } = this.bparams
    const [done, end] = [this.ivars['converged_count']!, this.ivars['converged_end']!]
    if (this.ivars['istep'] === 0) {
      const Ri = this.rayleigh_ritz(this.X)
      const [, Z] = eigenpairs(quadratic(quadratic(this.A, this.X), Ri), largest)
      this.X = this.X.matmul(Ri.matmul(Z))
      this.update_residual()
      this.update_converged_count()
      this.set_subspace(null, () => this.orthogonal(this.R, this.X))
      return
    }
    const S = columns(this.S, done, end)
    const [E, Z] = eigenpairs(quadratic(this.A, S), largest)
    columns(this.X, done).copy_(S.matmul(columns(Z, 0, n - done)))
    this.E.narrow(0, done, n - done).copy_(E.narrow(0, 0, n - done))
    const rest = columns(Z, n - done)
    const [basis] = linalg.qr(rest.narrow(0, 0, n - done).mT)
    const P = S.matmul(rest.matmul(basis))
    this.update_residual()
    const count = this.update_converged_count()
    this.set_subspace(P, (known) => this.orthogonal(columns(this.R, count), columns(this.S, 0, known)))
  }

  // Ri with (Riᵀ Sᵀ A S Ri) Z = Z E and C = Ri Z, the diagonal of Sᵀ B S taken out first (Duersch et al. 2018).
  private rayleigh_ritz(S: Tensor): Tensor {
    const SBS = quadratic(this.B, S)
    const d_row = SBS.diagonal(0, -2, -1).pow(-0.5)
    const d_col = d_row.reshape(d_row.shape[0]!, 1)
    const R = linalg.cholesky(SBS.mul(d_row).mul(d_col), { upper: true })
    return linalg.solve_triangular(R, d_row.diag_embed(), { upper: true, left: false })
  }

  // U made B-orthonormal by its singular values; with `drop` without columns that add little.
  private singular_basis(given: Tensor, drop: boolean, tau: number): Tensor {
    if (given.numel() === 0) return given
    let U = given
    let UBU = quadratic(this.B, U)
    let d = UBU.diagonal(0, -2, -1)
    const nonzero = places(d.abs().ne(0))
    if (nonzero.shape[0]! < d.shape[0]!) {
      U = U.index_select(1, nonzero)
      if (U.numel() === 0) return U
      UBU = quadratic(this.B, U)
      d = UBU.diagonal(0, -2, -1)
    }
    let d_col = d.pow(-0.5).reshape(d.shape[0]!, 1)
    let [E, Z] = eigenpairs(UBU.mul(d_col).mul(d_col.mT))
    const t = E.abs().max().mul(tau)
    if (drop) {
      const kept = places(E.gt(t))
      E = E.index_select(0, kept)
      Z = Z.index_select(1, kept)
      d_col = d_col.index_select(0, kept)
    } else E = ops.where(E.lt(t), t, E)
    return U.mul(d_col.mT).matmul(Z.mul(E.pow(-0.5)))
  }

  // U made B-orthonormal, and B-orthogonal to V (Duersch 2015, algorithms 3 and 6); empty where it lies in V.
  private orthogonal(given: Tensor, V: Tensor): Tensor {
    const { ivars, fvars, B, fparams } = this
    const [tol, tau_drop, tau_replace] = ['ortho_tol', 'ortho_tol_drop', 'ortho_tol_replace'].map(
      (name) => fparams[name]!,
    ) as [number, number, number]
    const { ortho_use_drop: use_drop } = this.bparams
    for (const name of Object.keys(fvars)) if (/^ortho_.*_rerr$/.test(name)) delete fvars[name]
    const BV_norm = norm(matmul(B, V))
    let U = given
    let BU = matmul(B, U)
    let VBU = V.mT.matmul(BU)
    let [i, j] = [0, 0]
    const last = [this.iparams['ortho_i_max']! - 1, this.iparams['ortho_j_max']! - 1] as const
    for (i = 0; ; i++) {
      U = U.sub(V.matmul(VBU))
      for (j = 0; ; j++) {
        const drop = use_drop === true && j > 0
        U = this.singular_basis(U, drop, use_drop && !drop ? tau_drop : tau_replace)
        if (U.numel() === 0) {
          Object.assign(ivars, { ortho_i: i, ortho_j: j })
          return U
        }
        BU = matmul(B, U)
        const UBU = U.mT.matmul(BU)
        const size = norm(BU).mul(norm(U))
        const off = UBU.sub(ops.eye(UBU.shape.at(-1)!, { device: UBU.device, dtype: UBU.dtype }))
        const rerr = norm(off).item() * pow(size.item(), -1)
        fvars[`ortho_UBUmI_rerr[${i}, ${j}]`] = rerr
        if (rerr < tol || j === last[1]) break
      }
      VBU = V.mT.matmul(BU)
      const rerr = norm(VBU).item() * pow(BV_norm.mul(norm(U)).item(), -1)
      fvars[`ortho_VBU_rerr[${i}]`] = rerr
      if (rerr < tol) break
      if (this.iparams['m']! < U.shape[1]! + V.shape[1]!) {
        if (B === null) throw assertion_error('B must not be None')
        throw value_error(
          `Overdetermined shape of U: #B-cols(=${B.shape.at(-1)}) >= #U-cols(=${U.shape[1]}) + #V-cols(=${V.shape[1]}) must hold`,
          'lobpcg',
        )
      }
      if (i === last[0]) break
    }
    Object.assign(ivars, { ortho_i: i, ortho_j: j })
    return U
  }
}
