#include "data.h"

#include "callback.h"
#include "convert.h"
#include "guard.h"
#include "out_of_memory.h"
#include "status.h"
#include "tensor.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/set.h>
#include <c10/util/strides.h>

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

// What Node-API says of a typed array, also of one over a SharedArrayBuffer.
struct View {
  uint8_t* data = nullptr;
  size_t offset = 0;
  napi_value buffer = nullptr;
};

View view_of(const Napi::Value& value) {
  View view;
  void* data = nullptr;
  size_t length = 0;
  checked(value.Env(),
          napi_get_typedarray_info(value.Env(), value, nullptr, &length, &data, &view.buffer, &view.offset));
  view.data = static_cast<uint8_t*>(data);
  return view;
}

Bytes bytes_of(const Napi::Value& value) {
  if (value.IsTypedArray()) {
    const View view = view_of(value);
    bool is_detached = false;
    checked(value.Env(), napi_is_detached_arraybuffer(value.Env(), view.buffer, &is_detached));
    if (is_detached) throw ArgumentError("the typed array's ArrayBuffer is detached");
    return {view.data, value.As<Napi::TypedArray>().ByteLength()};
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
  // Inside a transform of torch.func too it is a tensor with data of its own.
  const c10::impl::ExcludeDispatchKeyGuard without_levels(c10::DispatchKeySet(
      {c10::DispatchKey::FuncTorchDynamicLayerFrontMode, c10::DispatchKey::FuncTorchDynamicLayerBackMode}));
  at::Tensor tensor = at::empty(sizes, at::TensorOptions().dtype(dtype));
  if (tensor.nbytes() != bytes.length) {
    throw ArgumentError("expected " + std::to_string(tensor.nbytes()) + " bytes for the shape, received " +
                        std::to_string(bytes.length));
  }
  if (bytes.length > 0) std::memcpy(tensor.mutable_data_ptr(), bytes.data, bytes.length);
  return tensor_result(info, tensor);
}

// An ArrayBuffer that a storage lies over; kept alive by it.
struct Borrowed {
  Borrowed(Environment& environment, napi_value buffer, const void* data, size_t length)
      : buffer(environment, buffer, Held::Strength::Strong), data(data), length(length) {
    borrowed_storages++;
  }
  ~Borrowed() { borrowed_storages--; }
  const Held buffer;
  const void* const data;
  const size_t length;
};

void release_borrowed(void* borrowed) {
  delete static_cast<Borrowed*>(borrowed);
}

const Borrowed* borrowed_by(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage()) return nullptr;
  const at::DataPtr& data = tensor.storage().data_ptr();
  return data.get_deleter() == release_borrowed ? static_cast<const Borrowed*>(data.get_context()) : nullptr;
}

// over_bytes(view, buffer's length, dtype, shape): a CPU tensor over a typed array's own memory. Its storage is the
// whole buffer, so that `storage_buffer` gives that back.
Napi::Value over_bytes(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  if (!info[0].IsTypedArray()) throw ArgumentError("expected a typed array, not " + type_of(info.Env(), info[0]));
  const Bytes bytes = bytes_of(info[0]);
  const View view = view_of(info[0]);
  const auto length = static_cast<size_t>(info[1].As<Napi::Number>().Int64Value());
  const auto dtype = static_cast<at::ScalarType>(info[2].As<Napi::Number>().Int32Value());
  const auto sizes = sizes_of(info[3]);
  const size_t itemsize = c10::elementSize(dtype);
  const int64_t count = c10::multiply_integers(sizes);
  if (count < 0 || static_cast<size_t>(count) * itemsize != bytes.length || view.offset + bytes.length > length ||
      view.offset % itemsize != 0 || bytes.length == 0) {
    throw ArgumentError("the typed array's memory does not make the shape");
  }
  uint8_t* start = view.data - view.offset;
  auto borrowed = std::make_unique<Borrowed>(environment, view.buffer, start, length);
  at::DataPtr data(start, borrowed.release(), release_borrowed, at::kCPU);
  at::Storage storage(at::Storage::use_byte_size_t(), length, std::move(data), nullptr, false);
  at::Tensor tensor = at::empty({0}, at::TensorOptions().dtype(dtype));
  tensor.set_(storage, static_cast<int64_t>(view.offset / itemsize), sizes, c10::contiguous_strides(sizes));
  return tensor_result(info, tensor);
}

// to_bytes(x): an ArrayBuffer with a copy of its elements, row by row.
Napi::Value to_bytes(const Napi::CallbackInfo& info) {
  at::Tensor tensor = tensor_argument(info, 0, Use::Read, "the tensor").detach();
  tensor = tensor.to(at::kCPU).resolve_conj().resolve_neg().contiguous();
  auto buffer = new_array_buffer(info.Env(), tensor.nbytes());
  if (tensor.nbytes() > 0) std::memcpy(buffer.Data(), tensor.const_data_ptr(), tensor.nbytes());
  return buffer;
}

// storage_buffer(x): one ArrayBuffer a storage, over its own memory. V8 frees it with the event loop; until
// then it keeps the storage alive.
Napi::Value storage_buffer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const at::Tensor tensor = tensor_argument(info, 0, Use::Read, "typed_array(): the tensor");
  TORCH_CHECK(tensor.is_cpu() && tensor.has_storage(),
              "Cannot access data pointer of Tensor that doesn't have storage");
  if (const Borrowed* borrowed = borrowed_by(tensor);
      borrowed && &borrowed->buffer.environment == &Environment::of(env))
    return Napi::Value(env, borrowed->buffer.get());
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
  auto held = std::make_unique<at::Storage>(storage);
  auto buffer = Napi::ArrayBuffer::New(
      env, storage.mutable_data(), storage.nbytes(),
      [](Napi::Env finalizing, void*, at::Storage* over) {
        const std::unique_ptr<at::Storage> owned(over);
        Environment::of(finalizing).storage_buffers.erase(owned->unsafeGetStorageImpl());
      },
      held.get());
  held.release();  // NOLINT: the buffer's
  buffers[key] = Napi::Weak(buffer.As<Napi::Object>());
  return buffer;
}

}  // namespace

std::atomic<int> borrowed_storages{0};

bool is_borrowed(const at::Tensor& tensor) {
  return borrowed_by(tensor) != nullptr;
}

void check_borrowed(const at::Tensor& tensor) {
  const Borrowed* borrowed = borrowed_by(tensor);
  if (borrowed == nullptr || Environment::of_this_thread() != &borrowed->buffer.environment) return;
  napi_env env = borrowed->buffer.environment.env;
  const Napi::HandleScope scope(env);
  napi_value buffer = borrowed->buffer.get();
  bool is_detached = false;
  checked(env, napi_is_detached_arraybuffer(env, buffer, &is_detached));
  TORCH_CHECK(!is_detached, "the tensor lies over a typed array whose ArrayBuffer was detached or transferred since");
}

void export_data(Napi::Env env, Napi::Object exports) {
  export_function<from_bytes>(env, exports, "from_bytes");
  export_function<over_bytes>(env, exports, "over_bytes");
  export_repeatable<to_bytes>(env, exports, "to_bytes");
  export_function<storage_buffer>(env, exports, "storage_buffer");
}

}  // namespace typetorch
