#pragma once

#include <napi.h>

namespace typetorch {

// Answers to signals that don't wait for the event loop.
void export_signals(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
