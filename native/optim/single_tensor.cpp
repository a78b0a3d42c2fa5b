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

at::Tensor stepped_param(const Environment& environment, int32_t handle) {
  at::Tensor param = environment.tensor(handle, Use::Gradient, "step(): a parameter");
  if (anything_in_use()) {
    check_write(param, "step(): a parameter");
    check_read(param.grad(), "step(): a parameter's gradient");
  }
  return param;
}

at::Tensor stepped_state(const Environment& environment, int32_t handle) {
  return environment.tensor(handle, Use::Write, "step(): a tensor of the optimizer's state");
}

at::Tensor read_in_step(const Environment& environment, int32_t handle) {
  return environment.tensor(handle, Use::Read, "step(): an option that is a tensor");
}

bool gather_updates(Environment& environment, const Napi::Int32Array& handles, size_t states,
                    std::vector<Update>& updates) {
  const size_t width = states + 1;
  const size_t length = handles.ElementLength();
  TORCH_CHECK(length % width == 0, "expected ", width, " tensors a parameter, but got ", length, " in all");
  const int32_t* handle = handles.Data();
  updates.reserve(length / width);
  for (size_t i = 0; i < length; i += width) {
    const at::Tensor param = stepped_param(environment, handle[i]);
    const at::Tensor& grad = param.grad();
    if (!grad.defined()) continue;
    if (param.layout() != at::kStrided || grad.layout() != at::kStrided || param.is_complex()) return false;
    Update& update = updates.emplace_back(Update{param, grad, {}});
    update.state.reserve(states);
    for (size_t j = 1; j < width; j++) {
      if (handle[i + j] == 0) return false;
      update.state.push_back(stepped_state(environment, handle[i + j]));
    }
  }
  return true;
}

}  // namespace typetorch
