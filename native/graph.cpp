#include "graph.h"

#include "callback.h"
#include "guard.h"
#include "tensor.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty_strided.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/graph_task.h>

#include <map>
#include <unordered_map>
#include <unordered_set>

namespace typetorch {
namespace {

using torch::autograd::AccumulateGrad;
using torch::autograd::Edge;
using torch::autograd::Node;
namespace impl = torch::autograd::impl;

// A node in JavaScript is an object that has a tensor made by nothing else: handles, collection, and what keeps hooks
// alive are those of tensors.
at::Tensor tensor_at(Edge edge) {
  const c10::InferenceMode off(false);
  at::Tensor tensor = at::detail::empty_cpu({0}, at::kFloat);
  impl::set_gradient_edge(tensor, std::move(edge));
  return tensor;
}

c10::intrusive_ptr<Node> graph_argument(const Napi::CallbackInfo& info) {
  auto node = tensor_argument(info, 0).grad_fn();
  TORCH_CHECK(node, "the tensor has no node");
  return node;
}

// The node that a tensor was made by, without making a new one for a view whose base has changed.
void each_root(const at::Tensor& tensor, const std::function<void(Node*)>& call) {
  if (Node* node = impl::grad_fn_unsafe(tensor)) call(node);
  const auto* view = impl::get_view_autograd_meta(tensor);
  if (view == nullptr || !view->has_bw_view()) return;
  if (Node* node = impl::grad_fn_unsafe(view->get_backward_view().base_)) call(node);
}

const at::Tensor& gradient_of(const at::Tensor& tensor) {
  return tensor.unsafeGetTensorImpl()->grad();
}

// Which nodes reach one node: each is looked at once. A node's topological number is greater than those it reaches.
class Reach {
 public:
  explicit Reach(Node* target) : target_(target), number_(target->topological_nr()) {}

  bool from(Node* root) {
    if (const auto known = look(root)) return *known;
    std::vector<std::pair<Node*, size_t>> path{{root, 0}};
    while (!path.empty()) {
      auto& [node, next] = path.back();
      if (next == node->next_edges().size()) {
        known_[node] = false;
        path.pop_back();
        continue;
      }
      Node* child = node->next_edges()[next++].function.get();
      if (child == nullptr) continue;
      const auto known = look(child);
      if (!known) {
        path.emplace_back(child, 0);
      } else if (*known) {
        for (const auto& step : path) known_[step.first] = true;
        return true;
      }
    }
    return false;
  }

  bool from(const at::Tensor& tensor) {
    bool found = false;
    each_root(tensor, [&](Node* root) { found = found || from(root); });
    return found;
  }

 private:
  std::optional<bool> look(Node* node) const {
    if (node == target_) return true;
    if (node->topological_nr() <= number_) return false;
    const auto found = known_.find(node);
    return found == known_.end() ? std::nullopt : std::optional<bool>(found->second);
  }

  Node* const target_;
  const uint64_t number_;
  std::unordered_map<Node*, bool> known_;
};

// The objects, and the places in a list of handles that nobody has handed over, of the tensors that a test finds.
Napi::Array find_objects(Environment& environment, const Napi::Value& handles,
                         const std::function<bool(const at::Tensor&)>& is_wanted) {
  Napi::Array found = Napi::Array::New(environment.env);
  uint32_t count = 0;
  environment.collector.each([&](int32_t handle, uint32_t generation, napi_ref reference) {
    const at::Tensor* tensor = environment.tensors.find(handle);
    if (tensor == nullptr || environment.tensors.generation(handle) != generation || !is_wanted(*tensor)) return;
    napi_value object = nullptr;
    napi_get_reference_value(environment.env, reference, &object);
    if (object != nullptr) found.Set(count++, Napi::Value(environment.env, object));
  });
  const auto others = handles.As<Napi::Array>();
  for (uint32_t i = 0; i < others.Length(); i++) {
    const at::Tensor* tensor = environment.tensors.find(others.Get(i).As<Napi::Number>().Int32Value());
    if (tensor != nullptr && is_wanted(*tensor)) found.Set(count++, Napi::Number::New(environment.env, i));
  }
  return found;
}

enum Way : int { kOfTensor, kOfGradient, kOfChange };

// objects_reaching(x, way, handles): the tensors from which backward can come to x's node (0), whose gradient it can
// (1), or that have part in a change in place of x or of what x is a view of (2); objects, or places in `handles`.
Napi::Value objects_reaching(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const at::Tensor& tensor = tensor_argument(info, 0);
  const int way = info[1].As<Napi::Number>().Int32Value();
  const auto* view = impl::get_view_autograd_meta(tensor);
  // Just made: nobody else has the node, nor the leaf.
  const auto& own = tensor.grad_fn();
  const bool is_fresh = view == nullptr && tensor.use_count() == 1 &&
                        (own ? own.use_count() == 1 : !impl::try_get_grad_accumulator(tensor));
  if (way != kOfChange && is_fresh) return Napi::Array::New(info.Env());
  c10::intrusive_ptr<Node> node;
  if (way == kOfChange && view != nullptr && view->has_bw_view()) node = view->get_backward_view().base_.grad_fn();
  if (!node) node = tensor.grad_fn();
  const at::TensorImpl* leaf = node ? nullptr : tensor.unsafeGetTensorImpl();
  if (!node) node = impl::try_get_grad_accumulator(tensor);
  if (const auto* accumulate = dynamic_cast<AccumulateGrad*>(node.get()))
    leaf = accumulate->variable.unsafeGetTensorImpl();
  std::optional<Reach> reach;
  if (node) reach.emplace(node.get());
  return find_objects(environment, info[2], [&](const at::Tensor& other) {
    if (way == kOfGradient) return reach && gradient_of(other).defined() && reach->from(gradient_of(other));
    return other.unsafeGetTensorImpl() == leaf || (reach && reach->from(other));
  });
}

// objects_with_recorded_gradient(handles): the tensors whose gradient has a graph of its own.
Napi::Value objects_with_recorded_gradient(const Napi::CallbackInfo& info) {
  return find_objects(Environment::of(info.Env()), info[0], [&](const at::Tensor& other) {
    return gradient_of(other).defined() && impl::grad_fn_unsafe(gradient_of(other)) != nullptr;
  });
}

// hooks_reached(x, of_gradient): what is attached where backward can come to from x, or from its gradient.
Napi::Value hooks_reached(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const bool of_gradient = info[1].As<Napi::Boolean>();
  const at::Tensor tensor = of_gradient ? gradient_of(tensor_argument(info, 0)) : tensor_argument(info, 0);
  Napi::Array found = Napi::Array::New(info.Env());
  if (!tensor.defined() || !any_attached()) return found;
  uint32_t count = 0;
  const auto take = [&](const void* place) {
    each_attached(environment, place, [&](napi_value value) { found.Set(count++, Napi::Value(info.Env(), value)); });
  };
  std::unordered_set<Node*> seen;
  std::vector<Node*> waiting;
  const auto visit = [&](Node* node) {
    if (node != nullptr && seen.insert(node).second) waiting.push_back(node);
  };
  each_root(tensor, visit);
  if (seen.empty()) {
    take(tensor.unsafeGetTensorImpl());
    const auto accumulator = impl::try_get_grad_accumulator(tensor);
    if (accumulator) take(accumulator.get());
    return found;
  }
  while (!waiting.empty()) {
    Node* node = waiting.back();
    waiting.pop_back();
    take(node);
    if (const auto* accumulate = dynamic_cast<AccumulateGrad*>(node)) take(accumulate->variable.unsafeGetTensorImpl());
    for (const Edge& edge : node->next_edges()) visit(edge.function.get());
  }
  return found;
}

// The object that stands for a node in JavaScript; null where there is none any more.
napi_value known_object(Environment& environment, const Node* node) {
  const auto found = environment.nodes.find(node);
  if (found == environment.nodes.end()) return nullptr;
  napi_value object = nullptr;
  napi_get_reference_value(environment.env, found->second, &object);
  return object;
}

constexpr int kOwn = -1;
constexpr int kGradientEdge = -2;

// graph_node(x, which): x's node (-1), where x's gradient goes to (-2: that of a leaf, too), or what the next edge of
// x's node leads to. Its object; a tensor's handle where it has none yet; null where there is no such node.
Napi::Value graph_node(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const at::Tensor& tensor = tensor_argument(info, 0);
  const int which = info[1].As<Napi::Number>().Int32Value();
  c10::intrusive_ptr<Node> node;
  if (which == kOwn)
    node = tensor.grad_fn();
  else if (which == kGradientEdge)
    node = impl::gradient_edge(tensor).function;
  else
    node = graph_argument(info)->next_edges().at(static_cast<size_t>(which)).function;
  if (!node) return info.Env().Null();
  if (napi_value object = known_object(environment, node.get())) return {info.Env(), object};
  return tensor_result(info, tensor_at({std::move(node), 0}));
}

// remember_node(a node's tensor, object): what stands for the node from now on.
Napi::Value remember_node(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  auto& nodes = environment.nodes;
  if (nodes.size() >= environment.most_nodes) {
    for (auto it = nodes.begin(); it != nodes.end();) {
      const Napi::HandleScope scope(info.Env());
      napi_value object = nullptr;
      napi_get_reference_value(info.Env(), it->second, &object);
      if (object == nullptr) napi_delete_reference(info.Env(), it->second);
      it = object == nullptr ? nodes.erase(it) : std::next(it);
    }
    environment.most_nodes = std::max(size_t{1024}, 2 * nodes.size());
  }
  napi_ref& reference = nodes[graph_argument(info).get()];
  if (reference != nullptr) napi_delete_reference(info.Env(), reference);
  napi_create_reference(info.Env(), info[1], 0, &reference);
  return info.Env().Undefined();
}

// next_edges(a node's tensor): for each edge its input's number, -1 where the edge leads nowhere.
Napi::Value next_edges(const Napi::CallbackInfo& info) {
  const auto node = graph_argument(info);
  Napi::Array numbers = Napi::Array::New(info.Env(), node->num_outputs());
  for (uint32_t i = 0; i < node->num_outputs(); i++) {
    const Edge& edge = node->next_edge(i);
    numbers.Set(i, edge.is_valid() ? static_cast<double>(edge.input_nr) : -1.0);
  }
  return numbers;
}

Napi::Value node_sequence_number(const Napi::CallbackInfo& info) {
  return int_result(info, static_cast<int64_t>(graph_argument(info)->sequence_nr()));
}

// node_variable(a node's tensor): the leaf that the node accumulates into, 0 where it is another node.
Napi::Value node_variable(const Napi::CallbackInfo& info) {
  const auto node = graph_argument(info);
  const auto* accumulate = dynamic_cast<AccumulateGrad*>(node.get());
  return tensor_result(info, accumulate == nullptr ? at::Tensor() : accumulate->variable);
}

// edge_tensor(a node's tensor, number): a tensor of the shape and dtype of that input of the node, made by the node.
Napi::Value edge_tensor(const Napi::CallbackInfo& info) {
  auto node = graph_argument(info);
  const auto number = static_cast<uint32_t>(int_argument(info, 1));
  TORCH_CHECK(number < node->num_inputs(), "the node ", node->name(), " has no output ", number);
  const auto& metadata = node->input_metadata(number);
  if (metadata.was_default_constructed()) return tensor_result(info, tensor_at({std::move(node), number}));
  const c10::InferenceMode off(false);
  const at::AutoDispatchBelowADInplaceOrView below;
  const auto sizes = C10_AS_INTARRAYREF_SLOW(metadata.shape_as_dim_vector());
  const std::vector<int64_t> strides(sizes.size(), 0);
  at::Tensor tensor = at::empty_strided(sizes, strides, metadata.options().layout(at::kStrided));
  impl::set_gradient_edge(tensor, {std::move(node), number});
  return tensor_result(info, std::move(tensor));
}

// A hook on a node, with the name that complaints about its results give.
struct NamedHook {
  Hook hook;
  std::string name;
};

// The hooks of a node by their places, as one hook of LibTorch's: it goes through its own list, to which a hook may add
// and from which it may take itself.
struct NodeHooks {
  unsigned add(NamedHook hook) {
    hooks.emplace(next, std::move(hook));
    return next++;
  }

  // Each hook is given the gradients and what comes `after` them, and may answer with other gradients.
  variable_list run(const variable_list& gradients, const variable_list& after) const {
    variable_list current = gradients;
    const auto now = hooks;
    for (const auto& [place, named] : now) {
      Environment& environment = named.hook->environment;
      on_thread_of(environment, [&, &hook = named.hook, &name = named.name] {
        const Napi::Value answer = hook->call([&]() -> Napi::Value {
          variable_list all = current;
          all.insert(all.end(), after.begin(), after.end());
          return handles_of(environment, all);
        });
        if (answer.IsEmpty() || !answer.IsArray()) return;
        variable_list changed = tensors_of(environment, answer);
        for (size_t i = 0; i < changed.size(); i++)
          if (changed[i].defined() && current[i].defined())
            torch::autograd::check_variable_result(current[i], changed[i], name);
        current = std::move(changed);
      });
    }
    return current;
  }

  std::map<unsigned, NamedHook> hooks;
  unsigned next = 0;
};

struct NodePreHooks : torch::autograd::FunctionPreHook, NodeHooks {
  variable_list operator()(const variable_list& gradients) override { return run(gradients, {}); }
};

struct NodePostHooks : torch::autograd::FunctionPostHook, NodeHooks {
  variable_list operator()(const variable_list& outputs, const variable_list& inputs) override {
    return run(outputs, inputs);
  }
};

template <typename Hooks, typename List>
Hooks* find_hooks(const List& list) {
  for (const auto& one : list)
    if (auto* found = dynamic_cast<Hooks*>(one.get())) return found;
  return nullptr;
}

NodeHooks* hooks_of(const Node& node, bool before) {
  if (before) return find_hooks<NodePreHooks>(node.pre_hooks());
  return find_hooks<NodePostHooks>(node.post_hooks());
}

// register_node_hook(a node's tensor, hook, name, before): its place, for remove_node_hook.
Napi::Value register_node_hook(const Napi::CallbackInfo& info) {
  const auto node = graph_argument(info);
  const bool before = info[3].As<Napi::Boolean>();
  if (hooks_of(*node, before) == nullptr) {
    if (before)
      node->add_pre_hook(std::make_unique<NodePreHooks>());
    else
      node->add_post_hook(std::make_unique<NodePostHooks>());
  }
  const auto hook = c10::make_intrusive<WeakHook>(Environment::of(info.Env()), info[1]);
  hook->attach(node.get());
  return Napi::Number::New(info.Env(), hooks_of(*node, before)->add({hook, info[2].As<Napi::String>()}));
}

// remove_node_hook(a node's tensor, place, before)
Napi::Value remove_node_hook(const Napi::CallbackInfo& info) {
  if (NodeHooks* found = hooks_of(*graph_argument(info), info[2].As<Napi::Boolean>()))
    found->hooks.erase(info[1].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

// will_execute(a node's tensor): whether the backward under way comes to the node.
Napi::Value will_execute(const Napi::CallbackInfo& info) {
  const auto node = graph_argument(info);
  const auto* nodes = torch::autograd::get_current_graph_task_nodes_in_graph();
  const auto* infos = torch::autograd::get_current_graph_task_exec_info();
  TORCH_CHECK(nodes != nullptr && infos != nullptr,
              "_get_should_execute_nodes should only be called during the backward pass");
  bool answer = nodes->count(node.get()) > 0;
  if (answer && !infos->empty()) {
    const auto found = infos->find(node.get());
    answer = found != infos->end() && found->second.should_execute();
    TORCH_CHECK(!answer || node->topological_nr() != 0 || !found->second.captures_,
                "A leaf node was passed to _will_engine_execute_node but we are currently running autograd.grad(). "
                "This is currently not supported.");
  }
  return Napi::Boolean::New(info.Env(), answer);
}

// increment_version(tensors)
Napi::Value increment_version(const Napi::CallbackInfo& info) {
  for (const at::Tensor& tensor : tensors_of(Environment::of(info.Env()), info[0]))
    if (!tensor.is_inference()) impl::bump_version(tensor);
  return info.Env().Undefined();
}

}  // namespace

const void* place_of(const at::Tensor& tensor) {
  const auto& node = tensor.grad_fn();
  if (node) return node.get();
  return tensor.unsafeGetTensorImpl();
}

void export_graph(Napi::Env env, Napi::Object exports) {
  export_function<objects_reaching>(env, exports, "objects_reaching");
  export_function<objects_with_recorded_gradient>(env, exports, "objects_with_recorded_gradient");
  export_function<hooks_reached>(env, exports, "hooks_reached");
  export_function<graph_node>(env, exports, "graph_node");
  export_function<remember_node>(env, exports, "remember_node");
  export_function<next_edges>(env, exports, "next_edges");
  export_function<node_sequence_number>(env, exports, "node_sequence_number");
  export_function<node_variable>(env, exports, "node_variable");
  export_function<edge_tensor>(env, exports, "edge_tensor");
  export_function<register_node_hook>(env, exports, "register_node_hook");
  export_function<remove_node_hook>(env, exports, "remove_node_hook");
  export_function<will_execute>(env, exports, "will_execute");
  export_function<increment_version>(env, exports, "increment_version");
}

}  // namespace typetorch
