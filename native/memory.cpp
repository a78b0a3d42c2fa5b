#include "memory.h"

#include "allocator.h"
#include "status.h"
#include "tensor_table.h"

#include <algorithm>

namespace typetorch {
namespace {

// So many more live tensors than the last major collection left make the next one due.
constexpr size_t kTensorsBeforeMajor = 200'000;

// Garbage is used again while it is still in the processor's cache, so the less that waits the better, as long
// as collections take no more than this share of the time.
constexpr double kLeastShare = 0.03;
constexpr double kMostShare = 0.06;
constexpr size_t kLeastBytes = size_t{4} << 20;
constexpr size_t kLeastTensors = 3'000;
// Where a program rests, a collection that takes this share of the time since the last one is worth so much garbage.
constexpr double kRestShare = 0.01;
constexpr size_t kRestBytes = size_t{64} << 20;

}  // namespace

void Collector::track(napi_env env, napi_value object, int32_t handle, uint32_t generation) {
  young_.push_back({nullptr, handle, generation, 0});
  if (napi_create_reference(env, object, 0, &young_.back().reference) == napi_ok) return;
  young_.pop_back();
  throw_status(env);
}

void Collector::sweep_list(napi_env env, TensorTable& table, std::vector<Entry>& list, bool at_once) {
  // Handles are opened in blocks, so that a long list does not grow one scope without bound.
  constexpr size_t kBlock = 1024;
  size_t kept = 0;
  for (size_t start = 0; start < list.size(); start += kBlock) {
    const Napi::HandleScope scope(env);
    const size_t end = std::min(list.size(), start + kBlock);
    for (size_t i = start; i < end; i++) {
      Entry entry = list[i];
      napi_value object = nullptr;
      // Nothing may be thrown here, where part of the list has moved.
      if (napi_get_reference_value(env, entry.reference, &object) == napi_ok && object == nullptr) {
        discard(napi_delete_reference(env, entry.reference));
        if (at_once)
          table.release_if(entry.handle, entry.generation);
        else
          table.retire_if(entry.handle, entry.generation);
        counts_.freed++;
      } else {
        entry.age++;
        list[kept++] = entry;
      }
    }
  }
  list.resize(kept);
}

bool Collector::sweep(napi_env env, TensorTable& table, bool all) {
  table.release_retired();
  // What their number made due is small.
  const bool at_once = all || fresh_tensors_ < tensor_budget_;
  sweep_list(env, table, young_, at_once);
  if (all) {
    sweep_list(env, table, old_, at_once);
    counts_.major++;
  } else {
    counts_.minor++;
  }
  auto promoted = std::partition(young_.begin(), young_.end(), [](const Entry& e) { return e.age < 2; });
  old_.insert(old_.end(), promoted, young_.end());
  young_.erase(promoted, young_.end());

  adapt_budgets();
  const size_t alive = alive_bytes();
  if (all) {
    bytes_after_major_ = alive;
    tensors_after_major_ = table.alive();
  }
  fresh_tensors_ = 0;
  fresh_device_bytes_ = 0;
  bytes_after_ = alive;
  if (resting_) {
    bytes_at_rest_ = alive;
    rested_ = ended_;
    resting_ = false;
  }
  threshold_ = alive + std::max(byte_budget_, alive / 2);
  age_allocator_cache();
  // Minor collections have stopped helping when what they leave keeps growing.
  return !all && (alive > bytes_after_major_ + bytes_after_major_ / 2 + 4 * most_bytes_ ||
                  table.alive() > tensors_after_major_ + tensors_after_major_ / 2 + kTensorsBeforeMajor);
}

void Collector::begin() {
  began_ = Clock::now();
  bytes_before_ = alive_bytes();
}

void Collector::adapt_budgets() {
  const auto now = Clock::now();
  const auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
  const double share = seconds(now - began_) / std::max(seconds(now - ended_), 1e-9);
  // One between two steps says nothing of those within.
  if (ended_ != Clock::time_point{} && !resting_) {
    const bool by_tensors = fresh_tensors_ >= tensor_budget_;
    size_t& budget = by_tensors ? tensor_budget_ : byte_budget_;
    // A collection that frees little comes too early: what is still in use survives it, is promoted by the next one,
    // and then waits for a major one.
    const size_t alive = alive_bytes();
    const size_t freed = bytes_before_ - std::min(bytes_before_, alive);
    const size_t young = bytes_before_ - std::min(bytes_before_, bytes_after_major_);
    const bool early = !by_tensors && freed < young / 2;
    if (early)
      budget = std::min(budget * 2, most_bytes_);
    else if (share > kMostShare)
      budget = std::max(budget, std::min(budget * 2, by_tensors ? most_tensors_ : most_bytes_ / 2));
    else if (share < kLeastShare)
      budget = std::max(budget / 2, std::min(budget, by_tensors ? kLeastTensors : kLeastBytes));
  }
  ended_ = now;
  cost_ = now - began_;
}

bool Collector::worth_resting() {
  resting_ = alive_bytes() >= std::min(bytes_after_, bytes_at_rest_) + kRestBytes &&
             Clock::now() - rested_ >= cost_ / kRestShare;
  return resting_;
}

bool Collector::over_byte_budget() const {
  return alive_bytes() > threshold_;
}

void Collector::set_budget(size_t bytes, size_t tensors) {
  most_bytes_ = bytes;
  most_tensors_ = tensors;
  byte_budget_ = std::min(byte_budget_, bytes);
  tensor_budget_ = std::min(tensor_budget_, tensors);
  threshold_ = std::min(threshold_, alive_bytes() + bytes);
}

void Collector::clear(napi_env env) {
  for (auto* list : {&young_, &old_}) {
    for (const Entry& entry : *list) discard(napi_delete_reference(env, entry.reference));
    list->clear();
  }
}

}  // namespace typetorch
