#include "files.h"

#include "guard.h"

#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace typetorch {
namespace {

// Zero, or the system's number for why a call was refused.
template <typename Call>
Napi::Value refusal_of(const Napi::CallbackInfo& info, Call&& call) {
  const int file = info[0].As<Napi::Number>().Int32Value();
  int refused = 0;
  do {
    refused = call(file) == 0 ? 0 : errno;
  } while (refused == EINTR);
  return Napi::Number::New(info.Env(), refused);
}

// lock_file(fd): takes the file for this descriptor alone, without waiting. The kernel gives it back when the
// descriptor is closed, and so does whatever ends its holder. Taking it again asks the server again, where the file is
// on one.
Napi::Value lock_file(const Napi::CallbackInfo& info) {
  return refusal_of(info, [](int file) { return flock(file, LOCK_EX | LOCK_NB); });
}

// sync_file(fd): fsync, which Node has switched off under its permission model.
Napi::Value sync_file(const Napi::CallbackInfo& info) {
  return refusal_of(info, [](int file) { return fsync(file); });
}

}  // namespace

void export_files(Napi::Env env, Napi::Object exports) {
  export_function<lock_file>(env, exports, "lock_file");
  export_function<sync_file>(env, exports, "sync_file");
}

}  // namespace typetorch
