#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

namespace typetorch {

// One parameter group's options, as torch/optim/adam.py has them. A rate is a number, or a one-element tensor.
struct AdamOptions {
  double lr = 0, beta1 = 0, beta2 = 0, eps = 0, weight_decay = 0;
  bool amsgrad = false, maximize = false, capturable = false, decoupled_weight_decay = false;
  at::Tensor lr_tensor, beta1_tensor, beta2_tensor;
  std::optional<at::Tensor> grad_scale, found_inf;

  bool tensor_rates() const { return lr_tensor.defined() || beta1_tensor.defined() || beta2_tensor.defined(); }
};

struct AdamTensors {
  std::vector<at::Tensor> params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps;

  void push_from(const AdamTensors& other, size_t i);
};

// The tensors of one device and dtype each, in the order of their first member.
std::vector<AdamTensors> group_by_device_and_dtype(const AdamTensors& tensors);

// The single-tensor path for rates that are numbers: what runs on a CPU unless something else is asked for.
void adam_single(AdamTensors& tensors, const AdamOptions& options);

// The single-tensor path with everything a tensor: capturable, differentiable, tensor rates.
void adam_single_general(AdamTensors& tensors, const AdamOptions& options, bool differentiable);

void adam_foreach(AdamTensors& tensors, const AdamOptions& options);
void adam_fused(AdamTensors& tensors, const AdamOptions& options);

}  // namespace typetorch
