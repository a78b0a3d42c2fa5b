#include "serialize.h"

#include "convert.h"
#include "guard.h"
#include "tensor.h"

#include <ATen/ops/empty.h>
#include <caffe2/serialize/file_adapter.h>
#include <caffe2/serialize/inline_container.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace typetorch {
namespace {

using caffe2::serialize::PyTorchStreamReader;
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

struct Archive {
  explicit Archive(const std::string& path) : reader(path) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0) file_size = static_cast<uint64_t>(status.st_size);
  }
  PyTorchStreamReader reader;
  uint64_t file_size = 0;
};

Archive& archive_argument(const Napi::CallbackInfo& info) {
  return *info[0].As<Napi::External<Archive>>().Data();
}

// open_archive(path): the archive's reader, closed when JavaScript has forgotten it.
Napi::Value open_archive(const Napi::CallbackInfo& info) {
  auto archive = std::make_unique<Archive>(info[0].As<Napi::String>().Utf8Value());
  return Napi::External<Archive>::New(info.Env(), archive.release(), [](Napi::Env, Archive* dead) { delete dead; });
}

// archive_records(archive): the names of what it holds.
Napi::Value archive_records(const Napi::CallbackInfo& info) {
  const auto names = archive_argument(info).reader.getAllRecords();
  auto array = Napi::Array::New(info.Env(), names.size());
  for (uint32_t i = 0; i < names.size(); i++) array.Set(i, names[i]);
  return array;
}

// The size of a record, refused where the file cannot hold that much: compression never gains more than 1032 to 1.
size_t checked_size(Archive& archive, const std::string& name) {
  const size_t size = archive.reader.getRecordSize(name);
  TORCH_CHECK(size / 1032 <= archive.file_size, "record '", name, "' says that it holds ", size,
              " bytes, more than the file of ", archive.file_size, " bytes can");
  return size;
}

// archive_record(archive, name): its bytes.
Napi::Value archive_record(const Napi::CallbackInfo& info) {
  Archive& archive = archive_argument(info);
  const std::string name = info[1].As<Napi::String>();
  const size_t size = checked_size(archive, name);
  auto bytes = Napi::Uint8Array::New(info.Env(), size);
  if (size > 0) archive.reader.getRecord(name, bytes.Data(), size);
  return bytes;
}

// archive_storage(archive, name): a uint8 tensor over a storage with its bytes.
Napi::Value archive_storage(const Napi::CallbackInfo& info) {
  Archive& archive = archive_argument(info);
  const std::string name = info[1].As<Napi::String>();
  const size_t size = checked_size(archive, name);
  at::Tensor bytes = at::empty({static_cast<int64_t>(size)}, at::kByte);
  if (size > 0) archive.reader.getRecord(name, bytes.mutable_data_ptr(), size);
  return tensor_result(info, bytes);
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
  export_function<open_archive>(env, exports, "open_archive");
  export_function<archive_records>(env, exports, "archive_records");
  export_function<archive_record>(env, exports, "archive_record");
  export_function<archive_storage>(env, exports, "archive_storage");
  export_function<view_storage>(env, exports, "view_storage");
}

}  // namespace typetorch
