#pragma once

#include <napi.h>

namespace typetorch {

// What Node has no function for, of files that it has opened.
void export_files(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
