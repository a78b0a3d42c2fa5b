#pragma once

#include <napi.h>

namespace typetorch {

// Throws what Node-API says of its last call: the exception that is pending in JavaScript, or an Error of its own.
[[noreturn]] void throw_status(napi_env env);

// The way of every plain call of Node-API's that may throw; scripts/napi-statuses.mjs finds the others.
inline void checked(napi_env env, napi_status status) {
  if (status != napi_ok) [[unlikely]]
    throw_status(env);
}

// In destructors, and where the environment may have ended, nothing can be thrown: what fails is gone already.
inline void discard(napi_status) {}

}  // namespace typetorch
