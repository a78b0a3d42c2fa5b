// Kernels of LibTorch that end the process, or write where they must not, for some tensors: in the way of every call of
// theirs, also of those that LibTorch makes itself (docs/hazards.md). Where there is nothing wrong they are LibTorch's
// own.

#include "repairs.h"
#include "warnings.h"

#include <ATen/ops/_mkldnn_transpose_native.h>
#include <ATen/ops/_pdist_backward_native.h>
#include <ATen/ops/cat_native.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/select_native.h>
#include <ATen/ops/zero_native.h>
#include <torch/library.h>

#include <mutex>

namespace typetorch {
namespace {

// The kernel writes floats, whatever the elements are.
at::Tensor& zero_mkldnn_(at::Tensor& self) {
  TORCH_CHECK(self.scalar_type() == at::kFloat, "zero_(): a tensor of layout Mkldnn has to be of dtype Float, but got ",
              self.scalar_type());
  return at::native::mkldnn_zero_(self);
}

// oneDNN divides by sizes.
at::Tensor transpose_mkldnn(const at::Tensor& self, int64_t dim0, int64_t dim1) {
  if (self.numel() > 0) return at::native::mkldnn_transpose(self, dim0, dim1);
  std::vector<int64_t> sizes = self.sizes().vec();
  std::swap(sizes.at(c10::maybe_wrap_dim(dim0, self.dim())), sizes.at(c10::maybe_wrap_dim(dim1, self.dim())));
  return at::empty(sizes, self.options());
}

// Without rows it walks past their end.
at::Tensor pdist_backward(const at::Tensor& grad, const at::Tensor& self, double p, const at::Tensor& pdist) {
  return self.size(0) == 0 ? at::empty_like(self) : at::native::_pdist_backward(grad, self, p, pdist);
}

// It takes the first tensor's quantizer, whether there is a first one or not.
at::Tensor& cat_out_quantized(const at::ITensorListRef& tensors, int64_t dim, at::Tensor& out) {
  TORCH_CHECK_VALUE(tensors.size() > 0, "torch.cat(): expected a non-empty list of Tensors");
  return at::native::cat_out_quantized_cpu(tensors, dim, out);
}

// A dimension from the end is looked at, and then used as it was given.
at::Tensor select_nested(const at::Tensor& self, int64_t dim, int64_t index) {
  return at::native::select_nested(self, c10::maybe_wrap_dim(dim, self.dim()), index);
}

}  // namespace

void repair_kernels() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Never taken back: they live as long as the process. LibTorch warns of a kernel that takes another's place, which
    // is what is wanted here.
    std::vector<std::string> heard;
    const HeardWarnings quiet(heard);
    static auto* kept = new std::vector<torch::Library*>;
    const auto own = [](c10::DispatchKey key) {
      kept->push_back(new torch::Library(torch::Library::IMPL, "aten", key, __FILE__, __LINE__));
      return kept->back();
    };
    auto* mkldnn = own(c10::DispatchKey::MkldnnCPU);
    mkldnn->impl("zero_", zero_mkldnn_);
    mkldnn->impl("_mkldnn_transpose", transpose_mkldnn);
    auto* cpu = own(c10::DispatchKey::CPU);
    cpu->impl("_pdist_backward", pdist_backward);
    own(c10::DispatchKey::QuantizedCPU)->impl("cat.out", cat_out_quantized);
    for (const auto key : {c10::DispatchKey::NestedTensorCPU, c10::DispatchKey::NestedTensorCUDA})
      own(key)->impl("select.int", select_nested);
  });
}

}  // namespace typetorch
