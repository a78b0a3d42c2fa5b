#include "out_of_memory.h"

#include "allocator.h"
#include "callback.h"
#include "guard.h"
#include "tensor.h"

#include <chrono>

namespace typetorch {
namespace {

thread_local bool is_collecting = false;
thread_local Environment* works_for = nullptr;
std::atomic<bool> device_memory{false};

// A thread that waits may hold what the environment's own thread needs, so it does not wait for ever.
constexpr std::chrono::seconds kLongestWait{2};

// On the environment's own thread.
bool collect_here(Environment& environment) {
  if (is_collecting || environment.collect_all.IsEmpty()) return false;
  struct Collecting {
    Collecting() { is_collecting = true; }
    ~Collecting() { is_collecting = false; }
  } const collecting;
  const Napi::HandleScope scope(environment.env);
  try {
    environment.collect_all.Call({});
  } catch (const Napi::Error&) {
    return false;  // the environment is ending
  }
  return true;
}

// fail_allocations(after, on_device): the allocation after so many others on the CPU is refused its memory; with
// `on_device` for good, as by a device's allocator, which does not collect. -1 for none. How many allocations there
// were since the last call. For tests.
Napi::Value fail_next(const Napi::CallbackInfo& info) {
  const int64_t after = int_argument(info, 0);
  const bool on_device = info[1].As<Napi::Boolean>();
  if (on_device) note_device_memory();
  return int_result(info, fail_allocations(after, on_device));
}

}  // namespace

bool collect_garbage() {
  if (Environment* here = Environment::of_this_thread()) return collect_here(*here);
  if (works_for == nullptr) return false;
  Environment& environment = *works_for;
  bool collected = false;
  return ask_within(environment, kLongestWait, [&] { collected = collect_here(environment); }) && collected;
}

WorksFor::WorksFor(Environment& environment) {
  works_for = &environment;
}

WorksFor::~WorksFor() {
  works_for = nullptr;
}

bool has_device_memory() {
  return device_memory.load(std::memory_order_relaxed);
}

void note_device_memory() {
  device_memory = true;
}

Napi::ArrayBuffer new_array_buffer(Napi::Env env, size_t bytes) {
  try {
    return Napi::ArrayBuffer::New(env, bytes);
  } catch (const Napi::Error&) {
    if (!collect_garbage()) throw;
  }
  return Napi::ArrayBuffer::New(env, bytes);
}

void export_out_of_memory(Napi::Env env, Napi::Object exports) {
  collect_when_exhausted(collect_garbage);
  export_function<fail_next>(env, exports, "fail_allocations");
}

}  // namespace typetorch
