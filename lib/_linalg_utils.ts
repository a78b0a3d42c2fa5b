import { runtime_error } from './errors.js'

// What PyTorch keeps only to say what replaced it.

const removed = 'This function was deprecated since version 1.9 and is now removed.'

const refuse =
  (name: string, words: string, instead: string) =>
  (..._args: unknown[]): never => {
    throw runtime_error(`${removed}${words}\n\n${instead}`, name)
  }

/** Removed from PyTorch, as its error says: `torch.linalg.matrix_rank` takes its place. */
export const matrix_rank = refuse(
  'matrix_rank',
  '',
  'torch.linalg.matrix_rank(A, { hermitian }) takes its place.',
)
/** Removed from PyTorch, as its error says: `torch.linalg.solve` takes its place. */
export const solve = refuse(
  'solve',
  ' `torch.solve` is deprecated in favor of `torch.linalg.solve`. `torch.linalg.solve` has its arguments reversed and does not return the LU factorization.',
  'torch.linalg.solve(A, B) takes its place; torch.linalg.lu_factor(A) factorizes.',
)
/** Removed from PyTorch, as its error says: `torch.linalg.lstsq` takes its place. */
export const lstsq = refuse(
  'lstsq',
  ' `torch.lstsq` is deprecated in favor of `torch.linalg.lstsq`.',
  'torch.linalg.lstsq(A, B).solution takes its place, its arguments in the other order.',
)
/** Removed from PyTorch, as its error says: `torch.linalg.eigh` takes its place. */
export const symeig = refuse(
  'symeig',
  ' The default behavior has changed from using the upper triangular portion of the matrix by default to using the lower triangular portion.',
  'torch.linalg.eigh(A, UPLO) and torch.linalg.eigvalsh(A, UPLO) take its place.',
)
/** Removed from PyTorch, as its error says: `torch.linalg.eig` takes its place. */
export const eig = refuse(
  'eig',
  ' `torch.linalg.eig` returns complex tensors of dtype `cfloat` or `cdouble` rather than real tensors mimicking complex tensors.',
  'torch.linalg.eig(A) and torch.linalg.eigvals(A) take its place.',
)
