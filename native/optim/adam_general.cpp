#include "optim/adam.h"
#include "optim/single_tensor.h"

#include <ATen/ATen.h>

#include <cmath>
#include <variant>

// The single-tensor path where a rate is a tensor, the step lives on the device, or the step itself is
// differentiated: a value is a number or a tensor, with Python's arithmetic between the two.
namespace typetorch {
namespace {

struct Value {
  std::variant<double, at::Tensor> value;

  bool is_tensor() const { return std::holds_alternative<at::Tensor>(value); }
  double number() const { return std::get<double>(value); }
  const at::Tensor& tensor() const { return std::get<at::Tensor>(value); }
  at::Scalar scalar() const { return is_tensor() ? tensor().item() : at::Scalar(number()); }
};

Value rate(double number, const at::Tensor& tensor) {
  if (!tensor.defined()) return {number};
  return {tensor.dim() != 0 ? tensor.squeeze() : tensor};
}

Value one_minus(const Value& v) {
  if (v.is_tensor()) return {at::rsub(v.tensor(), 1)};
  return {1 - v.number()};
}

Value times(const Value& v, double factor) {
  if (v.is_tensor()) return {v.tensor() * factor};
  return {v.number() * factor};
}

Value divide(const Value& a, const Value& b) {
  if (a.is_tensor() && b.is_tensor()) return {a.tensor() / b.tensor()};
  if (a.is_tensor()) return {a.tensor() / b.number()};
  if (b.is_tensor()) return {b.tensor().reciprocal() * a.number()};
  return {a.number() / b.number()};
}

Value square_root(const Value& v) {
  if (v.is_tensor()) return {v.tensor().pow(0.5)};
  return {std::pow(v.number(), 0.5)};
}

// beta ** step
Value power(const Value& beta, const Value& step) {
  if (beta.is_tensor() && step.is_tensor()) return {at::pow(beta.tensor(), step.tensor())};
  if (beta.is_tensor()) return {at::pow(beta.tensor(), step.number())};
  if (step.is_tensor()) return {at::pow(beta.number(), step.tensor())};
  return {std::pow(beta.number(), step.number())};
}

void multiply_in_place(at::Tensor& tensor, const Value& v) {
  if (v.is_tensor())
    tensor.mul_(v.tensor());
  else
    multiply_(tensor, v.number());
}

void check_capturable(const at::Tensor& param, const at::Tensor& step) {
  const auto type = param.device().type();
  const bool supported =
      type == at::kCUDA || type == at::kXPU || type == at::kHPU || type == at::kPrivateUse1 || type == at::kXLA;
  TORCH_CHECK(type == step.device().type() && supported,
              "If capturable=True, params and state_steps must be on supported devices: ['cuda', 'xpu', 'hpu', "
              "'privateuseone', 'xla'].");
}

}  // namespace

void adam_single_general(AdamTensors& tensors, const AdamOptions& o, bool differentiable) {
  const c10::AutoGradMode mode(differentiable);
  const Value lr = rate(o.lr, o.lr_tensor);
  const Value beta1 = rate(o.beta1, o.beta1_tensor);
  const Value beta2 = rate(o.beta2, o.beta2_tensor);
  for (size_t i = 0; i < tensors.params.size(); i++) {
    at::Tensor param = tensors.params[i];
    at::Tensor exp_avg = tensors.exp_avgs[i];
    at::Tensor exp_avg_sq = tensors.exp_avg_sqs[i];
    at::Tensor max_exp_avg_sq = o.amsgrad ? tensors.max_exp_avg_sqs[i] : at::Tensor();
    at::Tensor step_t = tensors.steps[i];
    at::Tensor grad = o.maximize ? tensors.grads[i].neg() : tensors.grads[i];
    if (o.capturable) check_capturable(param, step_t);

    step_t.add_(1);
    if (o.weight_decay != 0) {
      if (o.decoupled_weight_decay)
        multiply_in_place(param, one_minus(times(lr, o.weight_decay)));
      else
        grad = grad.add(param, o.weight_decay);
    }
    if (param.is_complex()) {
      for (at::Tensor* part : {&param, &grad, &exp_avg, &exp_avg_sq}) *part = at::view_as_real(*part);
      if (o.amsgrad) max_exp_avg_sq = at::view_as_real(max_exp_avg_sq);
    }
    if (beta1.is_tensor()) {
      exp_avg.lerp_(grad, one_minus({beta1.tensor().to(param.options(), /*non_blocking=*/true)}).tensor());
    } else {
      exp_avg.lerp_(grad, 1 - beta1.number());
    }
    multiply_in_place(exp_avg_sq, beta2);
    exp_avg_sq.addcmul_(grad, grad, one_minus(beta2).scalar());

    const Value step = o.capturable || differentiable ? Value{step_t} : Value{step_t.item<double>()};
    const Value step_size = divide(lr, one_minus(power(beta1, step)));
    const Value bias_correction2_sqrt = o.capturable || differentiable
                                            ? Value{one_minus(power(beta2, step)).tensor().sqrt()}
                                            : square_root(one_minus(power(beta2, step)));
    if (o.capturable || differentiable) {
      const at::Tensor step_size_neg = step_size.tensor().neg();
      if (o.amsgrad)
        max_exp_avg_sq.copy_(at::maximum(differentiable ? max_exp_avg_sq.clone() : max_exp_avg_sq, exp_avg_sq));
      const at::Tensor root = (o.amsgrad ? max_exp_avg_sq : exp_avg_sq).sqrt();
      const at::Tensor denominator =
          (root / (bias_correction2_sqrt.tensor() * step_size_neg)).add_(step_size_neg.reciprocal() * o.eps);
      param.addcdiv_(differentiable ? exp_avg.clone() : exp_avg, denominator);
      continue;
    }
    if (o.amsgrad) at::maximum_out(max_exp_avg_sq, max_exp_avg_sq, exp_avg_sq);
    const at::Tensor root = (o.amsgrad ? max_exp_avg_sq : exp_avg_sq).sqrt();
    const at::Tensor denominator = (bias_correction2_sqrt.is_tensor() ? root / bias_correction2_sqrt.tensor()
                                                                      : root / bias_correction2_sqrt.number())
                                       .add_(o.eps);
    const at::Scalar value = step_size.is_tensor() ? step_size.tensor().neg().item() : at::Scalar(-step_size.number());
    param.addcdiv_(exp_avg, denominator, value);
  }
}

}  // namespace typetorch
