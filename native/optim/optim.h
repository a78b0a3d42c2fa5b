#pragma once

#include <napi.h>

namespace typetorch {

// A step of all parameters of a group in one crossing: a file a family.
Napi::Value adadelta_step(const Napi::CallbackInfo& info);
Napi::Value adagrad_step(const Napi::CallbackInfo& info);
Napi::Value adam_step(const Napi::CallbackInfo& info);
Napi::Value adamax_step(const Napi::CallbackInfo& info);
Napi::Value asgd_step(const Napi::CallbackInfo& info);
Napi::Value nadam_step(const Napi::CallbackInfo& info);
Napi::Value radam_step(const Napi::CallbackInfo& info);
Napi::Value rmsprop_step(const Napi::CallbackInfo& info);
Napi::Value rprop_step(const Napi::CallbackInfo& info);
Napi::Value sgd_step(const Napi::CallbackInfo& info);

void export_optim(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
