#pragma once

#include "environment.h"

namespace typetorch {

// Where a tensor's hooks are: its node, or the implementation of a leaf.
const void* place_of(const at::Tensor& tensor);

// Nodes of the graph, their hooks, and who reaches whom.
void export_graph(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
