#pragma once

#include "environment.h"

#include <torch/csrc/autograd/function.h>

namespace typetorch {

// Where a tensor's hooks are: its node, or the implementation of a leaf.
const void* place_of(const at::Tensor& tensor);

// The node that made the first argument, a tensor; an error where none did.
c10::intrusive_ptr<torch::autograd::Node> graph_argument(const Napi::CallbackInfo& info);

// Nodes of the graph: what stands for them, where their edges lead.
void export_graph(Napi::Env env, Napi::Object exports);
// Hooks on nodes.
void export_graph_hooks(Napi::Env env, Napi::Object exports);
// Which tensors and hooks reach a node, and what they keep alive.
void export_graph_reach(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
