#pragma once

#include <napi.h>

namespace typetorch {

// What lib/memory.ts drives collections with: tracking, sweeping, disposing, the figures.
void export_collection(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
