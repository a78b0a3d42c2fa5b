#pragma once

#include "environment.h"

#include <c10/util/Exception.h>

#include <utility>

namespace typetorch {

// The CPU's memory has run out, after garbage was collected: no call is worth a second try.
struct HostOutOfMemory : c10::OutOfMemoryError {
  using c10::OutOfMemoryError::OutOfMemoryError;
};

// Frees the tensors whose JavaScript objects are gone, from any thread that works for an environment. False where
// nobody can, or where this is called from within.
bool collect_garbage();

// This thread works for an environment whose own thread serves what is asked of it.
class WorksFor {
 public:
  explicit WorksFor(Environment& environment);
  WorksFor(const WorksFor&) = delete;
  WorksFor& operator=(const WorksFor&) = delete;
  ~WorksFor();
};

// Whether there is memory beside the CPU's, whose allocators know nothing of garbage in JavaScript.
bool has_device_memory();
void note_device_memory();

// Runs `call`, and once more after a collection where a device's memory has run out: only for calls that have changed
// nothing by then. What they use they must own, since a collection frees what JavaScript no longer holds. The CPU's
// allocator collects by itself, in the middle of a call, and needs no second one.
template <typename Call>
auto run_repeatable(Call&& call) {
  if (!has_device_memory()) return call();
  try {
    return call();
  } catch (const HostOutOfMemory&) {
    throw;
  } catch (const c10::OutOfMemoryError&) {
    if (!collect_garbage()) throw;
  }
  return call();
}

// An ArrayBuffer, for which V8 may have no memory while garbage waits.
Napi::ArrayBuffer new_array_buffer(Napi::Env env, size_t bytes);

void export_out_of_memory(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
