#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace typetorch {

// Handle <-> at::Tensor of one environment. A handle is a small positive integer; zero stands for an undefined
// tensor, a negative one for a tensor that was disposed of (it names the reason). A slot is used again only
// when no JavaScript object holds its handle any more; the generation tells a late reference so.
class TensorTable {
 public:
  int32_t put(at::Tensor tensor) {
    if (!tensor.defined()) return 0;
    if (!retired_.empty()) release_one_retired();
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(slots_.size());
      slots_.push_back({std::move(tensor), 0});
    } else {
      index = free_.back();
      free_.pop_back();
      slots_[index].tensor = std::move(tensor);
    }
    return static_cast<int32_t>(index + 1);
  }

  // Null for anything that is no living handle.
  const at::Tensor* find(int32_t handle) const {
    const auto index = static_cast<uint32_t>(handle) - 1;
    if (handle <= 0 || index >= slots_.size() || !slots_[index].tensor.defined()) return nullptr;
    return &slots_[index].tensor;
  }

  uint32_t generation(int32_t handle) const { return slots_[static_cast<uint32_t>(handle) - 1].generation; }

  void release(int32_t handle) {
    if (find(handle) == nullptr) return;
    const auto index = static_cast<uint32_t>(handle) - 1;
    slots_[index].generation++;
    free_.push_back(index);
    // Moved out first: destroying a tensor can run hooks' destructors that come back here.
    const at::Tensor dead = std::move(slots_[index].tensor);
  }

  void release_if(int32_t handle, uint32_t generation) {
    if (find(handle) != nullptr && this->generation(handle) == generation) release(handle);
  }

  // Gives up the handle now and the tensor later: at the next put. The memory of a tensor that goes as the next one
  // comes is still at hand for malloc and in the processor's cache; that of a thousand at once is neither.
  void retire_if(int32_t handle, uint32_t generation) {
    if (find(handle) == nullptr || this->generation(handle) != generation) return;
    const auto index = static_cast<uint32_t>(handle) - 1;
    slots_[index].generation++;
    free_.push_back(index);
    retired_.push_back(std::move(slots_[index].tensor));
  }

  void release_retired() {
    while (!retired_.empty()) release_one_retired();
  }

  size_t alive() const { return slots_.size() - free_.size(); }

  void clear() {
    std::vector<Slot> dead;
    dead.swap(slots_);
    free_.clear();
    release_retired();
  }

 private:
  void release_one_retired() {
    const at::Tensor dead = std::move(retired_.back());
    retired_.pop_back();
  }

  struct Slot {
    at::Tensor tensor;
    uint32_t generation;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<at::Tensor> retired_;
};

}  // namespace typetorch
