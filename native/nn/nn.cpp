#include "nn/nn.h"

#include "guard.h"

namespace typetorch {
namespace {

constexpr size_t kMostTensors = 8;

struct BoundForward {
  Environment& environment;
  const char* name;
  size_t arguments;
  Forward forward;
};

napi_value call_forward(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_value values[kMostTensors];
  size_t count = kMostTensors;
  napi_get_cb_info(env, info, &count, values, nullptr, &data);
  auto& bound = *static_cast<BoundForward*>(data);
  return guard(env, bound.name, [&] {
    at::Tensor tensors[kMostTensors];
    for (size_t i = 0; i < bound.arguments && i < count; i++) {
      int32_t handle = 0;
      napi_get_value_int32(env, values[i], &handle);
      if (handle != 0) tensors[i] = bound.environment.tensor(handle);
    }
    napi_value result;
    napi_create_int32(env, bound.environment.put(bound.forward({tensors, bound.arguments})), &result);
    return result;
  });
}

}  // namespace

Napi::Value make_forward(const Napi::CallbackInfo& info, const char* name, size_t arguments, Forward forward) {
  auto* bound = new BoundForward{Environment::of(info.Env()), name, arguments, std::move(forward)};
  napi_value function;
  napi_create_function(info.Env(), name, NAPI_AUTO_LENGTH, call_forward, bound, &function);
  // Lives as long as the function that JavaScript holds.
  Napi::Value value(info.Env(), function);
  value.As<Napi::Function>().AddFinalizer([](Napi::Env, BoundForward* dead) { delete dead; }, bound);
  return value;
}

void export_nn(Napi::Env env, Napi::Object exports) {
  export_function<make_conv>(env, exports, "make_conv");
  export_function<make_linear>(env, exports, "make_linear");
  export_function<make_mse_loss>(env, exports, "make_mse_loss");
}

}  // namespace typetorch
