#include "nn/nn.h"

#include <ATen/ops/linear.h>

namespace typetorch {

// make_linear(): (input, weight, bias) => input · weightᵀ + bias
Napi::Value make_linear(const Napi::CallbackInfo& info) {
  return make_forward(info, "linear", {"input", "weight", "bias"}, [](c10::ArrayRef<at::Tensor> t) {
    return at::linear(t[0], t[1], t[2].defined() ? std::optional(t[2]) : std::nullopt);
  });
}

}  // namespace typetorch
