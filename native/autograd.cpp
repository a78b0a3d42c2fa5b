#include "autograd.h"

#include "guard.h"
#include "tensor.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace typetorch {
namespace {

using torch::autograd::variable_list;

variable_list tensors_of(Environment& environment, const Napi::Value& value) {
  variable_list list;
  if (!value.IsArray()) return list;
  const auto handles = value.As<Napi::Array>();
  for (uint32_t i = 0; i < handles.Length(); i++) {
    const int32_t handle = handles.Get(i).As<Napi::Number>().Int32Value();
    list.push_back(handle == 0 ? at::Tensor() : environment.tensor(handle));
  }
  return list;
}

Napi::Array handles_of(Environment& environment, const variable_list& tensors) {
  Napi::Array handles = Napi::Array::New(environment.env, tensors.size());
  for (size_t i = 0; i < tensors.size(); i++) handles.Set(static_cast<uint32_t>(i), environment.put(tensors[i]));
  return handles;
}

std::optional<bool> optional_flag(const Napi::Value& value) {
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  return std::nullopt;
}

// backward(tensors, gradients, retain_graph | null, create_graph, inputs)
Napi::Value backward(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  torch::autograd::backward(tensors_of(environment, info[0]), tensors_of(environment, info[1]), optional_flag(info[2]),
      info[3].As<Napi::Boolean>(), tensors_of(environment, info[4]));
  return info.Env().Undefined();
}

// gradients(outputs, inputs, gradients, retain_graph | null, create_graph, allow_unused): handles, 0 for none
Napi::Value gradients(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const auto found = torch::autograd::grad(tensors_of(environment, info[0]), tensors_of(environment, info[1]),
      tensors_of(environment, info[2]), optional_flag(info[3]), info[4].As<Napi::Boolean>(), info[5].As<Napi::Boolean>());
  return handles_of(environment, found);
}

Napi::Value grad_enabled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), c10::GradMode::is_enabled());
}

Napi::Value inference_enabled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), c10::InferenceMode::is_enabled());
}

// This thread's mode: 0 records, 1 records nothing, 2 is inference mode. Set on the way into LibTorch.
Napi::Value set_mode(const Napi::CallbackInfo& info) {
  const int mode = info[0].As<Napi::Number>().Int32Value();
  c10::AutogradState state = c10::AutogradState::get_tls_state();
  state.set_grad_mode(mode == 0);
  state.set_fw_grad_mode(mode != 2);
  state.set_inference_mode(mode == 2);
  c10::AutogradState::set_tls_state(state);
  // Inference tensors are told apart by their dispatch keys, as InferenceMode's guard does it.
  auto keys = c10::impl::tls_local_dispatch_key_set();
  const auto included = mode == 2 ? keys.included_.remove(c10::DispatchKey::ADInplaceOrView)
                                  : keys.included_.add(c10::DispatchKey::ADInplaceOrView);
  const auto excluded = mode == 2 ? keys.excluded_ | c10::autograd_dispatch_keyset : keys.excluded_ - c10::autograd_dispatch_keyset;
  c10::impl::PODLocalDispatchKeySet raw{};
  raw.set_included(included);
  raw.set_excluded(excluded);
  c10::impl::_force_tls_local_dispatch_key_set(c10::impl::LocalDispatchKeySet(raw));
  return info.Env().Undefined();
}

// A JavaScript hook, known by number: the function itself is held by the tensor's own object (Node-API does not
// trace, so a reference from here would keep every closure that holds its own tensor).
at::Tensor call_hook(Environment& environment, int32_t id, const at::Tensor& gradient) {
  TORCH_CHECK(std::this_thread::get_id() == environment.thread,
      "a hook written in JavaScript was called on another thread than its own");
  const Napi::HandleScope scope(environment.env);
  const Napi::Value result = environment.run_hook.Call(
      {Napi::Number::New(environment.env, id), Napi::Number::New(environment.env, environment.put(gradient))});
  const int32_t handle = result.As<Napi::Number>().Int32Value();
  return handle == 0 ? at::Tensor() : environment.tensor(handle);
}

// register_hook(x, id): its place, for remove_hook.
Napi::Value register_hook(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const at::Tensor& tensor = tensor_argument(info, 0);
  TORCH_CHECK(tensor.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  const int32_t id = info[1].As<Napi::Number>().Int32Value();
  const unsigned place = tensor.register_hook(
      [&environment, id](const at::Tensor& gradient) { return call_hook(environment, id, gradient); });
  return Napi::Number::New(info.Env(), place);
}

Napi::Value remove_hook(const Napi::CallbackInfo& info) {
  tensor_argument(info, 0).remove_hook(info[1].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value retain_grad(const Napi::CallbackInfo& info) {
  tensor_argument(info, 0).retain_grad();
  return info.Env().Undefined();
}

// The identity, with a node in the graph that shows the gradients of all its tensors at once to a JavaScript hook:
// what a module's full backward hooks stand on. The hook may answer with other gradients.
struct HookedIdentity : torch::autograd::Function<HookedIdentity> {
  static variable_list forward(torch::autograd::AutogradContext* context, variable_list inputs, int64_t environment, int64_t id) {
    context->saved_data["environment"] = environment;
    context->saved_data["id"] = id;
    context->set_materialize_grads(false);
    variable_list plain;
    for (const at::Tensor& input : inputs)
      if (!input.requires_grad()) plain.push_back(input);
    context->mark_non_differentiable(plain);
    return inputs;
  }
  static variable_list backward(torch::autograd::AutogradContext* context, variable_list gradients) {
    auto& environment = *reinterpret_cast<Environment*>(context->saved_data["environment"].toInt());
    TORCH_CHECK(std::this_thread::get_id() == environment.thread,
        "a hook written in JavaScript was called on another thread than its own");
    const Napi::HandleScope scope(environment.env);
    const Napi::Value answer = environment.run_hook.Call({Napi::Number::New(environment.env,
        static_cast<double>(context->saved_data["id"].toInt())), handles_of(environment, gradients)});
    variable_list replaced = answer.IsArray() ? tensors_of(environment, answer) : gradients;
    replaced.resize(gradients.size());
    replaced.emplace_back();  // the two numbers have no gradients
    replaced.emplace_back();
    return replaced;
  }
};

// module_hook(inputs, id): the same tensors, hooked together.
Napi::Value module_hook(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const auto outputs = HookedIdentity::apply(tensors_of(environment, info[0]), reinterpret_cast<int64_t>(&environment),
      static_cast<int64_t>(info[1].As<Napi::Number>().Int32Value()));
  return handles_of(environment, outputs);
}

}  // namespace

void export_autograd(Napi::Env env, Napi::Object exports) {
  export_function<backward>(env, exports, "backward");
  export_function<gradients>(env, exports, "gradients");
  export_function<grad_enabled>(env, exports, "grad_enabled");
  export_function<inference_enabled>(env, exports, "inference_enabled");
  export_function<set_mode>(env, exports, "set_mode");
  export_function<register_hook>(env, exports, "register_hook");
  export_function<remove_hook>(env, exports, "remove_hook");
  export_function<retain_grad>(env, exports, "retain_grad");
  export_function<module_hook>(env, exports, "module_hook");
}

}  // namespace typetorch
