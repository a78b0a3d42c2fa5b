#pragma once

#include "memory.h"
#include "tensor_table.h"

#include <ATen/core/Generator.h>
#include <ATen/core/stack.h>
#include <c10/util/SmallVector.h>
#include <napi.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>

namespace typetorch {

struct BoundOperator;
struct OwnLibrary;
struct Desk;
class InUse;
struct Background;

// What a call does with a tensor, for other threads' sake: calls under way rule some of it out (native/in_use.h).
enum class Use : uint8_t {
  Facts,     // looks neither at its elements nor at its gradient
  Read,      // its elements
  Write,     // its elements, its history, or its version
  Gradient,  // its gradient, or its hooks
};

// What belongs to one JavaScript environment (the main thread or a worker): handles, prepared operators,
// JavaScript's own functions. Nothing of it is shared; a worker that ends takes its own with it.
struct Environment {
  explicit Environment(napi_env env);
  ~Environment();

  static Environment& of(napi_env env);
  // The one whose JavaScript runs on this thread; null on LibTorch's own threads.
  static Environment* of_this_thread();
  // Several where the package was loaded more than once.
  static const std::vector<Environment*>& all_of_this_thread();

  napi_env env;
  TensorTable tensors;
  Collector collector;
  std::thread::id thread = std::this_thread::get_id();

  std::vector<std::unique_ptr<BoundOperator>> operators;
  std::vector<at::Generator> generators;  // a Generator object's handle is its place here, plus one
  std::vector<uint32_t> free_generators;

  // What JavaScript has registered with the dispatcher; a place is left empty when it is taken back.
  std::vector<std::shared_ptr<OwnLibrary>> libraries;
  // False once this is gone, for what outlives it.
  const std::shared_ptr<std::atomic<bool>> living = std::make_shared<std::atomic<bool>>(true);

  // A worker draws from a generator of its own; the main thread from LibTorch's default one.
  std::optional<at::Generator> own_generator;

  // One ArrayBuffer a storage, while JavaScript looks at it.
  std::unordered_map<c10::StorageImpl*, Napi::ObjectReference> storage_buffers;

  // The objects of the graph's nodes that JavaScript has seen, weakly; those that are gone are dropped now and then.
  std::unordered_map<const void*, napi_ref> nodes;
  size_t most_nodes = 1024;
  // Where other threads ask this one for calls; the thread of ours, once something was asked of it; what calls under
  // way in workers use.
  std::shared_ptr<Desk> desk;
  std::unique_ptr<Background> background;
  std::unordered_map<int64_t, std::unique_ptr<InUse>> uses;
  // What the event loop does when another thread has woken it.
  std::function<void()> on_turn;

  // Set once by lib/tensor.ts: makes a JavaScript error, runs a hook, collects when memory has run out, knows the lease
  // that the asynchronous context works for.
  Napi::FunctionReference make_error;
  Napi::FunctionReference run_hook;
  Napi::FunctionReference collect_all;
  Napi::FunctionReference call_stack;
  Napi::FunctionReference emit_warning;
  Napi::FunctionReference current_lease;

  // Shared with JavaScript: [0] asks for a collection, the rest are the handles of several results.
  static constexpr size_t kFlags = 8;
  Napi::Reference<Napi::Int32Array> flags_reference;
  int32_t* flags = nullptr;

  // Shared with JavaScript: the lists of numbers of the call under way, each as its length and then its numbers.
  // Node-API takes some 60 ns for an element of an array.
  static constexpr size_t kListNumbers = 64;
  Napi::Reference<Napi::Float64Array> lists_reference;
  double* lists = nullptr;
  size_t next_list = 0;

  // Argument stacks, one for each level of nesting: a hook inside backward may call operators.
  torch::jit::Stack& push_stack();
  void pop_stack();

  int32_t put(at::Tensor tensor);
  // The same as JavaScript's number.
  napi_value hand_over(at::Tensor tensor);

  // The tensor of a handle; an error where it is gone, or where a call under way on another thread rules the use out.
  // `what` is the error's subject: "item(): the tensor". The caller owns it: a collection may come at any allocation.
  at::Tensor tensor(int32_t handle, Use use, const char* what = "") const;
  // For a look at facts that allocates nothing.
  const at::Tensor& peek(int32_t handle) const;

 private:
  std::deque<torch::jit::Stack> stacks_;
  size_t depth_ = 0;
};

std::shared_ptr<Desk> make_desk();

// Handles on their way to JavaScript: given up again unless all of them get there.
class FreshHandles {
 public:
  explicit FreshHandles(Environment& environment) : environment_(environment) {}
  FreshHandles(const FreshHandles&) = delete;
  FreshHandles& operator=(const FreshHandles&) = delete;
  ~FreshHandles() {
    for (const int32_t handle : handles_) environment_.tensors.release(handle);
  }
  int32_t put(at::Tensor tensor) {
    handles_.push_back(0);
    return handles_.back() = environment_.put(std::move(tensor));
  }
  void keep() { handles_.clear(); }

 private:
  Environment& environment_;
  c10::SmallVector<int32_t, 8> handles_;
};

// How many environments live in this process; more than one means that random draws must take turns.
int environment_count();

}  // namespace typetorch
