#pragma once

#include "environment.h"

namespace typetorch {

// The tensor that an argument's handle stands for, for a use: see Environment::tensor.
at::Tensor tensor_argument(const Napi::CallbackInfo& info, size_t index, Use use, const char* what = "");
// For a look at facts that allocates nothing.
const at::Tensor& peek_argument(const Napi::CallbackInfo& info, size_t index);

// A whole number among the arguments, or as a result.
int64_t int_argument(const Napi::CallbackInfo& info, size_t index);
Napi::Value int_result(const Napi::CallbackInfo& info, int64_t value);

// A new handle; zero for an undefined tensor.
Napi::Value tensor_result(const Napi::CallbackInfo& info, at::Tensor tensor);

// What a tensor is: shape, dtype, device, gradient, identity.
void export_tensor(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
