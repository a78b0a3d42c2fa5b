#include "optim/optim.h"
#include "optim/single_tensor.h"

#include <cmath>

// torch/optim/radam.py
namespace typetorch {
namespace {

struct RAdam {
  double maximize, lr, beta1, beta2, eps, weight_decay, decoupled_weight_decay;

  // step, exp_avg, exp_avg_sq
  size_t states() const { return 3; }

  void update(Update& u) const {
    const at::Tensor& exp_avg = u.state[1];
    const at::Tensor& exp_avg_sq = u.state[2];
    count_step(u.state[0]);
    const double step = u.state[0].item<double>();
    if (weight_decay != 0 && decoupled_weight_decay)
      multiply_(u.param, 1 - lr * weight_decay);
    else
      u.decay(weight_decay);
    exp_avg.lerp_(u.grad, 1 - beta1);
    multiply_(exp_avg_sq, beta2).addcmul_(u.grad, u.grad, 1 - beta2);

    const double power2 = std::pow(beta2, step);
    const double correction1 = 1 - std::pow(beta1, step);
    const double correction2 = 1 - power2;
    const at::Tensor corrected = exp_avg.div(correction1);
    multiply_(corrected, lr);
    const double rho_inf = 2 / (1 - beta2) - 1;
    const double rho = rho_inf - 2 * step * power2 / correction2;
    if (rho > 5) {
      const double above = (rho - 4) * (rho - 2) * rho_inf;
      const double rectification = std::pow(above / ((rho_inf - 4) * (rho_inf - 2) * rho), 0.5);
      const at::Tensor adaptive = exp_avg_sq.sqrt().add_(eps).reciprocal_();
      corrected.mul_(multiply_(adaptive, std::pow(correction2, 0.5)));
      multiply_(corrected, rectification);
    }
    u.param.add_(corrected, -1);
  }
};

}  // namespace

Napi::Value radam_step(const Napi::CallbackInfo& info) {
  return optimizer_step<RAdam>(info);
}

}  // namespace typetorch
