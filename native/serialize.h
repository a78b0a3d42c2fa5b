#pragma once

#include <napi.h>

namespace typetorch {

// PyTorch's zip container, written and read by LibTorch's own writer and reader.
void export_serialize(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
