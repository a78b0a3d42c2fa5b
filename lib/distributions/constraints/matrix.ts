import { bool } from '../../dtype.js'
import * as linalg from '../../ops/generated/linalg.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { finfo } from '../../type_info.js'

import { Constraint } from './constraint.js'

class Matrix extends Constraint {
  override get event_dim(): number {
    return 2
  }
}

function is_lower(value: Tensor): Tensor {
  return value
    .tril()
    .eq(value)
    .view([...value.shape.slice(0, -2), -1])
    .min(-1).values
}

/** Square matrices with zeros above the diagonal. */
export class _LowerTriangular extends Matrix {
  override check(value: Tensor): Tensor {
    return is_lower(value)
  }
}

/** Square lower triangular matrices with a positive diagonal. */
export class _LowerCholesky extends Matrix {
  override check(value: Tensor): Tensor {
    const positive_diagonal = value.diagonal({ dim1: -2, dim2: -1 }).gt(0).min(-1).values
    return is_lower(value).bitwise_and(positive_diagonal)
  }
}

/** Cholesky factors of correlation matrices: lower triangular, with a positive diagonal and rows of length 1. */
export class _CorrCholesky extends Matrix {
  override check(value: Tensor): Tensor {
    // Ten times the rounding error of a row, since the norm is a sum of many.
    const tolerance = finfo(value.dtype).eps * value.size(-1) * 10
    const row_norm = linalg.norm(value.detach(), null, -1)
    const unit = row_norm.sub(1).abs().le(tolerance).all(-1)
    return lower_cholesky.check(value).bitwise_and(unit)
  }
}

/** Square matrices. */
export class _Square extends Matrix {
  override check(value: Tensor): Tensor {
    const [rows, columns] = value.shape.slice(-2)
    return ops.full(value.shape.slice(0, -2), rows === columns, { dtype: bool, device: value.device })
  }
}

/** Symmetric matrices. */
export class _Symmetric extends _Square {
  override check(value: Tensor): Tensor {
    const square = super.check(value)
    if (!square.all().item()) return square
    return ops.isclose(value, value.mT, { atol: 1e-6 }).all(-2).all(-1)
  }
}

/** Symmetric matrices without negative eigenvalues. */
export class _PositiveSemidefinite extends _Symmetric {
  override check(value: Tensor): Tensor {
    const symmetric = super.check(value)
    if (!symmetric.all().item()) return symmetric
    return linalg.eigvalsh(value).ge(0).all(-1)
  }
}

/** Symmetric matrices with positive eigenvalues only. */
export class _PositiveDefinite extends _Symmetric {
  override check(value: Tensor): Tensor {
    const symmetric = super.check(value)
    if (!symmetric.all().item()) return symmetric
    return linalg.cholesky_ex(value).info.eq(0)
  }
}

export const lower_triangular = new _LowerTriangular()
export const lower_cholesky = new _LowerCholesky()
export const corr_cholesky = new _CorrCholesky()
export const square = new _Square()
export const symmetric = new _Symmetric()
export const positive_semidefinite = new _PositiveSemidefinite()
export const positive_definite = new _PositiveDefinite()
