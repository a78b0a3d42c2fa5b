import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import * as linalg from '../../ops/generated/linalg.js'
import { pad, softplus } from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { methods } from '../../python/methods.js'
import type { Tensor } from '../../tensor.js'
import { finfo } from '../../type_info.js'
import {
  type Constraint,
  corr_cholesky,
  independent,
  lower_cholesky,
  positive_definite,
  real,
  real_vector,
} from '../constraints.js'
import { one_minus, round_half_even, type Sizes, tril_matrix_to_vec, vec_to_tril_matrix } from '../utils.js'
import { Transform } from './transform.js'

const REAL_MATRIX = independent(real, 2)
const LOG_2 = native.math.log(2)

/**
 * A vector of D(D − 1)/2 numbers to the Cholesky factor of a D × D correlation matrix: tanh of the numbers, then rows
 * scaled to length 1.
 *
 * @see torch/distributions/transforms.py
 */
export class CorrCholeskyTransform extends Transform {
  override get domain(): Constraint {
    return real_vector
  }
  override get codomain(): Constraint {
    return corr_cholesky
  }
  override get bijective(): boolean {
    return true
  }

  override _call(x: Tensor): Tensor {
    const { eps } = finfo(x.dtype)
    let r = vec_to_tril_matrix(x.tanh().clamp(-1 + eps, 1 - eps), -1)
    const left = one_minus(r.pow(2)).sqrt().cumprod(-1)
    r = r.add(ops.eye(r.shape.at(-1)!, { dtype: r.dtype, device: r.device }))
    return r.mul(pad(left.at('...', ':-1'), [1, 0], { value: 1 }))
  }

  override _inverse(y: Tensor): Tensor {
    const left = one_minus(y.mul(y).cumsum(-1))
    const shifted = pad(left.at('...', ':-1'), [1, 0], { value: 1 })
    const t = tril_matrix_to_vec(y, -1).div(tril_matrix_to_vec(shifted, -1).sqrt())
    return t.log1p().sub(t.neg().log1p()).div(2)
  }

  override log_abs_det_jacobian(x: Tensor, y: Tensor): Tensor {
    const left = one_minus(y.mul(y).cumsum(-1))
    const stick_breaking = tril_matrix_to_vec(left, -2).log().sum(-1).mul(0.5)
    const tanh = x
      .add(softplus(x.mul(-2)))
      .sub(LOG_2)
      .sum(-1)
      .mul(-2)
    return stick_breaking.add(tanh)
  }

  override forward_shape(shape: Sizes): number[] {
    if (shape.length < 1) throw value_error('Too few dimensions on input')
    const n = shape.at(-1)!
    const d = round_half_even(native.math.sqrt(0.25 + 2 * n) + 0.5)
    if (Math.floor((d * (d - 1)) / 2) !== n)
      throw value_error('Input is not a flattened lower-diagonal number')
    return [...shape.slice(0, -1), d, d]
  }

  override inverse_shape(shape: Sizes): number[] {
    if (shape.length < 2) throw value_error('Too few dimensions on input')
    const d = shape.at(-1)!
    if (shape.at(-2) !== d) throw value_error('Input is not square')
    return [...shape.slice(0, -2), Math.floor((d * (d - 1)) / 2)]
  }

  static {
    methods(CorrCholeskyTransform, {
      forward_shape: 'shape',
      inverse_shape: 'shape',
      log_abs_det_jacobian: 'x, y, intermediates?',
    })
  }
}

/**
 * Any square matrix to a lower triangular one with a positive diagonal, the exp of the old one.
 *
 * @see torch/distributions/transforms.py
 */
export class LowerCholeskyTransform extends Transform {
  override get domain(): Constraint {
    return REAL_MATRIX
  }
  override get codomain(): Constraint {
    return lower_cholesky
  }
  override equals(other: unknown): boolean {
    return other instanceof LowerCholeskyTransform
  }
  override _call(x: Tensor): Tensor {
    return x.tril(-1).add(x.diagonal({ dim1: -2, dim2: -1 }).exp().diag_embed())
  }
  override _inverse(y: Tensor): Tensor {
    return y.tril(-1).add(y.diagonal({ dim1: -2, dim2: -1 }).log().diag_embed())
  }
}

/**
 * Any square matrix to a positive definite one, L Lᵀ with the L of {@link LowerCholeskyTransform}.
 *
 * @see torch/distributions/transforms.py
 */
export class PositiveDefiniteTransform extends Transform {
  override get domain(): Constraint {
    return REAL_MATRIX
  }
  override get codomain(): Constraint {
    return positive_definite
  }
  override equals(other: unknown): boolean {
    return other instanceof PositiveDefiniteTransform
  }
  override _call(x: Tensor): Tensor {
    const lower = new LowerCholeskyTransform()(x)
    return lower.matmul(lower.mT)
  }
  override _inverse(y: Tensor): Tensor {
    return new LowerCholeskyTransform().inv(linalg.cholesky(y))
  }
}
