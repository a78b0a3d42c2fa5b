#include "optim/optim.h"
#include "optim/single_tensor.h"

#include <cmath>

// torch/optim/nadam.py
namespace typetorch {
namespace {

struct NAdam {
  double maximize, lr, beta1, beta2, eps, weight_decay, momentum_decay, decoupled_weight_decay;

  // step, mu_product, exp_avg, exp_avg_sq
  size_t states() const { return 4; }

  double momentum(double step) const { return beta1 * (1 - 0.5 * std::pow(0.96, step * momentum_decay)); }

  void update(Update& u) const {
    const at::Tensor& mu_product = u.state[1];
    const at::Tensor& exp_avg = u.state[2];
    const at::Tensor& exp_avg_sq = u.state[3];
    count_step(u.state[0]);
    const double step = u.state[0].item<double>();
    if (weight_decay != 0 && decoupled_weight_decay)
      multiply_(u.param, 1 - lr * weight_decay);
    else
      u.decay(weight_decay);
    const double mu = momentum(step);
    const double mu_next = momentum(step + 1);
    multiply_(mu_product, mu);
    exp_avg.lerp_(u.grad, 1 - beta1);
    multiply_(exp_avg_sq, beta2).addcmul_(u.grad, u.grad, 1 - beta2);
    const at::Tensor denominator = exp_avg_sq.div(1 - std::pow(beta2, step)).sqrt_().add_(eps);
    const double product = mu_product.item<double>();
    u.param.addcdiv_(u.grad, denominator, (-lr * (1 - mu)) / (1 - product));
    u.param.addcdiv_(exp_avg, denominator, (-lr * mu_next) / (1 - product * mu_next));
  }
};

}  // namespace

Napi::Value nadam_step(const Napi::CallbackInfo& info) {
  return optimizer_step<NAdam>(info);
}

}  // namespace typetorch
