#include "optim/optim.h"
#include "optim/single_tensor.h"

// torch/optim/rmsprop.py
namespace typetorch {
namespace {

struct RMSprop {
  double maximize, lr, alpha, eps, weight_decay, momentum, centered;

  // step, square_avg, then momentum_buffer and grad_avg where they are used
  size_t states() const { return 2 + (momentum > 0) + (centered != 0); }

  void update(Update& u) const {
    const at::Tensor& square_avg = u.state[1];
    count_step(u.state[0]);
    u.decay(weight_decay);
    multiply_(square_avg, alpha).addcmul_(u.grad, u.grad, 1 - alpha);
    at::Tensor root;
    if (centered) {
      const at::Tensor& grad_avg = u.state.back();
      grad_avg.lerp_(u.grad, 1 - alpha);
      root = square_avg.addcmul(grad_avg, grad_avg, -1).sqrt_();
    } else {
      root = square_avg.sqrt();
    }
    root.add_(eps);
    if (momentum > 0) {
      const at::Tensor& buffer = u.state[2];
      multiply_(buffer, momentum).addcdiv_(u.grad, root);
      u.param.add_(buffer, -lr);
    } else {
      u.param.addcdiv_(u.grad, root, -lr);
    }
  }
};

}  // namespace

Napi::Value rmsprop_step(const Napi::CallbackInfo& info) {
  return optimizer_step<RMSprop>(info);
}

}  // namespace typetorch
