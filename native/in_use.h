#pragma once

#include "environment.h"

#include <ATen/core/Tensor.h>

#include <atomic>
#include <string>
#include <vector>

namespace typetorch {

// A lease on tensors: readers share, a writer is alone. It is held by a call under way on another thread, or by
// JavaScript that goes on after an await. Who would race with it is refused by name; marks are the process's, as
// storages are.
class InUse {
 public:
  // `operation` as errors call it, "backward_async()", and what can be done about it. Members of one group, where that
  // is not 0, take turns and do not race with each other. What a lease's holder begins is part of that lease.
  explicit InUse(std::string operation, std::string remedy = kAwaitIt, int64_t group = 0);
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse();

  int64_t id() const { return id_; }

  // It is over.
  void release();

  // The elements are read: nobody may write them.
  void reads(const at::Tensor& tensor);
  // The elements may be written: nobody else may use them.
  void writes(const at::Tensor& tensor);
  // Backward from these roots: the graph's nodes, the leaves' elements and their gradients.
  void walks(const std::vector<at::Tensor>& roots, const std::vector<at::Tensor>& inputs);

 private:
  enum class Kind : uint8_t { Read, Write, Gradient, Node };
  friend struct Marks;
  void mark(const void* what, Kind kind);

  static constexpr const char* kAwaitIt = "which is under way: await it first";
  // As errors go on after "is in use by".
  const std::string operation_;
  const int64_t group_;
  const int64_t id_;
  std::vector<const void*> marked_;
  bool is_over_ = false;
};

extern std::atomic<int> calls_in_use;
inline bool anything_in_use() {
  return calls_in_use.load(std::memory_order_relaxed) != 0;
}

// The call under way that this thread works for, 0 for none. It goes along to the engine's threads, and to this one
// while it serves a hook: what a call's own hooks do is no race with it. Which lease JavaScript works for belongs to
// its asynchronous context (lib/leases.ts).
int64_t acting_for();
class ActingFor {
 public:
  explicit ActingFor(int64_t id);
  ActingFor(const ActingFor&) = delete;
  ActingFor& operator=(const ActingFor&) = delete;
  ~ActingFor();
};

// Each throws what says which call uses the tensor; `what` is the text's subject: "add_(): argument 'input'".
void check_use(const at::Tensor& tensor, Use use, const std::string& what);
void check_read(const at::Tensor& tensor, const std::string& what);
void check_write(const at::Tensor& tensor, const std::string& what);
void check_gradient(const at::Tensor& tensor, const std::string& what);
void check_graph(const std::vector<at::Tensor>& roots, const std::string& what);
void check_node(const void* node, const std::string& what);
// Whether a call under way may set the tensor's gradient: nobody else looks at it then.
bool is_gradient_in_use(const at::Tensor& tensor);

// begin_use(operation, read, written, in_turn, remedy): its number; end_use(number).
void export_in_use(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
