#pragma once

#include "environment.h"
#include "out_of_memory.h"

#include <c10/util/Exception.h>
#include <napi.h>

#include <exception>
#include <string>
#include <utility>

namespace typetorch {

// A refused argument: what PyTorch's own argument parser would refuse.
struct ArgumentError : std::runtime_error {
  // How the operator's name goes before the text: not at all, "add(): argument …", or "add() takes …".
  enum class Form : uint8_t { Plain, Argument, Call };
  explicit ArgumentError(const std::string& text, Form form = Form::Plain) : std::runtime_error(text), form(form) {}
  const Form form;
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
ErrorText describe_exception(const std::exception& error, const char* operator_name);

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

// The same for one that changes nothing before it has all the memory it needs: it may run twice.
template <auto Function>
napi_value guarded_repeatable(napi_env env, napi_callback_info raw) {
  return guard(env, "", [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    return run_repeatable([&] { return Function(info); });
  });
}

// Defines an own property of a new object. Setting it would not, where Object.prototype was given a read-only one.
template <typename T>
void define(Napi::Object object, const char* name, const T& value) {
  object.DefineProperty(
      Napi::PropertyDescriptor::Value(name, Napi::Value::From(object.Env(), value), napi_default_jsproperty));
}

void export_callback(Napi::Env env, Napi::Object exports, const char* name, napi_callback callback);

template <auto Function>
void export_function(Napi::Env env, Napi::Object exports, const char* name) {
  export_callback(env, exports, name, guarded<Function>);
}

template <auto Function>
void export_repeatable(Napi::Env env, Napi::Object exports, const char* name) {
  export_callback(env, exports, name, guarded_repeatable<Function>);
}

}  // namespace typetorch
