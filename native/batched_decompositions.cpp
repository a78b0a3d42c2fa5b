#include "decompositions.h"

#include <ATen/ATen.h>
#include <ATen/OpMathType.h>
#include <ATen/native/TypeProperties.h>
#include <torch/library.h>

#include <mutex>

// Losses' backward, and addr, have no rule for vmap: under it they are called once a sample. Python registers formulas
// in their place; these are of the same operators in the same order, so that the numbers are the same.

namespace typetorch {
namespace {

using at::Scalar;
using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

double norm_of(const Tensor& input, int64_t reduction, double numerator = 1.0) {
  return reduction == at::Reduction::Mean ? numerator / static_cast<double>(input.numel()) : numerator;
}

// half and bfloat16 are computed in float.
template <typename Formula>
Tensor in_opmath(const std::vector<Tensor>& tensors, Formula formula) {
  const at::ScalarType type = at::native::result_type(at::TensorList(tensors));
  const at::ScalarType wide = at::toOpMathType(type);
  std::vector<Tensor> cast;
  for (const Tensor& tensor : tensors) cast.push_back(tensor.to(wide));
  return formula(cast).to(type);
}

Tensor mse_loss_backward(const Tensor& grad, const Tensor& self, const Tensor& target, int64_t reduction) {
  return in_opmath({grad, self, target}, [&](const std::vector<Tensor>& given) {
    return (given[1] - given[2]) * norm_of(self, reduction, 2.0) * given[0];
  });
}

Tensor smooth_l1_loss_backward(const Tensor& grad, const Tensor& self, const Tensor& target, int64_t reduction,
                               double beta) {
  return in_opmath({grad, self, target}, [&](const std::vector<Tensor>& given) {
    const Tensor difference = given[1] - given[2];
    const Tensor scaled = given[0] * norm_of(self, reduction);
    return at::where(difference.abs() < beta, scaled * difference / beta, scaled * difference.sign());
  });
}

Tensor huber_loss_backward(const Tensor& grad, const Tensor& self, const Tensor& target, int64_t reduction,
                           double delta) {
  return in_opmath({grad, self, target}, [&](const std::vector<Tensor>& given) {
    const double norm = norm_of(self, reduction);
    const Tensor difference = given[1] - given[2];
    return at::where(difference < -delta, given[0] * -norm * delta,
                     at::where(difference > delta, given[0] * norm * delta, difference * norm * given[0]));
  });
}

// An optional tensor may come as an undefined one.
bool is_given(const OptionalTensor& tensor) {
  return tensor && tensor->defined();
}

int64_t channel_of(const Tensor& self) {
  return self.dim() < 2 ? 0 : 1;
}

// A weight for each class, as it broadcasts with `self`.
Tensor along_channels(const Tensor& weight, const Tensor& self) {
  std::vector<int64_t> shape(self.dim(), 1);
  shape[channel_of(self)] = weight.size(0);
  return weight.reshape(shape);
}

void check_nll(const Tensor& self, const Tensor& target, const OptionalTensor& weight) {
  TORCH_CHECK(self.dim() > 0 && self.dim() <= 2, "input tensor should be 1D or 2D, got ", self.dim(), "D");
  TORCH_CHECK(target.dim() <= 1, "0D or 1D target tensor expected, multi-target not supported, got ", target.dim(),
              "D");
  const bool has_no_batch = self.dim() == 1 && target.dim() == 0;
  TORCH_CHECK(has_no_batch || self.size(0) == target.size(0), "size mismatch (got input: ", self.sizes(),
              ", target: ", target.sizes(), ")");
  TORCH_CHECK(!is_given(weight) || weight->numel() == self.size(-1),
              "weight tensor should be defined either for all or no classes");
}

std::tuple<Tensor, Tensor> any_nll_forward(const Tensor& self, const Tensor& target, const OptionalTensor& weight,
                                           int64_t reduction, int64_t ignore_index) {
  const int64_t channel = channel_of(self);
  const Tensor is_counted = target != ignore_index;
  const Tensor places = at::where(is_counted, target, 0).unsqueeze(channel);
  const auto picked = [&](const Tensor& of, bool negate) {
    const Tensor found = at::gather(of, channel, places);
    return at::where(is_counted, (negate ? -found : found).squeeze(channel), 0);
  };
  Tensor weights;
  if (is_given(weight)) weights = self.dim() > 1 ? along_channels(*weight, self) : *weight;
  const Tensor weighted = is_given(weight) ? self * weights : self;
  Tensor result = picked(weighted, true);
  if (reduction == at::Reduction::None && self.dim() > 1) return {result, weighted.new_full({}, 0.0)};
  const Tensor total = is_given(weight) ? picked(weights.expand(weighted.sizes()), false).sum()
                                        : is_counted.sum().to(weighted.scalar_type());
  if (reduction == at::Reduction::Sum) result = result.sum();
  if (reduction == at::Reduction::Mean) result = result.sum() / total;
  return {result, total};
}

std::tuple<Tensor, Tensor> nll_loss_forward(const Tensor& self, const Tensor& target, const OptionalTensor& weight,
                                            int64_t reduction, int64_t ignore_index) {
  check_nll(self, target, weight);
  return any_nll_forward(self, target, weight, reduction, ignore_index);
}

Tensor any_nll_backward(Tensor grad, const Tensor& self, Tensor target, const OptionalTensor& weight, int64_t reduction,
                        int64_t ignore_index, const Tensor& total_weight) {
  const int64_t channel = channel_of(self);
  if (reduction == at::Reduction::Mean) grad = grad / total_weight;
  // The kernel looks at the first target only.
  if (self.dim() == 1 && target.dim() > 0) target = target.select(0, 0);
  target = target.unsqueeze(channel);
  const Tensor is_counted = target != ignore_index;
  const Tensor hot = at::scatter(at::zeros_like(self), channel, at::where(is_counted, target, 0), -1.0);
  if (hot.dim() > grad.dim() && grad.dim() > 0) grad = grad.unsqueeze(channel);
  if (is_given(weight)) grad = grad * along_channels(*weight, self);
  return hot * at::where(is_counted, grad, 0);
}

Tensor nll_loss_backward(const Tensor& grad, const Tensor& self, const Tensor& target, const OptionalTensor& weight,
                         int64_t reduction, int64_t ignore_index, const Tensor& total_weight) {
  check_nll(self, target, weight);
  return any_nll_backward(grad, self, target, weight, reduction, ignore_index, total_weight);
}

Tensor nll_loss2d_backward(const Tensor& grad, const Tensor& self, const Tensor& target, const OptionalTensor& weight,
                           int64_t reduction, int64_t ignore_index, const Tensor& total_weight) {
  TORCH_CHECK(self.dim() == 4,
              "only batches of spatial inputs supported (4D tensors), but got input of dimension: ", self.dim());
  TORCH_CHECK(target.dim() == 3,
              "only batches of spatial targets supported (3D tensors) but got targets of dimension: ", target.dim());
  return any_nll_backward(grad, self, target, weight, reduction, ignore_index, total_weight);
}

Tensor addr(const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) {
  TORCH_CHECK(vec1.dim() == 1, "addr: Expected 1-D argument vec1, but got ", vec1.dim(), "-D");
  TORCH_CHECK(vec2.dim() == 1, "addr: Expected 1-D argument vec2, but got ", vec2.dim(), "-D");
  const Tensor whole = self.expand({vec1.size(0), vec2.size(0)});
  if (whole.scalar_type() == at::kBool) {
    const Tensor product = alpha.toBool() ? at::outer(vec1, vec2) : at::full_like(whole, false);
    return beta.toBool() ? at::logical_or(whole, product) : product;
  }
  const Tensor product = at::outer(vec1, vec2) * alpha;
  return beta.equal(0) ? product : whole * beta + product;
}

// Facts of a tensor, which C++ and Python ask it for without a dispatcher: the answer is the same in every transform.
void register_facts() {
  auto* library = new torch::Library(torch::Library::IMPL, "aten", c10::DispatchKey::FuncTorchDynamicLayerFrontMode,
                                     __FILE__, __LINE__);
  library->impl("is_complex", [](const Tensor& self) { return self.is_complex(); });
  library->impl("is_conj", [](const Tensor& self) { return self.is_conj(); });
  library->impl("is_floating_point", [](const Tensor& self) { return self.is_floating_point(); });
  library->impl("is_inference", [](const Tensor& self) { return self.is_inference(); });
  library->impl("is_neg", [](const Tensor& self) { return self.is_neg(); });
  library->impl("is_signed", [](const Tensor& self) { return self.is_signed(); });
  library->impl("is_contiguous", [](const Tensor& self) { return self.is_contiguous(); });
  library->impl("is_contiguous.memory_format",
                [](const Tensor& self, at::MemoryFormat format) { return self.is_contiguous(format); });
}

}  // namespace

void register_batched_decompositions() {
  static std::once_flag registered;
  std::call_once(registered, [] {
    // Never taken back: it lives as long as the process.
    auto* library =
        new torch::Library(torch::Library::IMPL, "aten", c10::DispatchKey::FuncTorchBatched, __FILE__, __LINE__);
    library->impl("mse_loss_backward", mse_loss_backward);
    library->impl("smooth_l1_loss_backward", smooth_l1_loss_backward);
    library->impl("huber_loss_backward", huber_loss_backward);
    library->impl("nll_loss_forward", nll_loss_forward);
    library->impl("nll_loss2d_forward", any_nll_forward);
    library->impl("nll_loss_backward", nll_loss_backward);
    library->impl("nll_loss2d_backward", nll_loss2d_backward);
    library->impl("addr", addr);
    register_facts();
  });
}

}  // namespace typetorch
