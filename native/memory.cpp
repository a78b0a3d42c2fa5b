#include "memory.h"

#include "allocator.h"
#include "tensor_table.h"

#include <algorithm>

namespace typetorch {
namespace {

// So many more live tensors than the last major collection left make the next one due.
constexpr size_t kTensorsBeforeMajor = 200'000;

}  // namespace

void Collector::track(napi_env env, napi_value object, int32_t handle, uint32_t generation) {
  napi_ref reference = nullptr;
  napi_create_reference(env, object, 0, &reference);
  young_.push_back({reference, handle, generation, 0});
}

void Collector::sweep_list(napi_env env, TensorTable& table, std::vector<Entry>& list) {
  // Handles are opened in blocks, so that a long list does not grow one scope without bound.
  constexpr size_t kBlock = 1024;
  size_t kept = 0;
  for (size_t start = 0; start < list.size(); start += kBlock) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    const size_t end = std::min(list.size(), start + kBlock);
    for (size_t i = start; i < end; i++) {
      Entry entry = list[i];
      napi_value object = nullptr;
      napi_get_reference_value(env, entry.reference, &object);
      if (object == nullptr) {
        napi_delete_reference(env, entry.reference);
        table.release_if(entry.handle, entry.generation);
        counts_.freed++;
      } else {
        entry.age++;
        list[kept++] = entry;
      }
    }
    napi_close_handle_scope(env, scope);
  }
  list.resize(kept);
}

bool Collector::sweep(napi_env env, TensorTable& table, bool all) {
  sweep_list(env, table, young_);
  if (all) {
    sweep_list(env, table, old_);
    counts_.major++;
  } else {
    counts_.minor++;
  }
  auto promoted = std::partition(young_.begin(), young_.end(), [](const Entry& e) { return e.age < 2; });
  old_.insert(old_.end(), promoted, young_.end());
  young_.erase(promoted, young_.end());

  const size_t alive = alive_bytes();
  if (all) {
    bytes_after_major_ = alive;
    tensors_after_major_ = table.alive();
  }
  fresh_tensors_ = 0;
  fresh_device_bytes_ = 0;
  threshold_ = alive + std::max(byte_budget_, alive / 2);
  age_allocator_cache();
  // Minor collections have stopped helping when what they leave keeps growing.
  return !all && (alive > bytes_after_major_ + bytes_after_major_ / 2 + 4 * byte_budget_ ||
                     table.alive() > tensors_after_major_ + tensors_after_major_ / 2 + kTensorsBeforeMajor);
}

bool Collector::over_byte_budget() const { return alive_bytes() > threshold_; }

void Collector::set_budget(size_t bytes, size_t tensors) {
  byte_budget_ = bytes;
  tensor_budget_ = tensors;
  threshold_ = std::min(threshold_, alive_bytes() + bytes);
}

void Collector::clear(napi_env env) {
  for (auto* list : {&young_, &old_}) {
    for (const Entry& entry : *list) napi_delete_reference(env, entry.reference);
    list->clear();
  }
}

}  // namespace typetorch
