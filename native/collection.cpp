#include "collection.h"

#include "allocator.h"
#include "guard.h"
#include "status.h"
#include "tensor.h"

namespace typetorch {
namespace {

// track(handle, object, handle, object, …): the objects of a batch of new tensors, in one crossing.
napi_value track_all(napi_env env, napi_callback_info info) {
  constexpr size_t kMost = 64;
  napi_value arguments[kMost];
  size_t count = kMost;
  checked(env, napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr));
  if (count > kMost || count % 2 != 0) throw ArgumentError("expected pairs of a handle and an object, 32 at the most");
  Environment& environment = Environment::of(env);
  for (size_t i = 0; i < count; i += 2) {
    int32_t handle = 0;
    checked(env, napi_get_value_int32(env, arguments[i], &handle));
    if (environment.tensors.find(handle) == nullptr) continue;  // disposed of already
    environment.collector.track(env, arguments[i + 1], handle, environment.tensors.generation(handle));
  }
  return nullptr;
}

napi_value track(napi_env env, napi_callback_info info) {
  return guard(env, "", [&] { return track_all(env, info); });
}

// sweep(all): after a collection. True when a major collection should follow.
Napi::Value sweep(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  environment.flags[0] = 0;
  return Napi::Boolean::New(info.Env(),
                            environment.collector.sweep(info.Env(), environment.tensors, info[0].As<Napi::Boolean>()));
}

Napi::Value begin_collection(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).collector.begin();
  return info.Env().Undefined();
}

Napi::Value worth_resting(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Environment::of(info.Env()).collector.worth_resting());
}

Napi::Value dispose(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).tensors.release(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

Napi::Value set_memory_budget(const Napi::CallbackInfo& info) {
  Environment::of(info.Env())
      .collector.set_budget(static_cast<size_t>(info[0].As<Napi::Number>().DoubleValue()),
                            static_cast<size_t>(info[1].As<Napi::Number>().DoubleValue()));
  return info.Env().Undefined();
}

Napi::Value empty_cache(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).tensors.release_retired();
  empty_allocator_cache();
  return info.Env().Undefined();
}

Napi::Value memory_stats(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const auto& counts = environment.collector.counts();
  Napi::Object stats = Napi::Object::New(info.Env());
  define(stats, "alive_bytes", static_cast<double>(alive_bytes()));
  define(stats, "peak_bytes", static_cast<double>(peak_alive_bytes()));
  define(stats, "cached_bytes", static_cast<double>(cached_bytes()));
  define(stats, "tensors", static_cast<double>(environment.tensors.alive()));
  define(stats, "tracked", static_cast<double>(environment.collector.tracked()));
  define(stats, "minor_collections", static_cast<double>(counts.minor));
  define(stats, "major_collections", static_cast<double>(counts.major));
  define(stats, "freed", static_cast<double>(counts.freed));
  return stats;
}

// The handles of all tensors that JavaScript holds, or held until the next sweep.
Napi::Value alive_handles(const Napi::CallbackInfo& info) {
  const TensorTable& tensors = Environment::of(info.Env()).tensors;
  const size_t count = tensors.alive();
  Napi::Int32Array handles = Napi::Int32Array::New(info.Env(), count);
  int32_t handle = 0;
  for (size_t i = 0; i < count; i++) {
    do {
      handle++;
    } while (tensors.find(handle) == nullptr);
    handles[i] = handle;
  }
  return handles;
}

}  // namespace

void export_collection(Napi::Env env, Napi::Object exports) {
  export_callback(env, exports, "track", track);
  export_function<sweep>(env, exports, "sweep");
  export_function<begin_collection>(env, exports, "begin_collection");
  export_function<worth_resting>(env, exports, "worth_resting");
  export_function<dispose>(env, exports, "dispose");
  export_function<set_memory_budget>(env, exports, "set_memory_budget");
  export_function<empty_cache>(env, exports, "empty_cache");
  export_function<memory_stats>(env, exports, "memory_stats");
  export_function<alive_handles>(env, exports, "alive_handles");
}

}  // namespace typetorch
