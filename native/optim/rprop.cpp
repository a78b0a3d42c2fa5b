#include "optim/optim.h"
#include "optim/single_tensor.h"

// torch/optim/rprop.py
namespace typetorch {
namespace {

struct Rprop {
  double maximize, etaminus, etaplus, least, most;

  // step, prev, step_size
  size_t states() const { return 3; }

  void update(Update& u) const {
    const at::Tensor& prev = u.state[1];
    const at::Tensor& step_size = u.state[2];
    count_step(u.state[0]);
    const at::Tensor sign = u.grad.mul(prev).sign_();
    // In this order: a factor of its own may be 0 or negative.
    sign.masked_fill_(sign.gt(0), etaplus);
    sign.masked_fill_(sign.lt(0), etaminus);
    sign.masked_fill_(sign.eq(0), 1);
    step_size.mul_(sign).clamp_(least, most);
    // No step where the sign has changed.
    prev.copy_(u.grad).masked_fill_(sign.eq(etaminus), 0);
    u.param.addcmul_(prev.sign(), step_size, -1);
  }
};

}  // namespace

Napi::Value rprop_step(const Napi::CallbackInfo& info) {
  return optimizer_step<Rprop>(info);
}

}  // namespace typetorch
