#include "serialize.h"

#include "convert.h"
#include "file_memory.h"
#include "guard.h"
#include "tensor.h"

#include <ATen/ops/empty.h>
#include <caffe2/serialize/inline_container.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

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

// Lets JavaScript see what is written, in the order of the file: it is copied into a buffer of JavaScript's, which it
// is told of when the buffer is full. What it throws is kept: here are frames that nothing may be thrown through.
class Watcher {
 public:
  Watcher(const Napi::Value& buffer, const Napi::Value& take) {
    if (!take.IsFunction()) return;
    auto array = buffer.As<Napi::Uint8Array>();
    buffer_ = array.Data();
    size_ = array.ByteLength();
    take_ = take.As<Napi::Function>();
  }

  void see(const void* data, size_t size) {
    if (size_ == 0) return;
    const auto* next = static_cast<const char*>(data);
    while (size > 0) {
      const size_t part = std::min(size, size_ - held_);
      std::memcpy(buffer_ + held_, next, part);
      held_ += part;
      next += part;
      size -= part;
      if (held_ == size_) tell();
    }
  }

  void finish() {
    if (held_ > 0) tell();
    if (error_) throw *error_;
  }

 private:
  void tell() {
    const auto length = static_cast<double>(std::exchange(held_, 0));
    if (error_) return;
    const Napi::HandleScope scope(take_.Env());
    try {
      take_.Call({Napi::Number::New(take_.Env(), length)});
    } catch (const Napi::Error& error) {
      error_ = error;
    }
  }

  uint8_t* buffer_ = nullptr;
  size_t size_ = 0;
  size_t held_ = 0;
  Napi::Function take_;
  std::optional<Napi::Error> error_;
};

// write_archive(fd, [name, bytes or tensor, name, ...], buffer, take): a tensor stands for its whole storage. With
// `take`, it is called with the number of bytes of the file that `buffer` holds, again and again. Null; or where the
// system refused, its number for why and the record that was being written, empty for the directory.
Napi::Value write_archive(const Napi::CallbackInfo& info) {
  const at::NoGradGuard no_grad;
  const int file = info[0].As<Napi::Number>().Int32Value();
  const auto records = info[1].As<Napi::Array>();
  Watcher watcher(info[2], info[3]);
  // The writer must not learn of a failure: its destructor finishes the archive, and would end the process.
  int failure = 0;
  std::string name;
  std::string failed;
  PyTorchStreamWriter writer([&](const void* data, size_t size) -> size_t {
    if (failure != 0) return size;
    failure = write_all(file, data, size);
    if (failure != 0)
      failed = name;
    else
      watcher.see(data, size);
    return size;
  });
  for (uint32_t i = 0; i < records.Length() && failure == 0; i += 2) {
    name = records.Get(i).As<Napi::String>();
    const Napi::Value value = records.Get(i + 1);
    if (value.IsNumber()) {
      const at::Tensor bytes = storage_bytes(
          Environment::of(info.Env()).tensor(value.As<Napi::Number>().Int32Value(), Use::Read, "save(): a tensor"));
      writer.writeRecord(name, bytes.const_data_ptr(), bytes.nbytes());
    } else {
      const auto bytes = value.As<Napi::Uint8Array>();
      writer.writeRecord(name, bytes.Data(), bytes.ByteLength());
    }
  }
  name.clear();
  writer.writeEndOfFile();
  if (failure == 0) {
    watcher.finish();
    return info.Env().Null();
  }
  Napi::Array refused = Napi::Array::New(info.Env(), 2);
  refused.Set(0U, Napi::Number::New(info.Env(), failure));
  refused.Set(1U, Napi::String::New(info.Env(), failed));
  return refused;
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
  const at::Tensor source = tensor_argument(info, 0, Use::Facts);
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
  export_function<read_file>(env, exports, "read_file");
}

}  // namespace typetorch
