#include "device.h"

#include "guard.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/DeviceGuard.h>
#include <torch/version.h>

#include <dlfcn.h>

namespace typetorch {
namespace {

Napi::Value set_num_threads(const Napi::CallbackInfo& info) {
  at::set_num_threads(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

Napi::Value get_num_threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), at::get_num_threads());
}

Napi::Value set_num_interop_threads(const Napi::CallbackInfo& info) {
  at::set_num_interop_threads(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

Napi::Value get_num_interop_threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), at::get_num_interop_threads());
}

Napi::Value cpu_capability(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), at::get_cpu_capability());
}

Napi::Value libtorch_version(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), TORCH_VERSION);
}

// Opens a library for good; its operators and kernels register themselves. LibTorch's CUDA kernels come in this way.
Napi::Value open_library(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>();
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();
    throw std::runtime_error(reason == nullptr ? path : reason);
  }
  note_device_memory();
  return info.Env().Undefined();
}

Napi::Value has_cuda(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), at::globalContext().hasCUDA());
}

// How many CUDA devices there are; 0 where the build, the driver or the card is missing.
Napi::Value cuda_device_count(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0);
}

Napi::Value cuda_init(const Napi::CallbackInfo& info) {
  at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
  return info.Env().Undefined();
}

c10::DeviceIndex device_index(const Napi::Value& value) {
  return value.IsNumber() ? static_cast<c10::DeviceIndex>(value.As<Napi::Number>().Int32Value())
                          : at::accelerator::getDeviceIndex();
}

Napi::Value accelerator_index(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), at::accelerator::getDeviceIndex());
}

Napi::Value set_accelerator_index(const Napi::CallbackInfo& info) {
  at::accelerator::setDeviceIndex(device_index(info[0]));
  return info.Env().Undefined();
}

Napi::Value accelerator_synchronize(const Napi::CallbackInfo& info) {
  at::accelerator::synchronizeDevice(device_index(info[0]));
  return info.Env().Undefined();
}

Napi::Value accelerator_empty_cache(const Napi::CallbackInfo& info) {
  at::accelerator::emptyCache();
  return info.Env().Undefined();
}

// [allocated now, allocated at most, reserved now, reserved at most], in bytes.
Napi::Value accelerator_memory(const Napi::CallbackInfo& info) {
  const auto stats = at::accelerator::getDeviceStats(device_index(info[0]));
  const auto& allocated = stats.allocated_bytes[0];
  const auto& reserved = stats.reserved_bytes[0];
  Napi::Array array = Napi::Array::New(info.Env(), 4);
  array.Set(0u, static_cast<double>(allocated.current));
  array.Set(1u, static_cast<double>(allocated.peak));
  array.Set(2u, static_cast<double>(reserved.current));
  array.Set(3u, static_cast<double>(reserved.peak));
  return array;
}

// Calls a function of a library that LibTorch's CUDA build has loaded: its headers are not needed to build the addon.
// The arguments' types are the function's.
template <typename... Arguments>
void call_cuda(const char* name, const char* library, Arguments... arguments) {
  void* handle = library == nullptr ? RTLD_DEFAULT : dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
  void* found = library != nullptr && handle == nullptr ? nullptr : dlsym(handle, name);
  TORCH_CHECK(found != nullptr, name, " was not found in the CUDA libraries that are loaded");
  const int error = reinterpret_cast<int (*)(Arguments...)>(found)(arguments...);
  TORCH_CHECK(error == 0, "CUDA error ", error, " of ", name);
}

// cuda_attribute(number of a cudaDeviceAttr, device index)
Napi::Value cuda_attribute(const Napi::CallbackInfo& info) {
  int value = 0;
  call_cuda<int*, int, int>("cudaDeviceGetAttribute", nullptr, &value, info[0].As<Napi::Number>().Int32Value(),
                            device_index(info[1]));
  return Napi::Number::New(info.Env(), value);
}

Napi::Value cuda_device_name(const Napi::CallbackInfo& info) {
  char name[256] = {};
  call_cuda<char*, int, int>("cuDeviceGetName", "libcuda.so.1", name, sizeof name - 1, device_index(info[0]));
  return Napi::String::New(info.Env(), name);
}

// [free, total], in bytes.
Napi::Value cuda_memory_info(const Napi::CallbackInfo& info) {
  const c10::DeviceGuard guard(c10::Device(c10::kCUDA, device_index(info[0])));
  size_t free = 0, total = 0;
  call_cuda("cudaMemGetInfo", nullptr, &free, &total);
  Napi::Array both = Napi::Array::New(info.Env(), 2);
  both.Set(0u, static_cast<double>(free));
  both.Set(1u, static_cast<double>(total));
  return both;
}

// cuda_peer_access(device index, another's)
Napi::Value cuda_peer_access(const Napi::CallbackInfo& info) {
  int can = 0;
  call_cuda<int*, int, int>("cudaDeviceCanAccessPeer", nullptr, &can, device_index(info[0]), device_index(info[1]));
  return Napi::Boolean::New(info.Env(), can != 0);
}

Napi::Value accelerator_reset_peak(const Napi::CallbackInfo& info) {
  at::accelerator::resetPeakStats(device_index(info[0]));
  return info.Env().Undefined();
}

}  // namespace

void export_device(Napi::Env env, Napi::Object exports) {
  export_function<set_num_threads>(env, exports, "set_num_threads");
  export_function<get_num_threads>(env, exports, "get_num_threads");
  export_function<set_num_interop_threads>(env, exports, "set_num_interop_threads");
  export_function<get_num_interop_threads>(env, exports, "get_num_interop_threads");
  export_function<cpu_capability>(env, exports, "cpu_capability");
  export_function<libtorch_version>(env, exports, "libtorch_version");
  export_function<open_library>(env, exports, "open_library");
  export_function<has_cuda>(env, exports, "has_cuda");
  export_function<cuda_device_count>(env, exports, "cuda_device_count");
  export_function<cuda_init>(env, exports, "cuda_init");
  export_function<accelerator_index>(env, exports, "accelerator_index");
  export_function<set_accelerator_index>(env, exports, "set_accelerator_index");
  export_function<accelerator_synchronize>(env, exports, "accelerator_synchronize");
  export_function<accelerator_empty_cache>(env, exports, "accelerator_empty_cache");
  export_function<accelerator_memory>(env, exports, "accelerator_memory");
  export_function<cuda_attribute>(env, exports, "cuda_attribute");
  export_function<cuda_device_name>(env, exports, "cuda_device_name");
  export_function<cuda_memory_info>(env, exports, "cuda_memory_info");
  export_function<cuda_peer_access>(env, exports, "cuda_peer_access");
  export_function<accelerator_reset_peak>(env, exports, "accelerator_reset_peak");
}

}  // namespace typetorch
