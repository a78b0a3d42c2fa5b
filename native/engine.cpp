#include "engine.h"

#include "callback.h"
#include "graph.h"
#include "guard.h"
#include "tensor.h"

#include <ATen/SequenceNumber.h>
#include <torch/csrc/autograd/anomaly_mode.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/graph_task.h>
#include <torch/csrc/autograd/saved_variable_hooks.h>

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace typetorch {
namespace {

using torch::autograd::Engine;
using torch::autograd::Node;

// torch.autograd.graph.saved_tensors_hooks, as the thread is in it now.
struct HookPair {
  HookPair(Environment& environment, napi_value pack) : pack(environment, pack, Held::Strength::Strong) {}
  Held pack;
};
thread_local std::shared_ptr<HookPair> current_hooks;

// What JavaScript has made of one saved tensor: how to unpack it, and from what. It may hold what was computed from the
// tensor, so it is held strongly only until an object from which backward comes here carries it (settle_saves).
struct Record : c10::intrusive_ptr_target {
  Record(Environment& environment, napi_value value)
      : hook(c10::make_intrusive<WeakHook>(environment, value)),
        strong(std::make_unique<Held>(environment, value, Held::Strength::Strong)) {}
  const Hook hook;
  std::unique_ptr<Held> strong;
};

// Made since the last operator's results, with what the number of the next node was: that of the node that saves is one
// less.
struct Fresh {
  uint64_t next_number;
  c10::intrusive_ptr<Record> record;
};
thread_local std::vector<Fresh> fresh_records;

// One saved tensor: packed into a JavaScript value, or a tensor, until backward unpacks it.
struct PackedTensor : torch::autograd::SavedVariableHooks {
  explicit PackedTensor(std::shared_ptr<HookPair> hooks) : hooks_(std::move(hooks)) {}

  void call_pack_hook(const at::Tensor& tensor) override {
    Environment& environment = hooks_->pack.environment;
    const bool is_own_thread = std::this_thread::get_id() == environment.thread;
    on_thread_of(environment, [&] {
      const Napi::Value made =
          run_hook(environment, hooks_->pack.get(), Napi::Number::New(environment.env, environment.put(tensor)));
      record_ = c10::make_intrusive<Record>(environment, made);
      // A tensor is kept as one: its object would not live without a strong reference.
      const int32_t handle = made.As<Napi::Object>().Get("tensor").As<Napi::Number>().Int32Value();
      if (handle != 0) tensor_ = environment.tensor(handle, Use::Facts);
    });
    if (is_own_thread) fresh_records.push_back({at::sequence_number::peek(), record_});
    hooks_.reset();
  }

  at::Tensor call_unpack_hook() override {
    Environment& environment = record_->hook->environment;
    at::Tensor tensor;
    on_thread_of(environment, [&] {
      napi_value record = record_->hook->function.get();
      TORCH_CHECK(record != nullptr, "what pack_hook made of a saved tensor is gone");
      const Napi::Value unpack = Napi::Object(environment.env, record).Get("unpack");
      const Napi::Value answer =
          run_hook(environment, unpack, Napi::Number::New(environment.env, environment.put(tensor_)));
      tensor =
          environment.tensor(answer.As<Napi::Number>().Int32Value(), Use::Read, "a tensor that unpack_hook has given");
    });
    return tensor;
  }

 private:
  std::shared_ptr<HookPair> hooks_;
  at::Tensor tensor_;
  c10::intrusive_ptr<Record> record_;
};

// settle_saves(results): the records that nodes behind these have made since the last call. From now on they live as
// long as JavaScript keeps them: what is found in the graph is carried by the results, what is not is held as before.
Napi::Value settle_saves(const Napi::CallbackInfo& info) {
  Napi::Array settled = Napi::Array::New(info.Env());
  const std::vector<Fresh> fresh = std::exchange(fresh_records, {});
  if (fresh.empty()) return settled;
  std::unordered_map<uint64_t, Node*> nodes;
  std::vector<Node*> waiting;
  const uint64_t least = fresh.front().next_number - 1;
  const auto visit = [&](Node* node) {
    if (node != nullptr && node->sequence_nr() >= least && node->topological_nr() > 0 &&
        nodes.emplace(node->sequence_nr(), node).second)
      waiting.push_back(node);
  };
  for (const at::Tensor& result : tensors_of(Environment::of(info.Env()), info[0], Use::Facts))
    visit(result.grad_fn().get());
  while (!waiting.empty()) {
    Node* node = waiting.back();
    waiting.pop_back();
    for (const auto& edge : node->next_edges()) visit(edge.function.get());
  }
  uint32_t count = 0;
  for (const Fresh& one : fresh) {
    const auto found = nodes.find(one.next_number - 1);
    if (found == nodes.end() || !one.record->strong) continue;
    settled.Set(count++, Napi::Value(info.Env(), one.record->strong->get()));
    one.record->hook->attach(found->second);
    one.record->strong.reset();
  }
  return settled;
}

// Where in the user's program a node was made, for detect_anomaly.
struct Origin : torch::autograd::AnomalyMetadata {
  void store_stack() override {
    Environment* environment = Environment::of_this_thread();
    if (environment == nullptr) return;
    const Napi::HandleScope scope(environment->env);
    stack_ = environment->call_stack.Call({}).As<Napi::String>();
  }
  void print_stack(const std::string& name) override {
    TORCH_WARN("Error detected in ", name, ". ",
               stack_.empty() ? "No forward pass information available. Enable detect anomaly during forward pass for "
                                "more information."
                              : "Traceback of forward call that caused the error:\n" + stack_);
    if (parent_) static_cast<Origin*>(parent_->metadata())->print_parent(parent_->name(), name);
  }
  void assign_parent(const c10::intrusive_ptr<Node>& parent) override { parent_ = parent; }

  // What the user keeps with the node; `fresh` becomes it where there is none.
  napi_value dictionary(Environment& environment, const Node* node, const Napi::Object& fresh) {
    napi_value found = dictionary_ ? dictionary_->function.get() : nullptr;
    if (found != nullptr) return found;
    if (!stack_.empty()) define(fresh, "traceback_", stack_);
    dictionary_ = c10::make_intrusive<WeakHook>(environment, fresh);
    dictionary_->attach(node);
    return fresh;
  }

 private:
  void print_parent(const std::string& name, const std::string& child) {
    TORCH_WARN("\n\nPrevious calculation of ", child, " was induced by ", name,
               stack_.empty() ? ". No forward pass information available."
                              : ". Traceback of forward call that induced the previous calculation:\n" + stack_);
    if (parent_) static_cast<Origin*>(parent_->metadata())->print_parent(parent_->name(), name);
  }
  std::string stack_;
  Hook dictionary_;
  c10::intrusive_ptr<Node> parent_;
};

struct JavaScriptEngine : Engine {
  std::unique_ptr<torch::autograd::AnomalyMetadata> make_anomaly_metadata() override {
    return std::make_unique<Origin>();
  }
  std::unique_ptr<torch::autograd::SavedVariableHooks> get_default_saved_variable_hooks() override {
    if (!current_hooks) return nullptr;
    return std::make_unique<PackedTensor>(current_hooks);
  }
};

// Never destroyed: its threads may outlive everything else.
Engine& engine() {
  static auto* the_engine = new JavaScriptEngine();
  return *the_engine;
}

// set_saved_tensor_hooks(pack), or nothing for none.
Napi::Value set_hook_pair(const Napi::CallbackInfo& info) {
  fresh_records.clear();
  current_hooks = info[0].IsFunction() ? std::make_shared<HookPair>(Environment::of(info.Env()), info[0]) : nullptr;
  return info.Env().Undefined();
}

// node_metadata(a node's tensor, {}): what the user keeps with the node, the object given where that is nothing yet.
Napi::Value node_metadata(const Napi::CallbackInfo& info) {
  const auto node = graph_argument(info);
  auto* origin = dynamic_cast<Origin*>(node->metadata());
  TORCH_CHECK(origin != nullptr, "the node's metadata were made by another engine");
  return {info.Env(), origin->dictionary(Environment::of(info.Env()), node.get(), info[1].As<Napi::Object>())};
}

// graph_task(): the number of the backward under way on this thread, -1 for none.
Napi::Value graph_task(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), torch::autograd::get_current_graph_task_id());
}

// is_checkpoint_valid(): whether the backward under way goes to all leaves.
Napi::Value is_checkpoint_valid(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Engine::get_default_engine().is_checkpoint_valid());
}

}  // namespace

SavedTensorHooks saved_tensor_hooks() {
  return current_hooks;
}

void set_saved_tensor_hooks(SavedTensorHooks hooks) {
  current_hooks = std::static_pointer_cast<HookPair>(std::move(hooks));
}

void export_engine(Napi::Env env, Napi::Object exports) {
  torch::autograd::set_default_engine_stub(engine);
  export_function<set_hook_pair>(env, exports, "set_saved_tensor_hooks");
  export_function<settle_saves>(env, exports, "settle_saves");
  export_function<node_metadata>(env, exports, "node_metadata");
  export_function<graph_task>(env, exports, "graph_task");
  export_function<is_checkpoint_valid>(env, exports, "is_checkpoint_valid");
}

}  // namespace typetorch
