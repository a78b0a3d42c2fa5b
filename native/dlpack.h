#pragma once

#include <napi.h>

namespace typetorch {

// Tensors between this addon and others in the process, by DLPack.
void export_dlpack(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
