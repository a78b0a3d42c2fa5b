#pragma once

#include <napi.h>

namespace typetorch {

// What LibTorch's autograd engine asks of the language above it: hooks on what operators save, where nodes were made.
void export_engine(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
