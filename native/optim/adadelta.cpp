#include "optim/optim.h"
#include "optim/single_tensor.h"

// torch/optim/adadelta.py
namespace typetorch {
namespace {

struct Adadelta {
  double maximize, lr, rho, eps, weight_decay;

  // step, square_avg, acc_delta
  size_t states() const { return 3; }

  void update(Update& u) const {
    const at::Tensor& square_avg = u.state[1];
    const at::Tensor& acc_delta = u.state[2];
    count_step(u.state[0]);
    u.decay(weight_decay);
    multiply_(square_avg, rho).addcmul_(u.grad, u.grad, 1 - rho);
    const at::Tensor std = square_avg.add(eps).sqrt_();
    const at::Tensor delta = acc_delta.add(eps).sqrt_().div_(std).mul_(u.grad);
    multiply_(acc_delta, rho).addcmul_(delta, delta, 1 - rho);
    u.param.add_(delta, -lr);
  }
};

}  // namespace

Napi::Value adadelta_step(const Napi::CallbackInfo& info) {
  return optimizer_step<Adadelta>(info);
}

}  // namespace typetorch
