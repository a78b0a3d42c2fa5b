#pragma once

#include <napi.h>

namespace typetorch {

// Tensors between the environments of one process: the same memory, counted at both ends.
void export_sharing(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
