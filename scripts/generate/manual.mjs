/**
 * What PyTorch binds by hand in C++ although an operator of the same name serves as it is: the overloads to try, in
 * order. Every other hand-bound name (tensor, size, to, item, …) is listed in `by_hand` and written by hand here too.
 */

/** @type {Record<string, string>} */
export const manual_functions = {
  // PyTorch: only warns that arange is to be used
  range: 'range >range.out_ range.step >range.out',
  get_device: 'get_device',
  // PyTorch: adds the keyword as_tuple, which is nonzero_numpy
  nonzero: 'nonzero >nonzero.out',
  // PyTorch: takes nested lists as well as tensors, and the keyword check_invariants
  sparse_coo_tensor: 'sparse_coo_tensor.indices sparse_coo_tensor.indices_size sparse_coo_tensor.size',
  sparse_compressed_tensor:
    'sparse_compressed_tensor.comp_plain_value_size sparse_compressed_tensor.comp_plain_value',
  sparse_csr_tensor: 'sparse_csr_tensor.crow_col_value_size sparse_csr_tensor.crow_col_value',
  sparse_csc_tensor: 'sparse_csc_tensor.ccol_row_value_size sparse_csc_tensor.ccol_row_value',
  sparse_bsr_tensor: 'sparse_bsr_tensor.crow_col_value_size sparse_bsr_tensor.crow_col_value',
  sparse_bsc_tensor: 'sparse_bsc_tensor.ccol_row_value_size sparse_bsc_tensor.ccol_row_value',
}

/** Private functions that scripts call all the same, optimizers and mixed precision above all. */
export const private_functions =
  /^_(?:foreach_|fused_|amp_|assert_async$|grouped_mm$|scaled_mm$|weight_norm$)/

/** Whether a name is reached as an attribute of torch. @param {string} name */
export function is_shown(name) {
  return !name.startsWith('_') || private_functions.test(name)
}

/** Second names, which PyTorch gives in C++. @type {Record<string, string>} */
export const aliases = { dsmm: 'mm', spmm: 'mm', hsmm: 'hspmm', saddmm: 'sspaddmm' }

/** Methods that PyTorch's stubs do not list. */
export const unlisted_methods = ['cdouble', 'cfloat', 'const_data_ptr', 'ipu', 'mtia']

/** @type {Record<string, string>} */
export const manual_methods = {
  // PyTorch: as above
  nonzero: 'nonzero',
  // PyTorch: answers without the dispatcher where nothing is to be done
  contiguous: 'contiguous',
  is_contiguous: 'is_contiguous is_contiguous.memory_format',
  // PyTorch: calls its parameter other
  copy_: 'copy_',
  // PyTorch: refuses integers, and a tensor that is no leaf
  requires_grad_: 'requires_grad_',
  set_: 'set_ set_.source_Storage set_.source_Storage_storage_offset set_.source_Tensor set_.source_Tensor_storage_offset',
  storage_offset: 'storage_offset',
  get_device: 'get_device',
}

/**
 * Where Python lets a number stand for a Tensor although there is no overload with a Scalar
 * (`should_allow_numbers_as_tensors`); the tests try every function of a live PyTorch.
 */
export const numbers_as_tensors = [
  ...['add', 'sub', 'subtract', 'mul', 'multiply', 'div', 'divide', 'true_divide', 'floor_divide'].flatMap(
    (name) => [name, `${name}_`],
  ),
  'copy_',
]
