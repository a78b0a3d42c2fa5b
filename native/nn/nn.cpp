#include "nn/nn.h"

#include "guard.h"
#include "in_use.h"
#include "status.h"

namespace typetorch {
namespace {

constexpr size_t kMostTensors = 3;

struct BoundForward {
  Environment& environment;
  const char* name;
  const std::vector<const char*> arguments;
  const Forward forward;

  at::Tensor operator()(c10::ArrayRef<at::Tensor> tensors) const {
    if (anything_in_use()) [[unlikely]]
      check(tensors);
    return run_repeatable([&] { return forward(tensors); });
  }

 private:
  void check(c10::ArrayRef<at::Tensor> tensors) const {
    for (size_t i = 0; i < arguments.size(); i++)
      check_read(tensors[i], std::string(name) + "(): argument '" + arguments[i] + "'");
  }
};

napi_value call_forward(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_value values[kMostTensors];
  size_t count = kMostTensors;
  if (napi_get_cb_info(env, info, &count, values, nullptr, &data) != napi_ok) return nullptr;
  const auto& bound = *static_cast<const BoundForward*>(data);
  return guard(env, bound.name, [&] {
    at::Tensor tensors[kMostTensors];
    for (size_t i = 0; i < bound.arguments.size() && i < count; i++) {
      int32_t handle = 0;
      checked(env, napi_get_value_int32(env, values[i], &handle));
      if (handle != 0) tensors[i] = bound.environment.peek(handle);
    }
    return bound.environment.hand_over(bound({tensors, bound.arguments.size()}));
  });
}

}  // namespace

Napi::Value make_forward(const Napi::CallbackInfo& info, const char* name, std::vector<const char*> arguments,
                         Forward forward) {
  TORCH_INTERNAL_ASSERT(arguments.size() <= kMostTensors);
  auto bound =
      std::make_unique<BoundForward>(Environment::of(info.Env()), name, std::move(arguments), std::move(forward));
  napi_value function;
  checked(info.Env(), napi_create_function(info.Env(), name, NAPI_AUTO_LENGTH, call_forward, bound.get(), &function));
  // Lives as long as the function that JavaScript holds.
  Napi::Value value(info.Env(), function);
  value.As<Napi::Function>().AddFinalizer([](Napi::Env, BoundForward* dead) { delete dead; }, bound.get());
  bound.release();  // NOLINT: the finalizer's
  return value;
}

void export_nn(Napi::Env env, Napi::Object exports) {
  export_function<make_conv>(env, exports, "make_conv");
  export_function<make_linear>(env, exports, "make_linear");
  export_function<make_mse_loss>(env, exports, "make_mse_loss");
}

}  // namespace typetorch
