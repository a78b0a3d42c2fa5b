#include "file_memory.h"

#include "tensor.h"

#include <c10/core/DefaultDtype.h>
#include <c10/core/ScalarType.h>
#include <c10/util/Exception.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

namespace typetorch {
namespace {

// LibTorch's own mode for a file that it makes.
constexpr mode_t kMode = 0600;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

int64_t element_size(const c10::IValue& dtype_or_out) {
  if (dtype_or_out.isTensor()) return static_cast<int64_t>(dtype_or_out.toTensor().itemsize());
  const auto dtype = dtype_or_out.isNone() ? c10::get_default_dtype_as_scalartype() : dtype_or_out.toScalarType();
  return static_cast<int64_t>(c10::elementSize(dtype));
}

}  // namespace

void reserve_shared_file(torch::jit::Stack& stack) {
  if (stack[1].isNone() || !stack[1].toBool() || stack[2].isNone()) return;
  const std::string path = stack[0].toStringRef();
  const int64_t size = stack[2].toInt();
  const int64_t itemsize = element_size(stack[3]);
  if (size <= 0 || size > std::numeric_limits<int64_t>::max() / itemsize) return;  // refused by LibTorch
  struct stat status {};
  const bool is_new = ::stat(path.c_str(), &status) != 0;
  if (!is_new && !S_ISREG(status.st_mode)) return;  // refused by LibTorch, which waits for no pipe
  const File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
  if (file.descriptor() < 0) return;  // refused by LibTorch in its words
  const int error = ::posix_fallocate(file.descriptor(), 0, size * itemsize);
  if (error == 0) return;
  // As it was before: a part of the space may have been given.
  if (is_new) {
    ::unlink(path.c_str());
  } else if (::ftruncate(file.descriptor(), status.st_size) != 0) {
    TORCH_CHECK(false, "from_file(): cannot reserve ", size * itemsize, " bytes for '", path,
                "', nor cut it back to its size");
  }
  TORCH_CHECK(false, "from_file(): cannot reserve ", size * itemsize, " bytes for '", path,
              "': ", std::strerror(error));
}

Napi::Value read_file(const Napi::CallbackInfo& info) {
  const at::Tensor into = tensor_argument(info, 0, Use::Write);
  const int file = info[1].As<Napi::Number>().Int32Value();
  const int64_t offset = info[2].As<Napi::Number>().Int64Value();
  TORCH_CHECK(into.is_cpu() && into.is_contiguous() && !into.is_quantized(),
              "read_file(): expected a contiguous tensor on the CPU");
  auto* next = static_cast<char*>(into.mutable_data_ptr());
  const auto length = static_cast<int64_t>(into.nbytes());
  int64_t done = 0;
  while (done < length) {
    const ssize_t got = ::pread(file, next + done, static_cast<size_t>(length - done), offset + done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return int_result(info, -errno);
    if (got == 0) break;
    done += got;
  }
  return int_result(info, done);
}

}  // namespace typetorch
