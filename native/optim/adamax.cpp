#include "optim/optim.h"
#include "optim/single_tensor.h"

#include <ATen/ops/maximum.h>

#include <cmath>

// torch/optim/adamax.py
namespace typetorch {
namespace {

struct Adamax {
  double maximize, lr, beta1, beta2, eps, weight_decay;

  // step, exp_avg, exp_inf
  size_t states() const { return 3; }

  void update(Update& u) const {
    const at::Tensor& exp_avg = u.state[1];
    at::Tensor& exp_inf = u.state[2];
    count_step(u.state[0]);
    u.decay(weight_decay);
    exp_avg.lerp_(u.grad, 1 - beta1);
    multiply_(exp_inf, beta2);
    at::maximum_out(exp_inf, exp_inf, u.grad.abs().add_(eps));
    const double correction = 1 - std::pow(beta1, u.state[0].item<double>());
    u.param.addcdiv_(exp_avg, exp_inf, -(lr / correction));
  }
};

}  // namespace

Napi::Value adamax_step(const Napi::CallbackInfo& info) {
  return optimizer_step<Adamax>(info);
}

}  // namespace typetorch
