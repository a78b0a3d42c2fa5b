#include "repairs.h"

#include "file_memory.h"

#include <c10/util/Exception.h>

#include <array>
#include <cmath>
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

// A layer takes its cell state at the place of its hidden state.
template <size_t States>
void check_cell_states(torch::jit::Stack& stack) {
  const std::vector<at::Tensor> states = stack[States].toTensorVector();
  if (states.size() != 2 || states[0].dim() == 0 || states[1].dim() == 0) return;  // refused by LibTorch
  TORCH_CHECK(states[0].size(0) <= states[1].size(0), "lstm expects a cell state for each of ", states[0].size(0),
              " hidden states, but got ", states[1].size(0));
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

// (self, dim, index, source): elements are read through pointers, whether a tensor has strided memory or not.
void check_index(torch::jit::Stack& stack) {
  const at::Layout layout = stack[2].toTensor().layout();
  TORCH_CHECK(layout == at::kStrided, "index_copy(): Expected a strided tensor for index, but got layout ", layout);
}

void check_index_and_source(torch::jit::Stack& stack) {
  check_index(stack);
  const at::Layout layout = stack[3].toTensor().layout();
  TORCH_CHECK(layout != at::kMkldnn, "index_copy_(): Expected a strided tensor for source, but got layout ", layout);
}

// (self, dtype, …): what would come of it has a quantized tensor's memory and no quantizer.
void check_not_quantized(torch::jit::Stack& stack) {
  TORCH_CHECK(!stack[0].toTensor().is_quantized(),
              "a quantized tensor can't be viewed as another dtype: expected self not to "
              "be quantized, but got ",
              stack[0].toTensor().scalar_type());
}

// (self, split_sizes, dim): what is nested has to have a dimension to be split.
void check_nested_split(torch::jit::Stack& stack) {
  const at::Tensor& self = stack[0].toTensor();
  if (!self.is_nested()) return;
  TORCH_CHECK(self.dim() > 1, "split_with_sizes(): Expected a nested tensor of at least two dimensions, but got ",
              self.dim());
}

// (self, dim, keepdim, *, out): LibTorch looks at the device when all is computed.
void check_out_device(torch::jit::Stack& stack) {
  const at::Tensor& self = stack[0].toTensor();
  const at::Tensor& out = stack.back().toTensor();
  TORCH_CHECK(self.device() == out.device(), "Attempting to copy from device ", self.device(), " to device ",
              out.device(), ", but cross-device copies are not allowed!");
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

// (input, weight_ih, weight_hh, bias_ih, bias_hh, hx, cx, reverse, batch_sizes, mode, hidden_size, …): oneDNN reads as
// much as the sizes of the input and of the hidden state say, whatever there is.
void check_rnn_layer(torch::jit::Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  const int64_t hidden = stack[10].toInt();
  TORCH_CHECK(input.dim() == 3 && input.numel() > 0, "expected an input of three dimensions with elements, got sizes ",
              input.sizes());
  TORCH_CHECK(stack[9].toInt() == 2, "expected mode 2, an LSTM, got ", stack[9].toInt());
  TORCH_CHECK(hidden > 0 && hidden <= std::numeric_limits<int32_t>::max(), "integer out of range: ", hidden);
  const std::array<int64_t, 6> expected = {4 * hidden * input.size(2), 4 * hidden * hidden,   4 * hidden, 4 * hidden,
                                           input.size(1) * hidden,     input.size(1) * hidden};
  const std::array<const char*, 6> names = {"weight0", "weight1", "weight2", "weight3", "hx_", "cx_"};
  for (size_t i = 0; i < names.size(); i++) {
    const at::Tensor& tensor = stack[i + 1].toTensor();
    TORCH_CHECK(tensor.layout() == at::kStrided && tensor.scalar_type() == input.scalar_type(), "expected ", names[i],
                " to be a strided tensor of ", input.scalar_type(), ", got ", tensor.scalar_type(), ", ",
                tensor.layout());
    TORCH_CHECK(tensor.numel() == expected[i], "expected ", names[i], " to have ", expected[i], " elements, got ",
                tensor.numel());
  }
}

// (input, numel, n_bins, ratio, bit_width): elements are read one behind the other, and the search ends for steps that
// lead inwards.
void check_quantization_bins(torch::jit::Stack& stack) {
  constexpr int64_t kMostBins = 1 << 24;  // beyond it a float's steps vanish
  const int64_t bins = stack[2].toInt();
  TORCH_CHECK(bins >= 0 && bins <= kMostBins, "choose_qparams_optimized(): Expected n_bins from 0 to ", kMostBins,
              ", but got ", bins);
  TORCH_CHECK(std::isfinite(static_cast<float>(stack[3].toDouble())),
              "choose_qparams_optimized(): Expected a finite ratio, but got ", stack[3].toDouble());
  if (stack[0].toTensor().layout() == at::kStrided) stack[0] = stack[0].toTensor().contiguous();
}

}  // namespace

Repair repair_of(const c10::OperatorName& name) {
  static const std::unordered_map<std::string, Repair> repairs = {
      {"aten::median.dim", copy_expanded_dimension},
      {"aten::median.dim_values", copy_expanded_dimension},
      {"aten::nanmedian.dim", copy_expanded_dimension},
      {"aten::nanmedian.dim_values", copy_expanded_dimension},
      {"aten::choose_qparams_optimized", check_quantization_bins},
      {"aten::fbgemm_linear_int8_weight", check_int8_linear},
      {"aten::fbgemm_linear_int8_weight_fp32_activation", check_int8_linear},
      {"aten::fbgemm_linear_quantize_weight", check_matrix},
      {"aten::fbgemm_pack_gemm_matrix_fp16", check_matrix},
      {"aten::fbgemm_pack_quantized_matrix", check_matrix},
      {"aten::fbgemm_pack_quantized_matrix.KN", check_matrix},
      {"aten::from_file", reserve_shared_file},
      {"aten::from_file.out", reserve_shared_file},
      {"aten::index_copy", check_index},
      {"aten::index_copy.out", check_index},
      {"aten::index_copy_", check_index_and_source},
      {"aten::logsumexp.names_out", check_out_device},
      {"aten::logsumexp.out", check_out_device},
      {"aten::lstm.data", check_cell_states<2>},
      {"aten::lstm.input", check_cell_states<1>},
      {"aten::max_pool1d", check_window<1, 4>},
      {"aten::max_pool1d_with_indices", check_window<1, 4>},
      {"aten::mkldnn_rnn_layer", check_rnn_layer},
      {"aten::native_group_norm", check_groups},
      {"aten::quantized_lstm.data", check_cell_states<2>},
      {"aten::quantized_lstm.input", check_cell_states<1>},
      {"aten::quantized_lstm_cell", check_hidden_states},
      {"aten::split.sizes", check_nested_split},
      {"aten::split_with_sizes", check_nested_split},
      {"aten::view.dtype", check_not_quantized},
      {"aten::view_copy.dtype", check_not_quantized},
      {"aten::view_copy.dtype_out", check_not_quantized},
  };
  const auto found = repairs.find(name.overload_name.empty() ? name.name : name.name + "." + name.overload_name);
  return found == repairs.end() ? nullptr : found->second;
}

void collect_tensors(const c10::IValue& value, WrittenTensors& tensors) {
  if (value.isTensor() && value.toTensor().defined()) tensors.push_back(value.toTensor());
  if (value.isTensorList())
    for (const at::Tensor& tensor : value.toTensorVector()) tensors.push_back(tensor);
}

static bool is_torn(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.layout() != at::kStrided || !tensor.has_storage() || tensor.is_meta()) return false;
  if (tensor.unsafeGetTensorImpl()->key_set().has(c10::DispatchKey::FuncTorchBatched)) return false;
  double last = static_cast<double>(tensor.storage_offset());
  for (int64_t dim = 0; dim < tensor.dim(); dim++) {
    if (tensor.size(dim) == 0) return false;
    last += static_cast<double>(tensor.size(dim) - 1) * static_cast<double>(tensor.stride(dim));
  }
  const double needed = (last + 1) * static_cast<double>(tensor.itemsize());
  return needed > static_cast<double>(tensor.storage().nbytes());
}

FixedSizes::FixedSizes(const WrittenTensors& tensors) {
  for (const at::Tensor& tensor : tensors) {
    if (!tensor.defined() || tensor.layout() != at::kStrided || !tensor.has_storage()) continue;
    if (tensor.storage().resizable()) continue;
    entries_.push_back({tensor, tensor.sizes().vec(), tensor.strides().vec(), tensor.storage_offset()});
  }
}

void FixedSizes::put_back() const {
  for (const Entry& entry : entries_)
    if (is_torn(entry.tensor))
      entry.tensor.unsafeGetTensorImpl()->set_sizes_and_strides(entry.sizes, entry.strides, entry.offset);
}

void empty_if_torn(const at::Tensor& tensor) {
  if (is_torn(tensor)) tensor.unsafeGetTensorImpl()->set_sizes_contiguous(std::vector<int64_t>{0});
}

}  // namespace typetorch
