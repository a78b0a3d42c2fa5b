export {
  type Contraction,
  chain_matmul,
  einsum,
  type Subscript,
  tensordot,
} from './functional/contraction.js'
export { is_tensor, lu, nonzero, numel } from './functional/nonzero.js'
export { cdist, type NormOptions, norm } from './functional/norm.js'
export {
  type AtLeast,
  atleast_1d,
  atleast_2d,
  atleast_3d,
  block_diag,
  broadcast_shapes,
  broadcast_tensors,
  cartesian_prod,
  meshgrid,
  split,
  unravel_index,
} from './functional/shapes.js'
export {
  sparse_bsc_tensor,
  sparse_bsr_tensor,
  sparse_coo_tensor,
  sparse_csc_tensor,
  sparse_csr_tensor,
} from './functional/sparse_factories.js'
export { stft } from './functional/stft.js'
export {
  type UniqueConsecutiveOptions,
  type UniqueOptions,
  unique,
  unique_consecutive,
} from './functional/unique.js'
