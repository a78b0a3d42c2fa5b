#include "nn/nn.h"

#include <ATen/ops/broadcast_tensors.h>
#include <ATen/ops/mse_loss.h>

namespace typetorch {

// make_mse_loss(reduction): (input, target) => loss; reduction 0 none, 1 mean, 2 sum
Napi::Value make_mse_loss(const Napi::CallbackInfo& info) {
  const int64_t reduction = info[0].As<Napi::Number>().Int64Value();
  return make_forward(info, "mse_loss", {"input", "target"}, [reduction](c10::ArrayRef<at::Tensor> t) {
    if (t[0].sizes() == t[1].sizes()) return at::mse_loss(t[0], t[1], reduction);
    const auto broadcast = at::broadcast_tensors({t[0], t[1]});
    return at::mse_loss(broadcast[0], broadcast[1], reduction);
  });
}

}  // namespace typetorch
