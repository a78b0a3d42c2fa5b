#include "graph.h"

#include "callback.h"
#include "guard.h"
#include "in_use.h"
#include "tensor.h"

#include <torch/csrc/autograd/custom_function.h>

#include <map>

namespace typetorch {
namespace {

using torch::autograd::Node;

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
        variable_list changed = tensors_of(environment, answer, Use::Read, "a gradient that a hook has given");
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
  if (anything_in_use()) check_node(node.get(), "register_hook(): the node");
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
  const auto node = graph_argument(info);
  if (anything_in_use()) check_node(node.get(), "remove_hook(): the node");
  if (NodeHooks* found = hooks_of(*node, info[2].As<Napi::Boolean>()))
    found->hooks.erase(info[1].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

}  // namespace

void export_graph_hooks(Napi::Env env, Napi::Object exports) {
  export_function<register_node_hook>(env, exports, "register_node_hook");
  export_function<remove_node_hook>(env, exports, "remove_node_hook");
}

}  // namespace typetorch
