#include "custom_function.h"

#include "callback.h"
#include "guard.h"
#include "tensor.h"

#include <ATen/ops/view_as.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <mutex>
#include <unordered_map>

namespace typetorch {
namespace {

using torch::autograd::Node;
using torch::autograd::SavedVariable;
using torch::autograd::VariableInfo;

struct FunctionNode;

// A context in JavaScript names its node by a number: an object that held the node would free it only when the event
// loop turns.
std::mutex nodes_mutex;
std::unordered_map<int64_t, FunctionNode*> nodes;
int64_t next_node = 1;

// A call of a Function. Its context lives in JavaScript, and its results keep it alive there.
struct FunctionNode : Node {
  FunctionNode(Hook hook, std::string name) : hook(std::move(hook)), name_(std::move(name)) {
    const std::lock_guard<std::mutex> lock(nodes_mutex);
    id = next_node++;
    nodes.emplace(id, this);
  }
  ~FunctionNode() override { forget(); }

  std::string name() const override { return name_; }

  // Gradients of the results in, those of the tensors among the arguments out.
  variable_list apply(variable_list&& gradients) override {
    at::OptionalDeviceGuard device_guard;
    if (materialize) {
      for (size_t i = 0; i < gradients.size(); i++)
        if (!gradients[i].defined()) gradients[i] = outputs[i].zeros(device_guard);
    }
    Environment& environment = hook->environment;
    variable_list answer;
    on_thread_of(environment, [&] {
      const Napi::Value result = hook->call([&]() -> Napi::Value { return handles_of(environment, gradients); });
      TORCH_CHECK(!result.IsEmpty(), "the context of ", name_,
                  " was collected: keep one of the tensors that its call returned until backward has run");
      answer = tensors_of(environment, result, Use::Read, "a gradient that a Function has computed");
    });
    return answer;
  }

  void release_variables() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    saved.clear();
    is_released = true;
  }

  void release_resources() override {
    forget();
    Node::release_resources();
  }

  const Hook hook;
  int64_t id = 0;
  bool materialize = true;
  bool is_released = false;
  std::vector<SavedVariable> saved;
  std::vector<VariableInfo> outputs;

 private:
  void forget() {
    const std::lock_guard<std::mutex> lock(nodes_mutex);
    nodes.erase(id);
  }

  const std::string name_;
};

using Implementations = std::unordered_set<at::TensorImpl*>;

Implementations implementations(const variable_list& tensors) {
  Implementations found;
  for (const at::Tensor& tensor : tensors)
    if (tensor.defined()) found.insert(tensor.unsafeGetTensorImpl());
  return found;
}

// What JavaScript says of a call, by the names in lib/autograd/function.ts.
struct Call {
  Environment& environment;
  Napi::Object object;

  variable_list tensors(const char* name, Use use = Use::Facts, const char* what = "") const {
    return tensors_of(environment, object.Get(name), use, what);
  }
  bool flag(const char* name) const { return object.Get(name).ToBoolean(); }
};

// forward mode: the tangents of the arguments in, those of the results out
torch::autograd::_jvp_fn_t jvp_of(Environment& environment, const Napi::Value& function) {
  const auto held =
      function.IsFunction() ? std::make_shared<Held>(environment, function, Held::Strength::Strong) : nullptr;
  return [held, &environment](variable_list, variable_list tangents) -> variable_list {
    TORCH_CHECK_NOT_IMPLEMENTED(
        held != nullptr,
        "You must implement the jvp function for custom autograd.Function to use it with forward mode AD.");
    variable_list results;
    on_thread_of(environment, [&] {
      results = tensors_of(environment, run_hook(environment, held->get(), handles_of(environment, tangents)),
                           Use::Read, "a tangent that a Function has computed");
    });
    return results;
  };
}

// finish_function({ name, hook, inputs, outputs, dirty, non_differentiable, to_save, materialize, executable,
// separate_context, jvp }): [node or 0, for each output 0 where it stayed the same tensor, else a new handle].
Napi::Value finish_function(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const Call call{environment, info[0].As<Napi::Object>()};
  const variable_list inputs = call.tensors("inputs");
  const variable_list outputs = call.tensors("outputs");
  const variable_list dirty = call.tensors("dirty", Use::Write, "mark_dirty(): the tensor");
  const variable_list to_save = call.tensors("to_save");
  // The graph must know that what it saved has changed.
  for (const at::Tensor& tensor : dirty) torch::autograd::impl::bump_version(tensor);

  c10::intrusive_ptr<FunctionNode> node;
  if (call.flag("executable")) {
    node = c10::make_intrusive<FunctionNode>(c10::make_intrusive<WeakHook>(environment, call.object.Get("hook")),
                                             call.object.Get("name").As<Napi::String>());
    node->hook->attach(node.get());
    node->set_next_edges(torch::autograd::collect_next_edges(inputs));
    node->materialize = call.flag("materialize");
    node->clear_input_metadata();
  }
  std::vector<std::optional<at::Tensor>> raw(outputs.begin(), outputs.end());
  for (auto& output : raw)
    if (!output->defined()) output.reset();
  const auto wrapped = torch::autograd::_wrap_outputs(
      inputs, implementations(call.tensors("non_differentiable")), implementations(dirty), raw, node,
      jvp_of(environment, call.object.Get("jvp")),
      call.flag("separate_context") ? implementations(to_save) : Implementations(),
      [](const at::Tensor& tensor) { return tensor.view_as(tensor); }, false);

  Napi::Array result = Napi::Array::New(info.Env(), wrapped.size() + 1);
  FreshHandles fresh(environment);
  for (uint32_t i = 0; i < wrapped.size(); i++) {
    const bool is_same = !wrapped[i] || (raw[i] && wrapped[i]->is_same(*raw[i]));
    result.Set(i + 1, is_same ? 0 : fresh.put(*wrapped[i]));
    if (!node) continue;
    // What is no tensor has no gradient, which stays undefined.
    node->outputs.push_back(wrapped[i] ? VariableInfo(*wrapped[i]) : VariableInfo());
  }
  if (node) {
    // Output i may be in to_save under the tensor that the user made, or under the one that it became.
    for (at::Tensor tensor : to_save) {
      const bool is_output = tensor.defined() && tensor.grad_fn().get() == node.get();
      node->saved.emplace_back(tensor, is_output);
    }
  }
  result.Set(0u, int_result(info, node ? node->id : 0));
  fresh.keep();
  return result;
}

c10::intrusive_ptr<FunctionNode> node_argument(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(nodes_mutex);
  const auto found = nodes.find(int_argument(info, 0));
  TORCH_CHECK(found != nodes.end(), torch::autograd::ERR_BACKWARD_TWICE);
  return c10::intrusive_ptr<FunctionNode>::unsafe_reclaim_from_nonowning(found->second);
}

// saved_of_function(node): the saved tensors' handles.
Napi::Value saved_of_function(const Napi::CallbackInfo& info) {
  const auto node = node_argument(info);
  TORCH_CHECK(!node->is_released, torch::autograd::ERR_BACKWARD_TWICE);
  variable_list tensors;
  for (const SavedVariable& saved : node->saved) tensors.push_back(saved.unpack(node));
  return handles_of(Environment::of(info.Env()), tensors);
}

}  // namespace

void export_custom_function(Napi::Env env, Napi::Object exports) {
  export_function<finish_function>(env, exports, "finish_function");
  export_function<saved_of_function>(env, exports, "saved_of_function");
}

}  // namespace typetorch
