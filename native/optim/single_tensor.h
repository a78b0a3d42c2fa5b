#pragma once

#include "guard.h"
#include "in_use.h"

#include <ATen/ScalarOps.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/GradMode.h>
#include <c10/util/SmallVector.h>

#include <cstring>
#include <vector>

// What the optimizers' single-tensor steps share: one crossing walks all parameters of a group.
namespace typetorch {

// Kernels that run below the autograd keys do not mark what they write as changed.
void mark_changed(const at::Tensor& tensor);

// A parameter that a step changes and its gradient, a tensor of its state, and a tensor that a step reads. Each is
// refused where a call under way on another thread uses it.
at::Tensor stepped_param(const Environment& environment, int32_t handle);
at::Tensor stepped_state(const Environment& environment, int32_t handle);
at::Tensor read_in_step(const Environment& environment, int32_t handle);

// Adds one to a step count, without a kernel's ceremony where it is one float in memory.
void count_step(const at::Tensor& step);

// Python's `tensor.mul_(number)`. ATen's operator of that form rounds the number to bfloat16 where the tensor is; that
// of two tensors, which Python calls, keeps it.
inline const at::Tensor& multiply_(const at::Tensor& tensor, double number) {
  return tensor.mul_(at::native::wrapped_scalar_tensor(number));
}

// One parameter's part of a step.
struct Update {
  at::Tensor param;
  at::Tensor grad;  // negated where the objective is maximized
  c10::SmallVector<at::Tensor, 4> state;

  // Weight decay as part of the gradient.
  void decay(double weight_decay) {
    if (weight_decay != 0) grad = grad.add(param, weight_decay);
  }
};

// The parameters of a group that have gradients. False, and nothing has been touched, where one is not for the
// single-tensor step: sparse, complex, or without its state yet. A group is its handles: `states + 1` a parameter.
bool gather_updates(Environment& environment, const Napi::Int32Array& handles, size_t states,
                    std::vector<Update>& updates);

// A step: see adadelta_step in lib/native.ts. A Family is the numbers of its options, in the order in which lib/optim
// names them, `maximize` the first; how many tensors its state has; and the update of one parameter, in the order of
// operations of PyTorch's single-tensor path.
template <typename Family>
Napi::Value optimizer_step(const Napi::CallbackInfo& info) {
  const auto numbers = info[1].As<Napi::Float64Array>();
  TORCH_CHECK(numbers.ByteLength() == sizeof(Family), "expected ", sizeof(Family) / sizeof(double),
              " numbers, but got ", numbers.ElementLength());
  Family family;
  std::memcpy(&family, numbers.Data(), sizeof(Family));

  std::vector<Update> updates;
  if (!gather_updates(Environment::of(info.Env()), info[0].As<Napi::Int32Array>(), family.states(), updates))
    return Napi::Boolean::New(info.Env(), false);
  const c10::NoGradGuard no_grad;
  const at::AutoDispatchBelowADInplaceOrView below;
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  for (Update& update : updates) {
    mark_changed(update.param);
    for (const at::Tensor& tensor : update.state) mark_changed(tensor);
    if (family.maximize) update.grad = update.grad.neg();
    family.update(update);
  }
  return Napi::Boolean::New(info.Env(), true);
}

}  // namespace typetorch
