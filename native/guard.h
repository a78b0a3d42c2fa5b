#pragma once

#include "environment.h"

#include <c10/util/Exception.h>
#include <napi.h>

#include <exception>
#include <string>
#include <utility>

namespace typetorch {

// A refused argument: what PyTorch's own argument parser would refuse.
struct ArgumentError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A call used a tensor that was disposed of; `argument` says which, where that is known.
struct DisposedTensor {
  int32_t handle;
  std::string argument;
};

// What JavaScript calls the error, and its text.
struct ErrorText {
  const char* kind;
  std::string message;
};
ErrorText describe_exception(const std::exception& error);

// Throws in JavaScript what is being thrown in C++; `operator_name` is kept on the error.
void throw_to_javascript(napi_env env, const char* operator_name);

// The one try/catch between LibTorch and JavaScript.
template <typename Call>
napi_value guard(napi_env env, const char* operator_name, Call&& call) {
  try {
    return call();
  } catch (...) {
    throw_to_javascript(env, operator_name);
    return nullptr;
  }
}

// A native function `Napi::Value f(const Napi::CallbackInfo&)` with the guard around it.
template <auto Function>
napi_value guarded(napi_env env, napi_callback_info raw) {
  return guard(env, "", [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    return Function(info);
  });
}

template <auto Function>
void export_function(Napi::Env env, Napi::Object exports, const char* name) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<Function>, nullptr, &function);
  exports.Set(name, Napi::Value(env, function));
}

}  // namespace typetorch
