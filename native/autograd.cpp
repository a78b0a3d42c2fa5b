#include "autograd.h"

#include "guard.h"
#include "tensor.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <map>
#include <mutex>
#include <unordered_map>

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
                                           tensors_of(environment, info[2]), optional_flag(info[3]),
                                           info[4].As<Napi::Boolean>(), info[5].As<Napi::Boolean>());
  return handles_of(environment, found);
}

Napi::Value grad_enabled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), c10::GradMode::is_enabled());
}

Napi::Value inference_enabled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), c10::InferenceMode::is_enabled());
}

// This thread's mode: 0 records, 1 records nothing, 2 is inference mode, 3 is enable_grad inside inference mode.
// Set on the way into LibTorch.
Napi::Value set_mode(const Napi::CallbackInfo& info) {
  const int mode = info[0].As<Napi::Number>().Int32Value();
  c10::AutogradState state = c10::AutogradState::get_tls_state();
  state.set_grad_mode(mode == 0 || mode == 3);
  state.set_fw_grad_mode(mode < 2);
  state.set_inference_mode(mode >= 2);
  c10::AutogradState::set_tls_state(state);
  // Inference tensors are told apart by their dispatch keys, as InferenceMode's guard does it.
  auto keys = c10::impl::tls_local_dispatch_key_set();
  const auto included = mode >= 2 ? keys.included_.remove(c10::DispatchKey::ADInplaceOrView)
                                  : keys.included_.add(c10::DispatchKey::ADInplaceOrView);
  const auto excluded =
      mode >= 2 ? keys.excluded_ | c10::autograd_dispatch_keyset : keys.excluded_ - c10::autograd_dispatch_keyset;
  c10::impl::PODLocalDispatchKeySet raw{};
  raw.set_included(included);
  raw.set_excluded(excluded);
  c10::impl::_force_tls_local_dispatch_key_set(c10::impl::LocalDispatchKeySet(raw));
  return info.Env().Undefined();
}

int thread_mode() {
  if (c10::InferenceMode::is_enabled()) return c10::GradMode::is_enabled() ? 3 : 2;
  return c10::GradMode::is_enabled() ? 0 : 1;
}

// Environments that have not ended, with the references whose hooks died on another thread than theirs.
std::mutex open_mutex;
std::unordered_map<napi_env, std::vector<napi_ref>> open_environments;

void close_environment(void* env) {
  const std::lock_guard<std::mutex> lock(open_mutex);
  open_environments.erase(static_cast<napi_env>(env));
}

// A JavaScript function that the graph calls, held weakly: Node-API does not trace, so a strong reference would keep
// every closure that holds its own tensor. The strong edge lives in JavaScript (lib/autograd/hooks.ts).
struct WeakHook : torch::CustomClassHolder {
  WeakHook(Environment& environment, napi_value function)
      : environment_(environment), env_(environment.env), thread_(environment.thread) {
    napi_create_reference(env_, function, 0, &reference_);
    const std::lock_guard<std::mutex> lock(open_mutex);
    auto& dead = open_environments[env_];
    for (napi_ref reference : dead) napi_delete_reference(env_, reference);
    dead.clear();
  }
  WeakHook(const WeakHook&) = delete;
  WeakHook& operator=(const WeakHook&) = delete;
  ~WeakHook() override {
    const std::lock_guard<std::mutex> lock(open_mutex);
    const auto open = open_environments.find(env_);
    if (open == open_environments.end()) return;  // Node frees what is left
    if (std::this_thread::get_id() == thread_)
      napi_delete_reference(env_, reference_);
    else
      open->second.push_back(reference_);
  }

  // run_hook(function, gradients, mode); nothing where the function is gone. A HandleScope must be open.
  template <typename Gradients>
  Napi::Value call(Gradients&& gradients) const {
    TORCH_CHECK(std::this_thread::get_id() == thread_,
                "a hook written in JavaScript was called on another thread than its own");
    napi_value function = nullptr;
    napi_get_reference_value(env_, reference_, &function);
    if (function == nullptr) return {};
    return environment_.run_hook.Call(
        {Napi::Value(env_, function), gradients(), Napi::Number::New(env_, thread_mode())});
  }

  Environment& environment_;
  napi_env env_;
  std::thread::id thread_;
  napi_ref reference_ = nullptr;
};
using Hook = c10::intrusive_ptr<WeakHook>;

at::Tensor call_hook(const WeakHook& hook, const at::Tensor& gradient) {
  Environment& environment = hook.environment_;
  const Napi::HandleScope scope(environment.env);
  const Napi::Value result =
      hook.call([&]() -> Napi::Value { return Napi::Number::New(environment.env, environment.put(gradient)); });
  const int32_t handle = result.IsEmpty() ? 0 : result.As<Napi::Number>().Int32Value();
  return handle == 0 ? at::Tensor() : environment.tensor(handle);
}

// register_hook(x, hook): its place, for remove_hook.
Napi::Value register_hook(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const at::Tensor& tensor = tensor_argument(info, 0);
  TORCH_CHECK(tensor.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  const auto hook = c10::make_intrusive<WeakHook>(environment, info[1]);
  const unsigned place =
      tensor.register_hook([hook](const at::Tensor& gradient) { return call_hook(*hook, gradient); });
  return Napi::Number::New(info.Env(), place);
}

Napi::Value remove_hook(const Napi::CallbackInfo& info) {
  tensor_argument(info, 0).remove_hook(info[1].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

// A leaf's hooks that run once its gradient has been accumulated.
struct PostAccumulateHooks : torch::autograd::PostAccumulateGradHook {
  void operator()(const at::Tensor& tensor) override {
    // A hook may take itself off the list.
    const auto hooks = hooks_;
    for (const auto& [place, hook] : hooks) call_hook(*hook, tensor);
  }
  unsigned add(Hook hook) {
    hooks_.emplace(next_, std::move(hook));
    return next_++;
  }
  void remove(unsigned place) { hooks_.erase(place); }

 private:
  std::map<unsigned, Hook> hooks_;
  unsigned next_ = 0;
};

PostAccumulateHooks* post_accumulate_hooks(const at::Tensor& tensor) {
  return dynamic_cast<PostAccumulateHooks*>(torch::autograd::impl::post_acc_grad_hooks(tensor).get());
}

// register_post_accumulate_hook(x, hook): its place, for remove_post_accumulate_hook.
Napi::Value register_post_accumulate_hook(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensor_argument(info, 0);
  TORCH_CHECK(tensor.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  TORCH_CHECK(tensor.is_leaf(), "post accumulate grad hooks cannot be registered on non-leaf tensors");
  if (post_accumulate_hooks(tensor) == nullptr)
    torch::autograd::impl::set_post_acc_grad_hooks(tensor, std::make_unique<PostAccumulateHooks>());
  const auto hook = c10::make_intrusive<WeakHook>(Environment::of(info.Env()), info[1]);
  return Napi::Number::New(info.Env(), post_accumulate_hooks(tensor)->add(hook));
}

Napi::Value remove_post_accumulate_hook(const Napi::CallbackInfo& info) {
  if (auto* hooks = post_accumulate_hooks(tensor_argument(info, 0)))
    hooks->remove(info[1].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value retain_grad(const Napi::CallbackInfo& info) {
  tensor_argument(info, 0).retain_grad();
  return info.Env().Undefined();
}

// The identity, with a node in the graph that shows the gradients of all its tensors at once to a JavaScript hook:
// what a module's full backward hooks stand on. The hook may answer with other gradients.
struct HookedIdentity : torch::autograd::Function<HookedIdentity> {
  static variable_list forward(torch::autograd::AutogradContext* context, at::TensorList inputs, const Hook& hook) {
    context->saved_data["hook"] = c10::IValue::make_capsule(hook);
    context->set_materialize_grads(false);
    variable_list plain;
    for (const at::Tensor& input : inputs)
      if (!input.requires_grad()) plain.push_back(input);
    context->mark_non_differentiable(plain);
    return inputs.vec();
  }
  static variable_list backward(torch::autograd::AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["hook"].toCapsule();
    const auto& hook = static_cast<const WeakHook&>(*holder);
    Environment& environment = hook.environment_;
    const Napi::HandleScope scope(environment.env);
    const Napi::Value answer = hook.call([&]() -> Napi::Value { return handles_of(environment, gradients); });
    variable_list replaced = !answer.IsEmpty() && answer.IsArray() ? tensors_of(environment, answer) : gradients;
    replaced.resize(gradients.size());
    replaced.emplace_back();  // the hook has no gradient
    return replaced;
  }
};

// module_hook(inputs, hook): the same tensors, hooked together.
Napi::Value module_hook(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const Hook hook = c10::make_intrusive<WeakHook>(environment, info[1]);
  const variable_list inputs = tensors_of(environment, info[0]);
  // A list is taken for tensors only as a TensorList.
  return handles_of(environment, HookedIdentity::apply(at::TensorList(inputs), hook));
}

}  // namespace

void export_autograd(Napi::Env env, Napi::Object exports) {
  {
    const std::lock_guard<std::mutex> lock(open_mutex);
    open_environments[env];
  }
  napi_add_env_cleanup_hook(env, close_environment, static_cast<napi_env>(env));
  export_function<backward>(env, exports, "backward");
  export_function<gradients>(env, exports, "gradients");
  export_function<grad_enabled>(env, exports, "grad_enabled");
  export_function<inference_enabled>(env, exports, "inference_enabled");
  export_function<set_mode>(env, exports, "set_mode");
  export_function<register_hook>(env, exports, "register_hook");
  export_function<remove_hook>(env, exports, "remove_hook");
  export_function<register_post_accumulate_hook>(env, exports, "register_post_accumulate_hook");
  export_function<remove_post_accumulate_hook>(env, exports, "remove_post_accumulate_hook");
  export_function<retain_grad>(env, exports, "retain_grad");
  export_function<module_hook>(env, exports, "module_hook");
}

}  // namespace typetorch
