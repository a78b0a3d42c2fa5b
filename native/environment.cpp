#include "environment.h"

#include "background.h"
#include "data.h"
#include "guard.h"
#include "in_use.h"
#include "library.h"
#include "op_table.h"
#include "status.h"

#include <unistd.h>

#include <atomic>

namespace typetorch {
namespace {

std::atomic<int> environments{0};
thread_local Environment* current = nullptr;
thread_local std::vector<Environment*> of_thread;

// The main thread's environment is left as it is at exit: LibTorch's own static objects go down at the same
// time in an order nobody controls. A worker that ends gives back what it held.
void on_environment_end(void* data) {
  if (getpid() == gettid()) return;
  delete static_cast<Environment*>(data);
}

}  // namespace

Environment::Environment(napi_env env) : env(env), desk(make_desk()) {
  auto memory = Napi::Int32Array::New(env, kFlags);
  flags = memory.Data();
  flags_reference = Napi::Persistent(memory);
  auto numbers = Napi::Float64Array::New(env, kListNumbers);
  lists = numbers.Data();
  lists_reference = Napi::Persistent(numbers);
  checked(env, napi_set_instance_data(env, this, nullptr, nullptr));
  checked(env, napi_add_env_cleanup_hook(env, on_environment_end, this));
  environments++;
  current = this;
  of_thread.push_back(this);
}

Environment::~Environment() {
  *living = false;
  libraries.clear();
  collector.clear(env);
  tensors.clear();
  environments--;
  current = nullptr;
  std::erase(of_thread, this);
}

Environment& Environment::of(napi_env env) {
  void* data = nullptr;
  checked(env, napi_get_instance_data(env, &data));
  return *static_cast<Environment*>(data);
}

Environment* Environment::of_this_thread() {
  return current;
}

const std::vector<Environment*>& Environment::all_of_this_thread() {
  return of_thread;
}

torch::jit::Stack& Environment::push_stack() {
  if (depth_ == stacks_.size()) stacks_.emplace_back().reserve(16);
  return stacks_[depth_++];
}

void Environment::pop_stack() {
  stacks_[--depth_].clear();
}

int32_t Environment::put(at::Tensor tensor) {
  if (!tensor.defined()) return 0;
  const size_t device_bytes = tensor.is_cpu() || !tensor.has_storage() ? 0 : tensor.storage().nbytes();
  if (collector.note_tensor(device_bytes)) flags[0] = 1;
  return tensors.put(std::move(tensor));
}

napi_value Environment::hand_over(at::Tensor tensor) {
  const int32_t handle = put(std::move(tensor));
  napi_value value;
  if (napi_create_int32(env, handle, &value) == napi_ok) [[likely]]
    return value;
  tensors.release(handle);
  throw_status(env);
}

const at::Tensor& Environment::peek(int32_t handle) const {
  const at::Tensor* found = tensors.find(handle);
  if (found == nullptr) throw DisposedTensor{handle, {}};
  if (borrowed_storages.load(std::memory_order_relaxed) != 0) check_borrowed(*found);
  return *found;
}

at::Tensor Environment::tensor(int32_t handle, Use use, const char* what) const {
  const at::Tensor& found = peek(handle);
  if (use != Use::Facts && anything_in_use()) check_use(found, use, what);
  return found;
}

int environment_count() {
  return environments;
}

}  // namespace typetorch
