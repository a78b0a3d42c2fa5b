#include "graph.h"

#include "callback.h"
#include "guard.h"
#include "in_use.h"
#include "shared_numbers.h"
#include "status.h"
#include "tensor.h"

#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace typetorch {
namespace {

using torch::autograd::AccumulateGrad;
using torch::autograd::Edge;
using torch::autograd::Node;
namespace impl = torch::autograd::impl;

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
class Search {
 public:
  explicit Search(Node* target) : target_(target), number_(target->topological_nr()) {}

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
    checked(environment.env, napi_get_reference_value(environment.env, reference, &object));
    if (object != nullptr) found.Set(count++, Napi::Value(environment.env, object));
  });
  const auto others = handles.As<Napi::Array>();
  for (uint32_t i = 0; i < others.Length(); i++) {
    const at::Tensor* tensor = environment.tensors.find(others.Get(i).As<Napi::Number>().Int32Value());
    if (tensor != nullptr && is_wanted(*tensor)) found.Set(count++, Napi::Number::New(environment.env, i));
  }
  return found;
}

// objects_reaching(x, way, handles): the tensors that reach x's node by a way of Reach's; objects, or places in
// `handles`.
Napi::Value objects_reaching(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const at::Tensor& tensor = peek_argument(info, 0);
  const auto way = static_cast<Reach>(info[1].As<Napi::Number>().Int32Value());
  const auto* view = impl::get_view_autograd_meta(tensor);
  // Just made: nobody else has the node, nor the leaf.
  const auto& own = tensor.grad_fn();
  const bool is_fresh = view == nullptr && tensor.use_count() == 1 &&
                        (own ? own.use_count() == 1 : !impl::try_get_grad_accumulator(tensor));
  if (way != Reach::OfChange && is_fresh) return Napi::Array::New(info.Env());
  c10::intrusive_ptr<Node> node;
  if (way == Reach::OfChange && view != nullptr && view->has_bw_view())
    node = view->get_backward_view().base_.grad_fn();
  if (!node) node = tensor.grad_fn();
  const at::TensorImpl* leaf = node ? nullptr : tensor.unsafeGetTensorImpl();
  if (!node) node = impl::try_get_grad_accumulator(tensor);
  if (const auto* accumulate = dynamic_cast<AccumulateGrad*>(node.get()))
    leaf = accumulate->variable.unsafeGetTensorImpl();
  std::optional<Search> reach;
  if (node) reach.emplace(node.get());
  return find_objects(environment, info[2], [&](const at::Tensor& other) {
    if (way == Reach::OfGradient) {
      return reach && !is_gradient_in_use(other) && gradient_of(other).defined() && reach->from(gradient_of(other));
    }
    return other.unsafeGetTensorImpl() == leaf || (reach && reach->from(other));
  });
}

// objects_with_recorded_gradient(handles): the tensors whose gradient has a graph of its own.
Napi::Value objects_with_recorded_gradient(const Napi::CallbackInfo& info) {
  return find_objects(Environment::of(info.Env()), info[0], [&](const at::Tensor& other) {
    return !is_gradient_in_use(other) && gradient_of(other).defined() &&
           impl::grad_fn_unsafe(gradient_of(other)) != nullptr;
  });
}

// hooks_reached(x, of_gradient): what is attached where backward can come to from x, or from its gradient.
Napi::Value hooks_reached(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const bool of_gradient = info[1].As<Napi::Boolean>();
  const at::Tensor& given = peek_argument(info, 0);
  if (of_gradient && anything_in_use()) check_gradient(given, "grad: the tensor's gradient");
  const at::Tensor tensor = of_gradient ? gradient_of(given) : given;
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

}  // namespace

void export_graph_reach(Napi::Env env, Napi::Object exports) {
  export_function<objects_reaching>(env, exports, "objects_reaching");
  export_function<objects_with_recorded_gradient>(env, exports, "objects_with_recorded_gradient");
  export_function<hooks_reached>(env, exports, "hooks_reached");
}

}  // namespace typetorch
