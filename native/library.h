#pragma once

#include <ATen/core/operator_name.h>
#include <napi.h>

#include <memory>

namespace typetorch {

// What JavaScript has registered with the dispatcher, for as long as it lives.
struct OwnLibrary;

// The library of ours that defined the operator; null where LibTorch or a shared library did.
std::shared_ptr<OwnLibrary> definition_of(const c10::OperatorName& name);

void export_library(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
