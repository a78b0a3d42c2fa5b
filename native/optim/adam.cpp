#include "optim/adam.h"
#include "optim/optim.h"
#include "optim/single_tensor.h"
#include "shared_numbers.h"

#include <ATen/ops/maximum.h>
#include <ATen/ops/view_as_real.h>

#include <cmath>

namespace typetorch {
// adam_step(handles, numbers, tensors): see AdamStep in lib/native.ts. Parameters without a gradient are passed over.
Napi::Value adam_step(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const auto handles = info[0].As<Napi::Int32Array>();
  const auto numbers = info[1].As<Napi::Float64Array>();
  const auto extra = info[2].As<Napi::Int32Array>();
  const int flags = static_cast<int>(numbers[5]);

  AdamOptions options;
  options.lr = numbers[0];
  options.beta1 = numbers[1];
  options.beta2 = numbers[2];
  options.eps = numbers[3];
  options.weight_decay = numbers[4];
  options.amsgrad = flags & kAmsgrad;
  options.maximize = flags & kMaximize;
  options.capturable = flags & kCapturable;
  options.decoupled_weight_decay = flags & kDecoupledWeightDecay;
  const auto optional = [&](size_t i) { return extra[i] == 0 ? at::Tensor() : read_in_step(environment, extra[i]); };
  options.lr_tensor = optional(0);
  options.beta1_tensor = optional(1);
  options.beta2_tensor = optional(2);
  if (extra[3] != 0) options.grad_scale = optional(3);
  if (extra[4] != 0) options.found_inf = optional(4);

  AdamTensors tensors;
  for (size_t i = 0; i + 4 < handles.ElementLength(); i += 5) {
    const at::Tensor param = stepped_param(environment, handles[i]);
    if (!param.grad().defined()) continue;
    TORCH_CHECK(!param.grad().is_sparse(),
                "Adam does not support sparse gradients, please consider SparseAdam instead");
    tensors.params.push_back(param);
    tensors.grads.push_back(param.grad());
    tensors.exp_avgs.push_back(stepped_state(environment, handles[i + 1]));
    tensors.exp_avg_sqs.push_back(stepped_state(environment, handles[i + 2]));
    if (options.amsgrad) tensors.max_exp_avg_sqs.push_back(stepped_state(environment, handles[i + 3]));
    tensors.steps.push_back(stepped_state(environment, handles[i + 4]));
  }
  if (tensors.params.empty()) return info.Env().Undefined();

  if (flags & kFused)
    adam_fused(tensors, options);
  else if (flags & kForeach)
    adam_foreach(tensors, options);
  else if (options.capturable || (flags & kDifferentiable) || options.tensor_rates())
    adam_single_general(tensors, options, flags & kDifferentiable);
  else
    adam_single(tensors, options);
  return info.Env().Undefined();
}

void AdamTensors::push_from(const AdamTensors& other, size_t i) {
  params.push_back(other.params[i]);
  grads.push_back(other.grads[i]);
  exp_avgs.push_back(other.exp_avgs[i]);
  exp_avg_sqs.push_back(other.exp_avg_sqs[i]);
  if (!other.max_exp_avg_sqs.empty()) max_exp_avg_sqs.push_back(other.max_exp_avg_sqs[i]);
  steps.push_back(other.steps[i]);
}

std::vector<AdamTensors> group_by_device_and_dtype(const AdamTensors& tensors) {
  std::vector<AdamTensors> groups;
  for (size_t i = 0; i < tensors.params.size(); i++) {
    const at::Tensor& param = tensors.params[i];
    auto found = std::find_if(groups.begin(), groups.end(), [&](const AdamTensors& group) {
      return group.params[0].device() == param.device() && group.params[0].scalar_type() == param.scalar_type();
    });
    if (found == groups.end()) found = groups.emplace(groups.end());
    found->push_from(tensors, i);
  }
  return groups;
}

void adam_single(AdamTensors& tensors, const AdamOptions& o) {
  const c10::NoGradGuard no_grad;
  const at::AutoDispatchBelowADInplaceOrView below;
  for (size_t i = 0; i < tensors.params.size(); i++) {
    at::Tensor param = tensors.params[i];
    at::Tensor exp_avg = tensors.exp_avgs[i];
    at::Tensor exp_avg_sq = tensors.exp_avg_sqs[i];
    at::Tensor max_exp_avg_sq = o.amsgrad ? tensors.max_exp_avg_sqs[i] : at::Tensor();
    at::Tensor grad = o.maximize ? tensors.grads[i].neg() : tensors.grads[i];
    for (const at::Tensor& written : {param, exp_avg, exp_avg_sq, tensors.steps[i]}) mark_changed(written);
    if (o.amsgrad) mark_changed(max_exp_avg_sq);

    count_step(tensors.steps[i]);
    if (o.weight_decay != 0) {
      if (o.decoupled_weight_decay)
        multiply_(param, 1 - o.lr * o.weight_decay);
      else
        grad = grad.add(param, o.weight_decay);
    }
    if (param.is_complex()) {
      for (at::Tensor* part : {&param, &grad, &exp_avg, &exp_avg_sq}) *part = at::view_as_real(*part);
      if (o.amsgrad) max_exp_avg_sq = at::view_as_real(max_exp_avg_sq);
    }
    exp_avg.lerp_(grad, 1 - o.beta1);
    multiply_(exp_avg_sq, o.beta2).addcmul_(grad, grad, 1 - o.beta2);

    const double step = tensors.steps[i].item<double>();
    const double bias_correction1 = 1 - std::pow(o.beta1, step);
    const double bias_correction2 = 1 - std::pow(o.beta2, step);
    const double step_size = o.lr / bias_correction1;
    const double bias_correction2_sqrt = std::pow(bias_correction2, 0.5);
    if (o.amsgrad) at::maximum_out(max_exp_avg_sq, max_exp_avg_sq, exp_avg_sq);
    const at::Tensor denominator =
        (o.amsgrad ? max_exp_avg_sq : exp_avg_sq).sqrt().div_(bias_correction2_sqrt).add_(o.eps);
    param.addcdiv_(exp_avg, denominator, -step_size);
  }
}

}  // namespace typetorch
