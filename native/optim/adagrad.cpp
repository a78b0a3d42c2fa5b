#include "optim/optim.h"
#include "optim/single_tensor.h"

// torch/optim/adagrad.py
namespace typetorch {
namespace {

struct Adagrad {
  double maximize, lr, lr_decay, weight_decay, eps;

  // step, sum
  size_t states() const { return 2; }

  void update(Update& u) const {
    const at::Tensor& sum = u.state[1];
    count_step(u.state[0]);
    const double step = u.state[0].item<double>();
    u.decay(weight_decay);
    const double rate = lr / (1 + (step - 1) * lr_decay);
    sum.addcmul_(u.grad, u.grad, 1);
    u.param.addcdiv_(u.grad, sum.sqrt().add_(eps), -rate);
  }
};

}  // namespace

Napi::Value adagrad_step(const Napi::CallbackInfo& info) {
  return optimizer_step<Adagrad>(info);
}

}  // namespace typetorch
