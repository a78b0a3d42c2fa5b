#pragma once

#include <napi.h>

namespace typetorch {

// The levels of torch.func: LibTorch's own batched and gradient-tracking wrappers; and forward mode's level.
void export_functorch(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
