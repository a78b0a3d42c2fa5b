#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/ArrayRef.h>
#include <napi.h>

#include <functional>
#include <vector>

namespace typetorch {

// A module's forward with its options parsed once: a call passes handles only (0 for a tensor that is not there).
using Forward = std::function<at::Tensor(c10::ArrayRef<at::Tensor>)>;

// The JavaScript function (handle, …) => handle of a forward, which reads its arguments and nothing else. It is guarded
// as operators are: by what calls under way use, and where memory runs out.
Napi::Value make_forward(const Napi::CallbackInfo& info, const char* name, std::vector<const char*> arguments,
                         Forward forward);

Napi::Value make_conv(const Napi::CallbackInfo& info);
Napi::Value make_linear(const Napi::CallbackInfo& info);
Napi::Value make_mse_loss(const Napi::CallbackInfo& info);

void export_nn(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
