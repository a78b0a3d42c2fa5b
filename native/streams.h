#pragma once

#include <napi.h>

namespace typetorch {

void export_streams(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
