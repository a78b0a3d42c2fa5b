#include "dlpack.h"

#include "guard.h"
#include "status.h"
#include "tensor.h"

#include <ATen/DLConvertor.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/util/strides.h>

namespace typetorch {
namespace {

// A capsule is an External whose memory is this, with the tag below (docs/worlds.md): who takes the tensor writes null
// in its place, so that it is taken once; what nobody takes goes with the External.
struct Capsule {
  explicit Capsule(DLManagedTensor* tensor) : tensor(tensor) {}
  Capsule(const Capsule&) = delete;
  Capsule& operator=(const Capsule&) = delete;
  ~Capsule() { release(tensor); }
  static void release(DLManagedTensor* tensor) {
    if (tensor != nullptr && tensor->deleter != nullptr) tensor->deleter(tensor);
  }
  DLManagedTensor* tensor;
};

constexpr napi_type_tag kCapsule = {0x646c74656e736f72, 0x6e6f64652d617069};  // "dltensor", "node-api"

void release_capsule(napi_env, void* data, void*) {
  const std::unique_ptr<Capsule> capsule(static_cast<Capsule*>(data));
}

std::optional<DLDevice> device_argument(const Napi::Value& value) {
  if (!value.IsArray()) return std::nullopt;
  const auto pair = value.As<Napi::Array>();
  return DLDevice{static_cast<DLDeviceType>(pair.Get(0u).As<Napi::Number>().Int32Value()),
                  pair.Get(1u).As<Napi::Number>().Int32Value()};
}

// to_dlpack(x, [device type, index] | null, copy | null): a capsule.
Napi::Value to_dlpack(const Napi::CallbackInfo& info) {
  const std::optional<bool> copy =
      info[2].IsBoolean() ? std::optional<bool>(info[2].As<Napi::Boolean>()) : std::nullopt;
  const at::Tensor tensor = at::maybeCopyTensor(tensor_argument(info, 0, Use::Read, "__dlpack__(): the tensor"),
                                                device_argument(info[1]), copy);
  auto capsule = std::make_unique<Capsule>(at::toDLPack(tensor));
  napi_value external = nullptr;
  checked(info.Env(), napi_create_external(info.Env(), capsule.get(), release_capsule, nullptr, &external));
  capsule.release();  // NOLINT: the External's
  checked(info.Env(), napi_type_tag_object(info.Env(), external, &kCapsule));
  return {info.Env(), external};
}

Capsule* capsule_argument(const Napi::Value& value) {
  bool is_ours = false;
  if (!value.IsExternal() || napi_check_object_type_tag(value.Env(), value, &kCapsule, &is_ours) != napi_ok || !is_ours)
    return nullptr;
  void* data = nullptr;
  checked(value.Env(), napi_get_value_external(value.Env(), value, &data));
  return static_cast<Capsule*>(data);
}

// LibTorch's own fromDLPack lets the offset in bytes go.
at::Tensor take_tensor(Capsule& capsule) {
  const DLTensor& given = capsule.tensor->dl_tensor;
  TORCH_CHECK_VALUE(given.ndim >= 0 && (given.ndim == 0 || given.shape != nullptr),
                    "from_dlpack(): the capsule's tensor has no shape");
  TORCH_CHECK_BUFFER(given.dtype.lanes == 1, "from_dlpack(): ATen does not support lanes != 1");
  const at::ScalarType dtype = at::toScalarType(given.dtype);
  const std::vector<int64_t> sizes(given.shape, given.shape + given.ndim);
  for (const int64_t size : sizes)
    TORCH_CHECK_VALUE(size >= 0, "from_dlpack(): the capsule's tensor has the size ", size);
  const auto strides = given.strides == nullptr ? c10::contiguous_strides(sizes)
                                                : c10::DimVector(given.strides, given.strides + given.ndim);
  const int64_t count = c10::multiply_integers(sizes);
  TORCH_CHECK_VALUE(given.data != nullptr || count == 0, "from_dlpack(): the capsule's tensor has no memory");
  char* data = given.data == nullptr ? nullptr : static_cast<char*>(given.data) + given.byte_offset;
  const auto type = given.device.device_type;
  const bool on_host = type == kDLCPU || type == kDLCUDAHost || type == kDLROCMHost;
  const at::Device device =
      on_host ? at::Device(at::kCPU)
              : at::dlDeviceToTorchDevice(type, static_cast<c10::DeviceIndex>(given.device.device_id), data);
  if (!device.is_cpu()) {
    const auto* guard =
        c10::impl::hasDeviceGuardImpl(device.type()) ? c10::impl::getDeviceGuardImpl(device.type()) : nullptr;
    TORCH_CHECK_BUFFER(guard != nullptr && device.index() < guard->deviceCount(),
                       "from_dlpack(): the capsule's tensor is on the device ", device, ", which is not there");
  }
  // Ours from here on, also where making the tensor fails: it goes with the storage's deleter.
  const std::shared_ptr<DLManagedTensor> owner(std::exchange(capsule.tensor, nullptr), Capsule::release);
  return at::from_blob(
      data, sizes, strides, [owner](void*) {}, at::TensorOptions().dtype(dtype).device(device), device);
}

// from_dlpack(capsule): a tensor over its memory, once.
Napi::Value from_dlpack(const Napi::CallbackInfo& info) {
  Capsule* capsule = capsule_argument(info[0]);
  TORCH_CHECK(
      capsule != nullptr && capsule->tensor != nullptr,
      "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might "
      "have already constructed a tensor from it once.");
  return tensor_result(info, take_tensor(*capsule));
}

// dlpack_device(x): [device type, index], as DLPack numbers them.
Napi::Value dlpack_device(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = peek_argument(info, 0);
  DLDevice device = at::torchDeviceToDLDevice(tensor.device());
  if (device.device_type == kDLCPU && tensor.is_pinned()) device.device_type = kDLCUDAHost;
  Napi::Array pair = Napi::Array::New(info.Env(), 2);
  pair.Set(0u, static_cast<int32_t>(device.device_type));
  pair.Set(1u, device.device_id);
  return pair;
}

}  // namespace

void export_dlpack(Napi::Env env, Napi::Object exports) {
  export_repeatable<to_dlpack>(env, exports, "to_dlpack");
  export_function<from_dlpack>(env, exports, "from_dlpack");
  export_function<dlpack_device>(env, exports, "dlpack_device");
}

}  // namespace typetorch
