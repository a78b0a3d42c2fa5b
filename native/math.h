#pragma once

#include <napi.h>

namespace typetorch {

// The C library's functions, which CPython computes with; V8's own differ in last bits.
void export_math(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
