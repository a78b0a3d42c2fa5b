#include "optim/adam.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

// Adam over many tensors at once: PyTorch's foreach and fused paths, in their own order of operations.
namespace typetorch {
namespace {

using Tensors = std::vector<at::Tensor>;

void view_as_real(Tensors& tensors) {
  for (at::Tensor& tensor : tensors)
    if (tensor.is_complex()) tensor = at::view_as_real(tensor);
}

std::vector<at::Scalar> bias_corrections(double beta, const Tensors& steps) {
  std::vector<at::Scalar> corrections;
  for (const at::Tensor& step : steps) corrections.emplace_back(1 - std::pow(beta, step.item<double>()));
  return corrections;
}

// Steps that live on the device, so that a graph capture holds: everything stays a tensor.
void finish_capturable(AdamTensors& group, const AdamOptions& o, Tensors& exp_avg_sq_sqrt) {
  const auto power = [&](double beta, const at::Tensor& tensor) {
    if (!tensor.defined()) return at::_foreach_pow(beta, group.steps);
    Tensors powers;
    for (const at::Tensor& step : group.steps) powers.push_back(at::pow(tensor, step));
    return powers;
  };
  Tensors step_size = power(o.beta1, o.beta1_tensor);
  Tensors bias_correction2 = power(o.beta2, o.beta2_tensor);
  at::_foreach_sub_(step_size, 1);
  at::_foreach_sub_(bias_correction2, 1);
  at::_foreach_neg_(bias_correction2);
  if (o.lr_tensor.defined())
    at::_foreach_div_(step_size, o.lr_tensor);
  else
    at::_foreach_div_(step_size, o.lr);
  at::_foreach_reciprocal_(step_size);
  at::_foreach_sqrt_(bias_correction2);
  at::_foreach_div_(exp_avg_sq_sqrt, bias_correction2);
  at::_foreach_add_(exp_avg_sq_sqrt, o.eps);
  at::_foreach_div_(exp_avg_sq_sqrt, step_size);
  at::_foreach_addcdiv_(group.params, group.exp_avgs, exp_avg_sq_sqrt);
}

void finish(AdamTensors& group, const AdamOptions& o, Tensors& exp_avg_sq_sqrt) {
  std::vector<at::Scalar> step_size, bias_correction2_sqrt;
  for (const at::Scalar& correction : bias_corrections(o.beta1, group.steps))
    step_size.emplace_back((o.lr / correction.toDouble()) * -1);
  for (const at::Scalar& correction : bias_corrections(o.beta2, group.steps))
    bias_correction2_sqrt.emplace_back(std::pow(correction.toDouble(), 0.5));
  at::_foreach_div_(exp_avg_sq_sqrt, bias_correction2_sqrt);
  at::_foreach_add_(exp_avg_sq_sqrt, o.eps);
  at::_foreach_addcdiv_(group.params, group.exp_avgs, exp_avg_sq_sqrt, step_size);
}

}  // namespace

void adam_foreach(AdamTensors& tensors, const AdamOptions& o) {
  const c10::NoGradGuard no_grad;
  for (AdamTensors& group : group_by_device_and_dtype(tensors)) {
    for (Tensors* list : {&group.params, &group.grads, &group.exp_avgs, &group.exp_avg_sqs, &group.max_exp_avg_sqs})
      view_as_real(*list);
    if (o.maximize) group.grads = at::_foreach_neg(group.grads);
    if (group.steps[0].is_cpu())
      at::_foreach_add_(group.steps, at::scalar_tensor(1.0, at::kFloat), 1.0);
    else
      at::_foreach_add_(group.steps, 1);

    if (o.weight_decay != 0) {
      if (o.decoupled_weight_decay) {
        if (o.lr_tensor.defined())
          at::_foreach_mul_(group.params, at::rsub(o.lr_tensor * o.weight_decay, 1));
        else
          at::_foreach_mul_(group.params, 1 - o.lr * o.weight_decay);
      } else if (o.maximize) {
        at::_foreach_add_(group.grads, group.params, o.weight_decay);
      } else {
        group.grads = at::_foreach_add(group.grads, group.params, o.weight_decay);
      }
    }
    if (o.beta1_tensor.defined()) {
      const at::Tensor weight = at::rsub(o.beta1_tensor.to(group.params[0].device(), true), 1);
      at::_foreach_lerp_(group.exp_avgs, group.grads, Tensors(group.grads.size(), weight));
    } else {
      at::_foreach_lerp_(group.exp_avgs, group.grads, 1 - o.beta1);
    }
    if (o.beta2_tensor.defined()) {
      at::_foreach_mul_(group.exp_avg_sqs, o.beta2_tensor);
      at::_foreach_addcmul_(group.exp_avg_sqs, at::_foreach_mul(group.grads, at::rsub(o.beta2_tensor, 1)), group.grads,
                            1.0);
    } else {
      at::_foreach_mul_(group.exp_avg_sqs, o.beta2);
      at::_foreach_addcmul_(group.exp_avg_sqs, group.grads, group.grads, 1 - o.beta2);
    }
    if (o.amsgrad) at::_foreach_maximum_(group.max_exp_avg_sqs, group.exp_avg_sqs);
    Tensors exp_avg_sq_sqrt = at::_foreach_sqrt(o.amsgrad ? group.max_exp_avg_sqs : group.exp_avg_sqs);
    if (o.capturable)
      finish_capturable(group, o, exp_avg_sq_sqrt);
    else
      finish(group, o, exp_avg_sq_sqrt);
  }
}

void adam_fused(AdamTensors& tensors, const AdamOptions& o) {
  const c10::NoGradGuard no_grad;
  for (AdamTensors& group : group_by_device_and_dtype(tensors)) {
    const at::Device device = group.params[0].device();
    const auto here = [&](const std::optional<at::Tensor>& t) {
      return t ? std::optional(t->to(device, /*non_blocking=*/true)) : t;
    };
    const auto grad_scale = here(o.grad_scale);
    const auto found_inf = here(o.found_inf);
    at::_foreach_add_(group.steps, 1);
    const auto run = [&](auto&& kernel, const auto& lr) {
      kernel(group.params, group.grads, group.exp_avgs, group.exp_avg_sqs, group.max_exp_avg_sqs, group.steps, lr,
             o.beta1, o.beta2, o.weight_decay, o.eps, o.amsgrad, o.maximize, grad_scale, found_inf);
    };
    const auto step = [&](const auto& lr) {
      if (o.decoupled_weight_decay)
        run([](auto&&... a) { at::_fused_adamw_(a...); }, lr);
      else
        run([](auto&&... a) { at::_fused_adam_(a...); }, lr);
    };
    if (o.lr_tensor.defined())
      step(o.lr_tensor.is_cpu() ? o.lr_tensor : o.lr_tensor.to(device, /*non_blocking=*/true));
    else
      step(o.lr);
    if (found_inf) at::_foreach_sub_(group.steps, Tensors(group.steps.size(), *found_inf));
  }
}

}  // namespace typetorch
