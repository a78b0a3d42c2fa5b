#include "optim/single_tensor.h"

namespace typetorch {

void mark_changed(const at::Tensor& tensor) {
  if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
}

void count_step(const at::Tensor& step) {
  if (step.is_cpu() && step.scalar_type() == at::kFloat && step.numel() == 1)
    *step.mutable_data_ptr<float>() += 1.0f;
  else
    step.add_(1);
}

void check_step(const at::Tensor& param) {
  check_gradient(param, "step(): a parameter");
  check_write(param, "step(): a parameter");
}

bool gather_updates(Environment& environment, const Napi::Int32Array& handles, size_t states,
                    std::vector<Update>& updates) {
  const size_t width = states + 1;
  const size_t length = handles.ElementLength();
  TORCH_CHECK(length % width == 0, "expected ", width, " tensors a parameter, but got ", length, " in all");
  const int32_t* handle = handles.Data();
  updates.reserve(length / width);
  for (size_t i = 0; i < length; i += width) {
    const at::Tensor& param = environment.tensor(handle[i]);
    if (anything_in_use()) check_step(param);
    const at::Tensor& grad = param.grad();
    if (!grad.defined()) continue;
    if (param.layout() != at::kStrided || grad.layout() != at::kStrided || param.is_complex()) return false;
    Update& update = updates.emplace_back(Update{param, grad, {}});
    update.state.reserve(states);
    for (size_t j = 1; j < width; j++) {
      if (handle[i + j] == 0) return false;
      update.state.push_back(environment.tensor(handle[i + j]));
    }
  }
  return true;
}

}  // namespace typetorch
