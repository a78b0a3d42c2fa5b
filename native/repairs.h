#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/operator_name.h>
#include <ATen/core/stack.h>
#include <c10/util/SmallVector.h>

namespace typetorch {

// Looks at a call's arguments before LibTorch does: refuses or mends what would bring the process down.
using Repair = void (*)(torch::jit::Stack& stack);

// Null for all operators but the few of docs/hazards.md.
Repair repair_of(const c10::OperatorName& name);

// The same for kernels that LibTorch calls itself, too: once a process.
void repair_kernels();

using WrittenTensors = c10::SmallVector<at::Tensor, 2>;

// The sizes of tensors over memory that cannot grow, since others look at it: it is LibTorch that refuses to, once it
// has given the tensor its new sizes.
class FixedSizes {
 public:
  explicit FixedSizes(const WrittenTensors& tensors);
  void put_back() const;

 private:
  struct Entry {
    at::Tensor tensor;
    std::vector<int64_t> sizes, strides;
    int64_t offset;
  };
  std::vector<Entry> entries_;
};

// The tensors of an argument: itself, or those of a list.
void collect_tensors(const c10::IValue& value, WrittenTensors& tensors);

// LibTorch's resize_ writes the new sizes down before it asks for their memory. A call that was refused it leaves a
// tensor that reaches beyond its memory: it becomes an empty one.
void empty_if_torn(const at::Tensor& tensor);

}  // namespace typetorch
