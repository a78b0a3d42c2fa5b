#pragma once

#include <c10/core/Stream.h>
#include <napi.h>

namespace typetorch {

// The stream of [stream id, device index, device type's number, …], as JavaScript keeps it.
c10::Stream to_stream(const Napi::Value& value);

void export_streams(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
