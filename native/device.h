#pragma once

#include <napi.h>

namespace typetorch {

// Threads, devices, what the processor can do.
void export_device(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
