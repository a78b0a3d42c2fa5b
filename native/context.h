#pragma once

#include <napi.h>

namespace typetorch {

// LibTorch's switches by name, the default dtype, and autocast.
void export_context(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
