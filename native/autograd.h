#pragma once

#include <napi.h>

namespace typetorch {

// Backward, gradients, modes, hooks.
void export_autograd(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
