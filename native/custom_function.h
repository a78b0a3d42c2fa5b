#pragma once

#include <napi.h>

namespace typetorch {

// Nodes of the graph whose backward is written in JavaScript: torch.autograd.Function.
void export_custom_function(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
