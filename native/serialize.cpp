#include "serialize.h"

#include "convert.h"
#include "guard.h"
#include "tensor.h"

#include <ATen/ops/empty.h>
#include <caffe2/serialize/inline_container.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace typetorch {
namespace {

using caffe2::serialize::PyTorchStreamWriter;

// All bytes to the file; zero, or the system's number for what went wrong.
int write_all(int file, const void* data, size_t size) {
  const auto* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(file, next, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written == 0 ? ENOSPC : errno;
    next += written;
    size -= static_cast<size_t>(written);
  }
  return 0;
}

// The whole storage of a tensor as bytes on the CPU.
at::Tensor storage_bytes(const at::Tensor& tensor) {
  const at::Storage& storage = tensor.storage();
  const auto size = static_cast<int64_t>(storage.nbytes());
  at::Tensor bytes = at::empty({0}, at::TensorOptions().dtype(at::kByte).device(storage.device()));
  bytes.set_(storage, 0, {size}, {1});
  return bytes.to(at::kCPU);
}

// write_archive(fd, [name, bytes or tensor, name, ...]): a tensor stands for its whole storage.
Napi::Value write_archive(const Napi::CallbackInfo& info) {
  const at::NoGradGuard no_grad;
  const int file = info[0].As<Napi::Number>().Int32Value();
  const auto records = info[1].As<Napi::Array>();
  // The writer must not learn of a failure: its destructor finishes the archive, and would end the process.
  int failure = 0;
  PyTorchStreamWriter writer([&](const void* data, size_t size) -> size_t {
    if (failure == 0) failure = write_all(file, data, size);
    return size;
  });
  for (uint32_t i = 0; i < records.Length() && failure == 0; i += 2) {
    const std::string name = records.Get(i).As<Napi::String>();
    const Napi::Value value = records.Get(i + 1);
    if (value.IsNumber()) {
      const at::Tensor bytes = storage_bytes(Environment::of(info.Env()).tensor(value.As<Napi::Number>().Int32Value()));
      writer.writeRecord(name, bytes.const_data_ptr(), bytes.nbytes());
    } else {
      const auto bytes = value.As<Napi::Uint8Array>();
      writer.writeRecord(name, bytes.Data(), bytes.ByteLength());
    }
  }
  writer.writeEndOfFile();
  TORCH_CHECK(failure == 0, "writing the file failed: ", std::strerror(failure));
  return info.Env().Undefined();
}

std::vector<int64_t> integers(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<int64_t> numbers(array.Length());
  for (uint32_t i = 0; i < numbers.size(); i++) numbers[i] = array.Get(i).As<Napi::Number>().Int64Value();
  return numbers;
}

// view_storage(tensor, dtype, offset, size, stride): another tensor over the storage of `tensor`. The one road does
// not serve: set_ makes a storage longer that is too short, and here the file must not be believed.
Napi::Value view_storage(const Napi::CallbackInfo& info) {
  const at::NoGradGuard no_grad;
  const at::Tensor& source = tensor_argument(info, 0);
  const auto dtype = static_cast<at::ScalarType>(info[1].As<Napi::Number>().Int32Value());
  const int64_t offset = info[2].As<Napi::Number>().Int64Value();
  const auto sizes = integers(info[3]);
  const auto strides = integers(info[4]);
  TORCH_CHECK(sizes.size() == strides.size(), "a tensor of ", sizes.size(), " dimensions has ", strides.size(),
              " strides");
  const auto available = static_cast<__int128>(source.storage().nbytes() / c10::elementSize(dtype));
  for (size_t i = 0; i < sizes.size(); i++) {
    TORCH_CHECK(sizes[i] >= 0 && strides[i] >= 0, "sizes and strides must not be negative, got ", sizes[i], " and ",
                strides[i]);
  }
  const bool is_empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
  __int128 last = offset;
  for (size_t i = 0; i < sizes.size() && last < available; i++)
    last += static_cast<__int128>(sizes[i] - 1) * strides[i];
  TORCH_CHECK(offset >= 0 && (is_empty || last < available), "a tensor of size ", at::IntArrayRef(sizes), ", stride ",
              at::IntArrayRef(strides), " and offset ", offset, " does not fit into its storage of ",
              static_cast<int64_t>(available), " elements");
  at::Tensor result = at::empty({0}, source.options().dtype(dtype));
  result.set_(source.storage(), offset, sizes, strides);
  return tensor_result(info, result);
}

}  // namespace

void export_serialize(Napi::Env env, Napi::Object exports) {
  export_function<write_archive>(env, exports, "write_archive");
  export_function<view_storage>(env, exports, "view_storage");
}

}  // namespace typetorch
