#pragma once

#include <napi.h>

namespace typetorch {

// Generators and their states. Handle 0 is the environment's default generator.
void export_random(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
