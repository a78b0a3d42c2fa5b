#pragma once

#include <napi.h>

namespace typetorch {

// JavaScript's memory into tensors and back: typed arrays, array buffers, raw bytes.
void export_data(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
