#include "data.h"

#include "convert.h"
#include "guard.h"
#include "tensor.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <unordered_map>

namespace typetorch {
namespace {

std::vector<int64_t> sizes_of(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<int64_t> sizes(array.Length());
  for (uint32_t i = 0; i < sizes.size(); i++) sizes[i] = array.Get(i).As<Napi::Number>().Int64Value();
  return sizes;
}

struct Bytes {
  const uint8_t* data;
  size_t length;
};

Bytes bytes_of(const Napi::Value& value) {
  if (value.IsTypedArray()) {
    const auto array = value.As<Napi::TypedArray>();
    auto buffer = array.ArrayBuffer();
    if (buffer.IsDetached()) throw ArgumentError("the typed array's ArrayBuffer is detached");
    return {static_cast<const uint8_t*>(buffer.Data()) + array.ByteOffset(), array.ByteLength()};
  }
  if (value.IsArrayBuffer()) {
    auto buffer = value.As<Napi::ArrayBuffer>();
    if (buffer.IsDetached()) throw ArgumentError("the ArrayBuffer is detached");
    return {static_cast<const uint8_t*>(buffer.Data()), buffer.ByteLength()};
  }
  throw ArgumentError("expected a typed array or an ArrayBuffer, not " + type_of(value.Env(), value));
}

// from_bytes(bytes, dtype, shape): a CPU tensor with a copy of the memory.
Napi::Value from_bytes(const Napi::CallbackInfo& info) {
  const Bytes bytes = bytes_of(info[0]);
  const auto dtype = static_cast<at::ScalarType>(info[1].As<Napi::Number>().Int32Value());
  const auto sizes = sizes_of(info[2]);
  at::Tensor tensor = at::empty(sizes, at::TensorOptions().dtype(dtype));
  if (tensor.nbytes() != bytes.length) {
    throw ArgumentError("expected " + std::to_string(tensor.nbytes()) + " bytes for the shape, received " +
                        std::to_string(bytes.length));
  }
  if (bytes.length > 0) std::memcpy(tensor.mutable_data_ptr(), bytes.data, bytes.length);
  return tensor_result(info, tensor);
}

// to_bytes(x): an ArrayBuffer with a copy of its elements, row by row.
Napi::Value to_bytes(const Napi::CallbackInfo& info) {
  at::Tensor tensor = tensor_argument(info, 0).detach();
  tensor = tensor.to(at::kCPU).resolve_conj().resolve_neg().contiguous();
  auto buffer = Napi::ArrayBuffer::New(info.Env(), tensor.nbytes());
  if (tensor.nbytes() > 0) std::memcpy(buffer.Data(), tensor.const_data_ptr(), tensor.nbytes());
  return buffer;
}

// storage_buffer(x): one ArrayBuffer a storage, over its own memory. V8 frees it with the event loop; until
// then it keeps the storage alive.
Napi::Value storage_buffer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const at::Tensor& tensor = tensor_argument(info, 0);
  TORCH_CHECK(tensor.is_cpu() && tensor.has_storage(), "can't convert ", tensor.device().str(),
              " device type tensor to a typed array. Use Tensor.cpu() to copy the tensor to host memory first.");
  const at::Storage storage = tensor.storage();
  auto& buffers = Environment::of(env).storage_buffers;
  c10::StorageImpl* key = storage.unsafeGetStorageImpl();
  if (const auto found = buffers.find(key); found != buffers.end()) {
    const Napi::Value existing = found->second.Value();
    if (!existing.IsEmpty() && !existing.IsUndefined()) {
      auto buffer = existing.As<Napi::ArrayBuffer>();
      if (!buffer.IsDetached() && buffer.ByteLength() == storage.nbytes()) return existing;
    }
  }
  if (storage.nbytes() == 0) return Napi::ArrayBuffer::New(env, 0);
  auto* held = new at::Storage(storage);
  auto buffer = Napi::ArrayBuffer::New(
      env, storage.mutable_data(), storage.nbytes(),
      [](Napi::Env finalizing, void*, at::Storage* held) {
        Environment::of(finalizing).storage_buffers.erase(held->unsafeGetStorageImpl());
        delete held;
      },
      held);
  buffers[key] = Napi::Weak(buffer.As<Napi::Object>());
  return buffer;
}

}  // namespace

void export_data(Napi::Env env, Napi::Object exports) {
  export_function<from_bytes>(env, exports, "from_bytes");
  export_function<to_bytes>(env, exports, "to_bytes");
  export_function<storage_buffer>(env, exports, "storage_buffer");
}

}  // namespace typetorch
