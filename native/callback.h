#pragma once

#include "environment.h"
#include "shared_numbers.h"

#include <napi.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/custom_class.h>

#include <chrono>
#include <functional>
#include <memory>

namespace typetorch {

using torch::autograd::variable_list;

// Handles in an array, 0 for none.
variable_list tensors_of(Environment& environment, const Napi::Value& value, Use use, const char* what = "");
Napi::Array handles_of(Environment& environment, const variable_list& tensors);

// How operators record on this thread.
Mode thread_mode();

// What LibTorch keeps of a JavaScript value. Node-API does not trace: a strong reference keeps every closure that holds
// its own tensor, so functions that the graph calls are held weakly, and the strong edge lives in JavaScript
// (lib/autograd/hooks.ts). References that die on another thread than theirs are given back at the next one's birth.
class Held {
 public:
  enum class Strength : uint32_t { Weak = 0, Strong = 1 };
  Held(Environment& environment, napi_value value, Strength strength);
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held();

  // Null where it is gone.
  napi_value get() const;

  Environment& environment;

 private:
  napi_env env_;
  std::thread::id thread_;
  napi_ref reference_ = nullptr;
};

// Runs `call` on the thread of the environment, with a HandleScope open: at once, or when that thread serves, or by its
// event loop. An exception of JavaScript's crosses the other threads as ThrownElsewhere.
void on_thread_of(Environment& environment, const std::function<void()>& call);

// The same on another thread than the environment's, which waits no longer than this for the call to begin: false where
// it did not, or could not.
bool ask_within(Environment& environment, std::chrono::milliseconds longest, const std::function<void()>& call);

// What was thrown in JavaScript: the value itself stays on its own thread, where it is thrown again.
struct ThrownElsewhere : std::runtime_error {
  ThrownElsewhere(Environment& environment, const Napi::Error& error);
  std::shared_ptr<Napi::Error> error;
};

// Lets the event loop of the environment serve, as a call on another thread goes on. Where nothing serves, such a call
// to JavaScript fails.
void serve_by_loop(Environment& environment);
// Has the event loop call `on_turn`, from any thread.
void wake_loop(Environment& environment);
// Whether calls under way keep the process alive.
void hold_loop(Environment& environment, bool hold);
// The environment ends: whoever waits for it fails, but for those whose calls are being served. Whether there is none.
bool stop_serving(Environment& environment);

// Runs `work`, in this thread's modes, on a thread of its own, while this one serves what others ask of it.
void serve_while(Environment& environment, const std::function<void()>& work);

// Hooks on what operators save (native/engine.cpp), as this thread is in them.
using SavedTensorHooks = std::shared_ptr<void>;
SavedTensorHooks saved_tensor_hooks();
void set_saved_tensor_hooks(SavedTensorHooks hooks);

// run_hook(function, argument, this thread's mode, the call under way that it belongs to or 0) of lib/tensor.ts. On the
// environment's thread only.
Napi::Value run_hook(Environment& environment, napi_value function, const Napi::Value& argument);

// A JavaScript function that the graph calls, or what else a node has in JavaScript, held weakly.
struct WeakHook : torch::CustomClassHolder {
  WeakHook(Environment& environment, napi_value function)
      : environment(environment), function(environment, function, Held::Strength::Weak) {}
  ~WeakHook() override;

  // Says where in the graph it is: at a node, or at the leaf of this implementation.
  void attach(const void* place);

  // run_hook of the function and the argument; empty where the function is gone.
  Napi::Value call(const std::function<Napi::Value()>& argument) const;

  Environment& environment;
  Held function;

 private:
  const void* place_ = nullptr;
};
using Hook = c10::intrusive_ptr<WeakHook>;

// What is attached to a place. On the environment's thread only.
bool any_attached();
void each_attached(const Environment& environment, const void* place, const std::function<void(napi_value)>& call);

// Lets what is held of this environment's values be let go of, as long as it lives.
void open_environment(Napi::Env env);

}  // namespace typetorch
