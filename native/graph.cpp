#include "graph.h"

#include "callback.h"
#include "guard.h"
#include "shared_numbers.h"
#include "status.h"
#include "tensor.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty_strided.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/graph_task.h>

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

// The object that stands for a node in JavaScript; null where there is none any more.
napi_value known_object(Environment& environment, const Node* node) {
  const auto found = environment.nodes.find(node);
  if (found == environment.nodes.end()) return nullptr;
  napi_value object = nullptr;
  checked(environment.env, napi_get_reference_value(environment.env, found->second, &object));
  return object;
}

// graph_node(x, which): x's node or where x's gradient goes to, by NodeOf's numbers, or what the next edge of x's node
// leads to. Its object; a tensor's handle where it has none yet; null where there is no such node.
Napi::Value graph_node(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const at::Tensor tensor = tensor_argument(info, 0, Use::Facts);
  const int which = info[1].As<Napi::Number>().Int32Value();
  c10::intrusive_ptr<Node> node;
  if (which == static_cast<int>(NodeOf::Tensor))
    node = tensor.grad_fn();
  else if (which == static_cast<int>(NodeOf::Gradient))
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
      checked(info.Env(), napi_get_reference_value(info.Env(), it->second, &object));
      if (object == nullptr) checked(info.Env(), napi_delete_reference(info.Env(), it->second));
      it = object == nullptr ? nodes.erase(it) : std::next(it);
    }
    environment.most_nodes = std::max(size_t{1024}, 2 * nodes.size());
  }
  const auto node = graph_argument(info);
  napi_ref fresh = nullptr;
  checked(info.Env(), napi_create_reference(info.Env(), info[1], 0, &fresh));
  napi_ref& reference = nodes[node.get()];
  if (reference != nullptr) discard(napi_delete_reference(info.Env(), reference));
  reference = fresh;
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
  for (const at::Tensor& tensor :
       tensors_of(Environment::of(info.Env()), info[0], Use::Write, "increment_version(): the tensor"))
    if (!tensor.is_inference()) impl::bump_version(tensor);
  return info.Env().Undefined();
}

}  // namespace

c10::intrusive_ptr<Node> graph_argument(const Napi::CallbackInfo& info) {
  auto node = peek_argument(info, 0).grad_fn();
  TORCH_CHECK(node, "the tensor has no node");
  return node;
}

const void* place_of(const at::Tensor& tensor) {
  const auto& node = tensor.grad_fn();
  if (node) return node.get();
  return tensor.unsafeGetTensorImpl();
}

void export_graph(Napi::Env env, Napi::Object exports) {
  export_function<graph_node>(env, exports, "graph_node");
  export_function<remember_node>(env, exports, "remember_node");
  export_function<next_edges>(env, exports, "next_edges");
  export_function<node_sequence_number>(env, exports, "node_sequence_number");
  export_function<node_variable>(env, exports, "node_variable");
  export_repeatable<edge_tensor>(env, exports, "edge_tensor");
  export_function<will_execute>(env, exports, "will_execute");
  export_function<increment_version>(env, exports, "increment_version");
}

}  // namespace typetorch
