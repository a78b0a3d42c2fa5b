#include "repairs.h"

#include <c10/util/Exception.h>

#include <limits>
#include <string>
#include <unordered_map>

namespace typetorch {
namespace {

// median takes an expanded dimension's elements from the memory behind the first.
void copy_expanded_dimension(torch::jit::Stack& stack) {
  const at::Tensor& self = stack[0].toTensor();
  if (self.layout() != at::kStrided || self.dim() == 0 || !stack[1].isInt()) return;
  const int64_t dim = stack[1].toInt();
  if (dim < -self.dim() || dim >= self.dim()) return;  // refused by LibTorch
  const int64_t wrapped = dim < 0 ? dim + self.dim() : dim;
  if (self.size(wrapped) > 1 && self.stride(wrapped) == 0) stack[0] = self.contiguous();
}

// lstm_cell looks at its list, quantized_lstm_cell does not.
void check_hidden_states(torch::jit::Stack& stack) {
  TORCH_CHECK(stack[1].toListRef().size() == 2, "lstm_cell expects two hidden states");
}

// Sizes of a window are multiplied with each other in int64 and never looked at.
template <size_t First, size_t Last>
void check_window(torch::jit::Stack& stack) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  for (size_t i = First; i <= Last; i++)
    for (const int64_t size : stack[i].toIntVector())
      TORCH_CHECK(size <= kMost && size >= -kMost, "integer out of range: ", size);
}

// FBGEMM is handed the sizes of a matrix, whatever there is.
void check_matrix(torch::jit::Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  TORCH_CHECK(input.dim() == 2, "expected a matrix, got ", input.dim(), " dimensions");
  TORCH_CHECK(input.numel() > 0, "expected a matrix with elements, got sizes ", input.sizes());
  if (stack.size() == 3) {
    const int64_t k = stack[1].toInt();
    const int64_t n = stack[2].toInt();
    TORCH_CHECK(k > 0 && n > 0 && k <= input.numel() && n <= input.numel() / k, "a matrix of sizes ", input.sizes(),
                " has no ", k, " by ", n, " elements");
  }
}

// On the meta device, where Python has kernels of its own, the number of groups is divided by before it is looked at.
void check_groups(torch::jit::Stack& stack) {
  const int64_t groups = stack[6].toInt();
  TORCH_CHECK(groups > 0, "Expected num groups to be greater than 0, got ", groups);
}

// (self, dim, index, source): the elements of an index that has other than strided memory are read all the same.
void check_index(torch::jit::Stack& stack) {
  const at::Layout layout = stack[2].toTensor().layout();
  TORCH_CHECK(layout == at::kStrided, "index_copy(): Expected a strided tensor for index, but got layout ", layout);
}

// (input, weight, packed, col_offsets, weight_scale, weight_zero_point, bias)
void check_int8_linear(torch::jit::Stack& stack) {
  const at::Tensor& weight = stack[1].toTensor();
  TORCH_CHECK(stack[0].toTensor().dim() > 0 && weight.dim() == 2, "expected an input and a weight matrix");
  const int64_t rows = weight.size(0);
  TORCH_CHECK(stack[3].toTensor().numel() == rows, "expected ", rows, " column offsets, got ",
              stack[3].toTensor().numel());
  TORCH_CHECK(stack[6].toTensor().numel() == rows, "expected a bias of ", rows, " elements, got ",
              stack[6].toTensor().numel());
}

}  // namespace

Repair repair_of(const c10::OperatorName& name) {
  static const std::unordered_map<std::string, Repair> repairs = {
      {"aten::median.dim", copy_expanded_dimension},
      {"aten::median.dim_values", copy_expanded_dimension},
      {"aten::nanmedian.dim", copy_expanded_dimension},
      {"aten::nanmedian.dim_values", copy_expanded_dimension},
      {"aten::fbgemm_linear_int8_weight", check_int8_linear},
      {"aten::fbgemm_linear_int8_weight_fp32_activation", check_int8_linear},
      {"aten::fbgemm_linear_quantize_weight", check_matrix},
      {"aten::fbgemm_pack_gemm_matrix_fp16", check_matrix},
      {"aten::fbgemm_pack_quantized_matrix", check_matrix},
      {"aten::fbgemm_pack_quantized_matrix.KN", check_matrix},
      {"aten::index_copy", check_index},
      {"aten::index_copy.out", check_index},
      {"aten::index_copy_", check_index},
      {"aten::max_pool1d", check_window<1, 4>},
      {"aten::max_pool1d_with_indices", check_window<1, 4>},
      {"aten::native_group_norm", check_groups},
      {"aten::quantized_lstm_cell", check_hidden_states},
  };
  const auto found = repairs.find(name.overload_name.empty() ? name.name : name.name + "." + name.overload_name);
  return found == repairs.end() ? nullptr : found->second;
}

void collect_tensors(const c10::IValue& value, WrittenTensors& tensors) {
  if (value.isTensor() && value.toTensor().defined()) tensors.push_back(value.toTensor());
  if (value.isTensorList())
    for (const at::Tensor& tensor : value.toTensorVector()) tensors.push_back(tensor);
}

void empty_if_torn(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.layout() != at::kStrided || !tensor.has_storage() || tensor.is_meta()) return;
  if (tensor.unsafeGetTensorImpl()->key_set().has(c10::DispatchKey::FuncTorchBatched)) return;
  double last = static_cast<double>(tensor.storage_offset());
  for (int64_t dim = 0; dim < tensor.dim(); dim++) {
    if (tensor.size(dim) == 0) return;
    last += static_cast<double>(tensor.size(dim) - 1) * static_cast<double>(tensor.stride(dim));
  }
  const double needed = (last + 1) * static_cast<double>(tensor.itemsize());
  if (needed > static_cast<double>(tensor.storage().nbytes()))
    tensor.unsafeGetTensorImpl()->set_sizes_contiguous(std::vector<int64_t>{0});
}

}  // namespace typetorch
