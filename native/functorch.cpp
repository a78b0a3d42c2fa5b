#include "functorch.h"

#include "callback.h"
#include "decompositions.h"
#include "guard.h"
#include "tensor.h"

#include <ATen/LegacyVmapMode.h>
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/TensorWrapper.h>
#include <ATen/ops/movedim.h>
#include <c10/core/AutogradState.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/forward_grad.h>

namespace typetorch {
namespace {

using at::functorch::BatchedTensorImpl;
using at::functorch::RandomnessType;
using at::functorch::TransformType;

RandomnessType randomness_of(const std::string& name) {
  if (name == "same") return RandomnessType::Same;
  if (name == "different") return RandomnessType::Different;
  if (name == "error") return RandomnessType::Error;
  throw ArgumentError("there is no randomness '" + name + "'");
}

// push_level(kind, batch_size, randomness): 'vmap', 'grad' or 'jvp'; the number of the level.
Napi::Value push_level(const Napi::CallbackInfo& info) {
  const std::string kind = info[0].As<Napi::String>();
  if (kind == "vmap") {
    register_batched_decompositions();
    return int_result(info,
                      at::functorch::initAndPushDynamicLayer(TransformType::Vmap, c10::SymInt(int_argument(info, 1)),
                                                             randomness_of(info[2].As<Napi::String>())));
  }
  if (kind == "grad") {
    return int_result(info, at::functorch::initAndPushDynamicLayer(TransformType::Grad, std::nullopt, std::nullopt,
                                                                   c10::GradMode::is_enabled()));
  }
  if (kind != "jvp") throw ArgumentError("there is no level of the kind '" + kind + "'");
  const bool forward_mode = c10::AutogradState::get_tls_state().get_fw_grad_mode();
  return int_result(info, at::functorch::initAndPushDynamicLayer(TransformType::Jvp, std::nullopt, std::nullopt,
                                                                 std::nullopt, forward_mode));
}

// pop_level(): its tensors are dead from now on.
Napi::Value pop_level(const Napi::CallbackInfo& info) {
  at::functorch::popDynamicLayerAndDeleteMetadata();
  return info.Env().Undefined();
}

// level_depth(): how many levels are open on this thread.
Napi::Value level_depth(const Napi::CallbackInfo& info) {
  return int_result(info, static_cast<int64_t>(at::functorch::getDynamicLayerStack().size()));
}

const char* randomness_name(RandomnessType randomness) {
  if (randomness == RandomnessType::Same) return "same";
  return randomness == RandomnessType::Different ? "different" : "error";
}

// current_level(): the innermost open level as [kind, level, batch size, randomness, whether its mode was on when it
// was opened: of gradients for 'grad', of forward mode for 'jvp'].
Napi::Value current_level(const Napi::CallbackInfo& info) {
  const auto layer = at::functorch::maybeCurrentDynamicLayer();
  TORCH_CHECK(layer.has_value(), "no transform of torch.func is under way");
  const auto& interpreter = layer->interpreter();
  const TransformType kind = layer->key();
  Napi::Array result = Napi::Array::New(info.Env(), 5);
  result.Set(1u, int_result(info, layer->layerId()));
  if (kind == TransformType::Vmap) {
    result.Set(0u, "vmap");
    result.Set(2u, int_result(info, layer->batchSize().guard_int(__FILE__, __LINE__)));
    result.Set(3u, randomness_name(layer->randomness()));
    result.Set(4u, true);
    return result;
  }
  const bool is_grad = kind == TransformType::Grad;
  result.Set(0u, is_grad ? "grad" : "jvp");
  result.Set(2u, 0);
  result.Set(3u, "error");
  result.Set(4u, is_grad ? at::functorch::GradInterpreterPtr(&interpreter).prevGradMode()
                         : at::functorch::JvpInterpreterPtr(&interpreter).prevFwdGradMode());
  return result;
}

thread_local std::vector<at::functorch::DynamicLayer> suspended;

// suspend_level(): what runs until resume_level() is inside the outer levels only; its tensors stay alive.
Napi::Value suspend_level(const Napi::CallbackInfo& info) {
  suspended.push_back(at::functorch::popDynamicLayer());
  return info.Env().Undefined();
}

Napi::Value resume_level(const Napi::CallbackInfo& info) {
  TORCH_CHECK(!suspended.empty(), "no level is suspended");
  at::functorch::pushDynamicLayer(std::move(suspended.back()));
  suspended.pop_back();
  return info.Env().Undefined();
}

// 0 where it stayed the same tensor, else a new handle.
Napi::Value changed_result(const Napi::CallbackInfo& info, const at::Tensor& before, at::Tensor after) {
  if (after.is_same(before)) return int_result(info, 0);
  return tensor_result(info, std::move(after));
}

// lift(x): as the innermost level, of 'grad' or 'jvp', has it.
Napi::Value lift(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Facts);
  const auto layer = at::functorch::maybeCurrentDynamicLayer();
  TORCH_CHECK(layer.has_value(), "no transform of torch.func is under way");
  const auto& interpreter = layer->interpreter();
  return changed_result(info, tensor,
                        layer->key() == TransformType::Grad
                            ? at::functorch::GradInterpreterPtr(&interpreter).lift(tensor)
                            : at::functorch::JvpInterpreterPtr(&interpreter).lift(tensor));
}

// unwrap_if_dead(x): what a level that is over has left, without that level.
Napi::Value unwrap_if_dead(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Facts);
  return changed_result(info, tensor, at::functorch::unwrapIfDead(tensor));
}

// unwrap_batched(x, level): [tensor or 0 where it is not batched at that level, its batch dimension or -1]
Napi::Value unwrap_batched(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Facts);
  const BatchedTensorImpl* batched = at::functorch::maybeGetBatchedImpl(tensor);
  const bool is_ours = batched != nullptr && batched->level() == int_argument(info, 1);
  Napi::Array result = Napi::Array::New(info.Env(), 2);
  result.Set(0u, is_ours ? tensor_result(info, batched->value()) : int_result(info, 0));
  result.Set(1u, int_result(info, is_ours ? batched->bdim() : -1));
  return result;
}

// add_batch_dim(x, dim, level)
Napi::Value add_batch_dim(const Napi::CallbackInfo& info) {
  return tensor_result(info, at::functorch::addBatchDim(tensor_argument(info, 0, Use::Facts), int_argument(info, 1),
                                                        int_argument(info, 2)));
}

// remove_batch_dim(x, level, batch_size, out_dim): what does not depend on the batch is repeated.
Napi::Value remove_batch_dim(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Facts);
  const int64_t level = int_argument(info, 1);
  const int64_t out_dim = int_argument(info, 3);
  const BatchedTensorImpl* batched = at::functorch::maybeGetBatchedImpl(tensor);
  if (batched == nullptr || batched->level() != level) {
    auto sizes = tensor.sizes().vec();
    const auto rank = static_cast<int64_t>(sizes.size()) + 1;
    TORCH_CHECK_INDEX(out_dim >= -rank && out_dim < rank, "Dimension out of range (expected to be in range of [", -rank,
                      ", ", rank - 1, "], but got ", out_dim, ")");
    sizes.insert(sizes.begin() + (out_dim < 0 ? out_dim + rank : out_dim), int_argument(info, 2));
    at::Tensor repeated = out_dim == 0 ? tensor : tensor.unsqueeze(out_dim);
    return tensor_result(info, repeated.expand(sizes));
  }
  return tensor_result(info, at::movedim(batched->value(), batched->bdim(), out_dim));
}

// is_batched(x)
Napi::Value is_batched(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), at::functorch::isBatchedTensor(peek_argument(info, 0)));
}

// functorch_wrapper(x): null, or what a level made of a tensor as ['batched' or 'grad', level, batch dimension, the
// tensor within]. The level of a wrapper for gradients is -2 once it is over.
Napi::Value functorch_wrapper(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Facts);
  const BatchedTensorImpl* batched = at::functorch::maybeGetBatchedImpl(tensor);
  const auto* wrapper = at::functorch::maybeGetTensorWrapper(tensor);
  if (batched == nullptr && wrapper == nullptr) return info.Env().Null();
  Napi::Array result = Napi::Array::New(info.Env(), 4);
  result.Set(0u, batched != nullptr ? "batched" : "grad");
  result.Set(1u, int_result(info, batched != nullptr ? batched->level() : wrapper->level().value_or(-2)));
  result.Set(2u, int_result(info, batched != nullptr ? batched->bdim() : -1));
  result.Set(3u, tensor_result(info, batched != nullptr ? batched->value() : wrapper->value()));
  return result;
}

// exclude_functorch(excluded): whether operators pass the levels by, and what it was before.
Napi::Value exclude_functorch(const Napi::CallbackInfo& info) {
  constexpr auto key = c10::DispatchKey::FuncTorchDynamicLayerFrontMode;
  const bool before = c10::impl::tls_is_dispatch_key_excluded(key);
  const bool excluded = info[0].As<Napi::Boolean>();
  c10::impl::tls_set_dispatch_key_excluded(key, excluded);
  c10::impl::tls_set_dispatch_key_excluded(c10::DispatchKey::FuncTorchDynamicLayerBackMode, excluded);
  return Napi::Boolean::New(info.Env(), before);
}

// wrap_for_grad(x, level)
Napi::Value wrap_for_grad(const Napi::CallbackInfo& info) {
  return tensor_result(info,
                       at::functorch::makeTensorWrapper(tensor_argument(info, 0, Use::Facts), int_argument(info, 1)));
}

// unwrap_for_grad(x, level): the same tensor where it is of no such level.
Napi::Value unwrap_for_grad(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Facts);
  const auto* wrapper = at::functorch::maybeGetTensorWrapper(tensor);
  const bool is_ours = wrapper != nullptr && wrapper->level() == int_argument(info, 1);
  return tensor_result(info, is_ours ? wrapper->value() : tensor);
}

// enter_legacy_vmap(): the number of a level of the older vmap, under which forward mode's dual tensors can be made.
Napi::Value enter_legacy_vmap(const Napi::CallbackInfo& info) {
  return int_result(info, at::impl::VmapMode::increment_nesting());
}

Napi::Value exit_legacy_vmap(const Napi::CallbackInfo& info) {
  return int_result(info, at::impl::VmapMode::decrement_nesting());
}

// enter_dual_level(): its number. exit_dual_level(level): tangents of that level are gone.
Napi::Value enter_dual_level(const Napi::CallbackInfo& info) {
  register_forward_decompositions();
  return int_result(info, static_cast<int64_t>(torch::autograd::ForwardADLevel::get_next_idx()));
}

Napi::Value exit_dual_level(const Napi::CallbackInfo& info) {
  torch::autograd::ForwardADLevel::release_idx(static_cast<uint64_t>(int_argument(info, 0)));
  return info.Env().Undefined();
}

// set_forward_mode(enabled): what it was before.
Napi::Value set_forward_mode(const Napi::CallbackInfo& info) {
  const bool before = c10::AutogradState::get_tls_state().get_fw_grad_mode();
  c10::AutogradState::get_tls_state().set_fw_grad_mode(info[0].As<Napi::Boolean>());
  return Napi::Boolean::New(info.Env(), before);
}

}  // namespace

void export_functorch(Napi::Env env, Napi::Object exports) {
  export_function<push_level>(env, exports, "push_level");
  export_function<pop_level>(env, exports, "pop_level");
  export_function<level_depth>(env, exports, "level_depth");
  export_function<current_level>(env, exports, "current_level");
  export_function<suspend_level>(env, exports, "suspend_level");
  export_function<resume_level>(env, exports, "resume_level");
  export_function<lift>(env, exports, "lift");
  export_function<unwrap_if_dead>(env, exports, "unwrap_if_dead");
  export_function<unwrap_batched>(env, exports, "unwrap_batched");
  export_function<add_batch_dim>(env, exports, "add_batch_dim");
  export_function<remove_batch_dim>(env, exports, "remove_batch_dim");
  export_function<is_batched>(env, exports, "is_batched");
  export_function<functorch_wrapper>(env, exports, "functorch_wrapper");
  export_function<exclude_functorch>(env, exports, "exclude_functorch");
  export_function<wrap_for_grad>(env, exports, "wrap_for_grad");
  export_function<unwrap_for_grad>(env, exports, "unwrap_for_grad");
  export_function<enter_legacy_vmap>(env, exports, "enter_legacy_vmap");
  export_function<exit_legacy_vmap>(env, exports, "exit_legacy_vmap");
  export_function<enter_dual_level>(env, exports, "enter_dual_level");
  export_function<exit_dual_level>(env, exports, "exit_dual_level");
  export_function<set_forward_mode>(env, exports, "set_forward_mode");
}

}  // namespace typetorch
