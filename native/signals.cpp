#include "signals.h"

#include "guard.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace typetorch {
namespace {

// Signal handlers belong to the process, and so do these: SIGINT's and SIGTERM's.
struct Answer {
  std::atomic<int> socket{-1};
  std::array<uint8_t, 128> bytes{};
  size_t length = 0;
  struct sigaction before {};
};

Answer answers[2];

Answer* answer_to(int number) {
  return number == SIGINT ? &answers[0] : number == SIGTERM ? &answers[1] : nullptr;
}

// Async-signal-safe: sends the bytes, then does what Node would have done.
void on_signal(int number, siginfo_t* info, void* context) {
  const int error = errno;
  Answer& answer = *answer_to(number);
  const int socket = answer.socket.load();
  if (socket >= 0) (void)!send(socket, answer.bytes.data(), answer.length, MSG_DONTWAIT | MSG_NOSIGNAL);
  errno = error;
  if (answer.before.sa_flags & SA_SIGINFO)
    answer.before.sa_sigaction(number, info, context);
  else
    answer.before.sa_handler(number);
}

bool is_caught(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) && action.sa_sigaction == on_signal;
}

// answer_signal(number, socket, bytes): from now on the signal's arrival sends bytes to a socket, also while JavaScript
// or an operator runs. Gives false where Node does not catch the signal.
Napi::Value answer_signal(const Napi::CallbackInfo& info) {
  const int number = info[0].As<Napi::Number>().Int32Value();
  Answer* answer = answer_to(number);
  const auto bytes = info[2].As<Napi::Uint8Array>();
  struct sigaction now {};
  if (answer == nullptr || bytes.ByteLength() > answer->bytes.size() || sigaction(number, nullptr, &now) != 0 ||
      !is_caught(now) || is_ours(now))
    return Napi::Boolean::New(info.Env(), false);
  std::copy_n(bytes.Data(), bytes.ByteLength(), answer->bytes.begin());
  answer->length = bytes.ByteLength();
  answer->before = now;
  answer->socket = info[1].As<Napi::Number>().Int32Value();
  struct sigaction ours = now;
  ours.sa_sigaction = on_signal;
  ours.sa_flags |= SA_SIGINFO;
  return Napi::Boolean::New(info.Env(), sigaction(number, &ours, nullptr) == 0);
}

// leave_signal(number): ends what answer_signal began.
Napi::Value leave_signal(const Napi::CallbackInfo& info) {
  const int number = info[0].As<Napi::Number>().Int32Value();
  Answer* answer = answer_to(number);
  struct sigaction now {};
  if (answer == nullptr) return info.Env().Undefined();
  answer->socket = -1;
  if (sigaction(number, nullptr, &now) == 0 && is_ours(now)) sigaction(number, &answer->before, nullptr);
  return info.Env().Undefined();
}

}  // namespace

void export_signals(Napi::Env env, Napi::Object exports) {
  export_function<answer_signal>(env, exports, "answer_signal");
  export_function<leave_signal>(env, exports, "leave_signal");
}

}  // namespace typetorch
