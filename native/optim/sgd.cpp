#include "optim/optim.h"
#include "optim/single_tensor.h"

// torch/optim/sgd.py
namespace typetorch {
namespace {

struct SGD {
  double maximize, lr, momentum, dampening, weight_decay, nesterov;

  // momentum_buffer where it is used
  size_t states() const { return momentum != 0 ? 1 : 0; }

  void update(Update& u) const {
    u.decay(weight_decay);
    at::Tensor step = u.grad;
    if (momentum != 0) {
      const at::Tensor& buffer = u.state[0];
      multiply_(buffer, momentum).add_(u.grad, 1 - dampening);
      step = nesterov ? u.grad.add(buffer, momentum) : buffer;
    }
    u.param.add_(step, -lr);
  }
};

}  // namespace

Napi::Value sgd_step(const Napi::CallbackInfo& info) {
  return optimizer_step<SGD>(info);
}

}  // namespace typetorch
