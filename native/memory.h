#pragma once

#include <node_api.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace typetorch {

class TensorTable;

// Finds the tensors whose JavaScript objects are gone, on the stable Node-API alone: each object gets a weak
// reference, which V8 clears in a collection, and a sweep frees what the cleared ones stood for.
// What survives two minor collections (V8 promotes on the second) moves to an old list, swept after a major one.
class Collector {
 public:
  void track(napi_env env, napi_value object, int32_t handle, uint32_t generation);

  // A collection is about to run: its cost counts from here.
  void begin();

  // After a minor collection (`all` false) or a major one. Says whether a major one is due.
  bool sweep(napi_env env, TensorTable& table, bool all);

  // Counts a new tensor; true when a collection is due.
  bool note_tensor(size_t device_bytes) {
    fresh_tensors_++;
    fresh_device_bytes_ += device_bytes;
    return fresh_tensors_ >= tensor_budget_ || fresh_device_bytes_ >= device_budget_ || over_byte_budget();
  }

  // Between two steps of a program little is alive: whether what the last step left is worth a collection, which then
  // is to be made.
  bool worth_resting();

  // The most bytes of garbage to wait for, and tensors.
  void set_budget(size_t bytes, size_t tensors);

  struct Counts {
    uint64_t minor = 0, major = 0, freed = 0;
  };
  const Counts& counts() const { return counts_; }
  size_t tracked() const { return young_.size() + old_.size(); }

  // Calls with the handle, its generation and the weak reference of each object.
  template <typename Call>
  void each(Call&& call) const {
    for (const auto* list : {&young_, &old_})
      for (const Entry& entry : *list) call(entry.handle, entry.generation, entry.reference);
  }

  void clear(napi_env env);

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    napi_ref reference;
    int32_t handle;
    uint32_t generation;
    uint32_t age;
  };
  bool over_byte_budget() const;
  void sweep_list(napi_env env, TensorTable& table, std::vector<Entry>& list, bool at_once);

  std::vector<Entry> young_, old_;
  size_t most_bytes_ = size_t{64} << 20;
  size_t byte_budget_ = size_t{8} << 20;
  // Few enough that their memory is still in the processor's cache when it is used again.
  size_t most_tensors_ = 3'000;
  size_t tensor_budget_ = 3'000;
  size_t device_budget_ = size_t{512} << 20;
  size_t fresh_tensors_ = 0;
  size_t fresh_device_bytes_ = 0;
  size_t threshold_ = size_t{8} << 20;  // alive bytes at which the next collection is due
  size_t bytes_before_ = 0;             // alive when the collection began
  size_t bytes_after_ = 0;              // alive when it ended
  size_t bytes_at_rest_ = 0;            // alive after the last one between two steps
  size_t bytes_after_major_ = 0;
  size_t tensors_after_major_ = 0;
  bool resting_ = false;  // this one is between two steps
  Clock::time_point began_{}, ended_{}, rested_{};
  Clock::duration cost_{};
  Counts counts_;

  void adapt_budgets();
};

}  // namespace typetorch
