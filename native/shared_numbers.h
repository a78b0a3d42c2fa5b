#pragma once

#include <napi.h>

// The numbers that stand for words between lib/ and the addon. They stand here alone: lib/ reads them from
// `native.constants`.
namespace typetorch {

// What `fact` is asked.
enum class Fact : int { RequiresGrad, IsLeaf, IsQuantized, RetainsGrad, IsNested, SharesStorage };

// How operators record on a thread.
enum class Mode : int { Grad, NoGrad, Inference, GradInInference };

// Bits of adam_step's options.
enum AdamFlag : int {
  kAmsgrad = 1,
  kMaximize = 2,
  kCapturable = 4,
  kDecoupledWeightDecay = 8,
  kForeach = 16,
  kFused = 32,
  kDifferentiable = 64
};

// Of `objects_reaching`: the tensors from which backward comes to a tensor's node, those whose gradient it is, or those
// that have part in a change in place.
enum class Reach : int { OfTensor, OfGradient, OfChange };

// Of `graph_node`, beside the places of next edges: the tensor's own node, and where its gradient goes to.
enum class NodeOf : int { Tensor = -1, Gradient = -2 };

void export_shared_numbers(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
