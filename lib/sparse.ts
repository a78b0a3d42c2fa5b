import type { DType } from './dtype.js'
import * as dtypes from './dtype.js'
import { type_error } from './errors.js'
import { sparse_coo_tensor } from './functional/sparse_factories.js'
import type { Layout } from './layout.js'
import { legacy_name } from './legacy_types.js'
import { operator } from './ops/operator.js'
import { optional, tensor } from './python/parameters.js'
import { callable, signature } from './python/signature.js'
import { Tensor } from './tensor.js'

export {
  addmm,
  log_softmax,
  mm,
  sampled_addmm,
  softmax,
} from './ops/generated/sparse.js'
export { check_sparse_tensor_invariants } from './sparse_invariants.js'

const sparse_sum = operator('aten::_sparse_sum')
const sparse_sum_dtype = operator('aten::_sparse_sum.dtype')
const sparse_sum_dim = operator('aten::_sparse_sum.dim')
const sparse_sum_dim_dtype = operator('aten::_sparse_sum.dim_dtype')

type Dims = number | readonly number[] | null

/**
 * The sum of a sparse tensor's elements: over all dimensions a dense tensor, over some a sparse one.
 *
 * @param input a tensor of layout `torch.sparse_coo`
 * @param dim the dimensions that are summed over (default: all)
 * @param dtype the dtype of the sum
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.sparse.sum(torch.eye(3).to_sparse()).item() // 3
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.sparse.sum.html
 */
export const sum = callable(
  signature('sum', { input: tensor }, { dim: optional<Dims>(null) }, { dtype: optional<DType | null>(null) }),
  (input, dim, dtype): Tensor => {
    if (dim === null) return dtype === null ? sparse_sum(input) : sparse_sum_dtype(input, { dtype })
    return dtype === null ? sparse_sum_dim(input, dim) : sparse_sum_dim_dtype(input, dim, { dtype })
  },
)

/**
 * A sparse matrix with rows of numbers on its diagonals.
 *
 * @param diagonals the rows
 * @param offsets which diagonal each goes to: 0 the main one, positive above, negative below
 * @param shape the matrix's shape
 * @param layout `torch.sparse_coo` (default), `sparse_csr` or `sparse_csc`
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.sparse.spdiags.html
 */
export const spdiags: (
  diagonals: Tensor,
  offsets: Tensor,
  shape: readonly number[],
  layout?: Layout | null,
) => Tensor = operator('aten::_spdiags')

/**
 * Solves `input · x = other` for a sparse matrix of layout `sparse_csr`. LibTorch has it for CUDA only.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.sparse.spsolve.html
 */
export const spsolve: (input: Tensor, other: Tensor, options?: { left?: boolean }) => Tensor =
  operator('aten::_spsolve')

function legacy(dtype: DType) {
  const name = `${legacy_name(dtype)}Tensor`
  return (...args: unknown[]): Tensor => {
    if (args.every((size) => typeof size === 'number')) {
      const sizes = args.length === 0 ? [0] : (args as number[])
      return operator('aten::sparse_coo_tensor.size')(sizes, { dtype })
    }
    const [indices, values, size] = args
    if (!(indices instanceof Tensor) || !(values instanceof Tensor) || args.length > 3)
      throw type_error(`${name}(): expected sizes, or indices and values`)
    return size === undefined
      ? sparse_coo_tensor(indices, values)
      : sparse_coo_tensor(indices, values, size as number[])
  }
}

/** Python's `torch.sparse.FloatTensor`: from sizes, or from indices, values and sizes. */
export const FloatTensor = legacy(dtypes.float32)
export const DoubleTensor = legacy(dtypes.float64)
export const HalfTensor = legacy(dtypes.float16)
export const BFloat16Tensor = legacy(dtypes.bfloat16)
export const ByteTensor = legacy(dtypes.uint8)
export const CharTensor = legacy(dtypes.int8)
export const ShortTensor = legacy(dtypes.int16)
export const IntTensor = legacy(dtypes.int32)
export const LongTensor = legacy(dtypes.int64)
