import type { DType } from '../../dtype.js'
import * as ops from '../../ops/generated/torch.js'
import { keyword, keyword_tensor, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'

/**
 * The products of groups of matrices, as a mixture of experts needs them.
 *
 * @param mat_a - (M, K), or (groups, M, K)
 * @param mat_b - (K, N), or (groups, K, N)
 * @param offs - (groups), int32: where each group ends, for matrices of two dimensions. Default: none
 * @param bias - added to the products. Default: none
 * @param out_dtype - the products' dtype. Default: that of `mat_a`
 * @throws RuntimeError where shapes, strides or dtypes do not fit
 * @see torch/nn/functional.py
 */
export const grouped_mm = callable(
  signature(
    'grouped_mm',
    { mat_a: tensor },
    { mat_b: tensor },
    { offs: keyword_tensor },
    { bias: keyword_tensor },
    { out_dtype: keyword<DType | null>(null) },
  ),
  (mat_a, mat_b, offs, bias, out_dtype): Tensor => ops._grouped_mm(mat_a, mat_b, { offs, bias, out_dtype }),
)
