#include "optim/optim.h"
#include "optim/single_tensor.h"

#include <algorithm>
#include <cmath>

// torch/optim/asgd.py
namespace typetorch {
namespace {

struct ASGD {
  double maximize, lr, lambd, alpha, t0, weight_decay;

  // step, eta, mu, ax
  size_t states() const { return 4; }

  void update(Update& u) const {
    const at::Tensor& eta = u.state[1];
    const at::Tensor& mu = u.state[2];
    const at::Tensor& ax = u.state[3];
    count_step(u.state[0]);
    const double step = u.state[0].item<double>();
    u.decay(weight_decay);
    const double rate = eta.item<double>();
    multiply_(u.param, 1 - lambd * rate);
    u.param.add_(u.grad, -rate);
    if (mu.item<double>() == 1)
      ax.copy_(u.param);
    else
      ax.add_(u.param.sub(ax).mul_(mu));
    eta.fill_(lr / std::pow(1 + lambd * lr * step, alpha));
    mu.fill_(1 / std::max(1.0, step - t0));
  }
};

}  // namespace

Napi::Value asgd_step(const Napi::CallbackInfo& info) {
  return optimizer_step<ASGD>(info);
}

}  // namespace typetorch
