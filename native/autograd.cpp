#include "autograd.h"

#include "background.h"
#include "callback.h"
#include "graph.h"
#include "guard.h"
#include "tensor.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <map>

namespace typetorch {
namespace {

std::optional<bool> optional_flag(const Napi::Value& value) {
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  return std::nullopt;
}

// The engine runs what belongs to a device on that device's thread, where no JavaScript can be called: then this
// thread serves. A test asks for the same without a device.
bool always_serve = false;

void run_engine(Environment& environment, const variable_list& roots, const std::function<void()>& work) {
  const bool elsewhere =
      std::any_of(roots.begin(), roots.end(), [](const at::Tensor& root) { return root.defined() && !root.is_cpu(); });
  if (elsewhere || always_serve)
    serve_while(environment, work);
  else
    work();
}

Napi::Value serve_backward(const Napi::CallbackInfo& info) {
  always_serve = info[0].As<Napi::Boolean>();
  return info.Env().Undefined();
}

// (tensors, gradients, retain_graph | null, create_graph, inputs), as backward and backward_async take them.
struct BackwardArguments {
  BackwardArguments(const Napi::CallbackInfo& info, const std::string& operation)
      : environment(Environment::of(info.Env())),
        tensors(tensors_of(environment, info[0], Use::Facts)),
        gradients(tensors_of(environment, info[1], Use::Read, (operation + ": a gradient given to it").c_str())),
        inputs(tensors_of(environment, info[4], Use::Gradient, (operation + ": the gradient of an input").c_str())),
        retain_graph(optional_flag(info[2])),
        create_graph(info[3].As<Napi::Boolean>()) {
    if (anything_in_use()) check_graph(tensors, operation + ": a part of the graph");
  }
  void run() const { torch::autograd::backward(tensors, gradients, retain_graph, create_graph, inputs); }

  Environment& environment;
  variable_list tensors;
  variable_list gradients;
  variable_list inputs;
  std::optional<bool> retain_graph;
  bool create_graph;
};

Napi::Value backward(const Napi::CallbackInfo& info) {
  const BackwardArguments given(info, "backward()");
  run_engine(given.environment, given.tensors, [&] { given.run(); });
  return info.Env().Undefined();
}

// gradients(outputs, inputs, gradients, retain_graph | null, create_graph, allow_unused): handles, 0 for none
Napi::Value gradients(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const auto outputs = tensors_of(environment, info[0], Use::Facts);
  const auto inputs = tensors_of(environment, info[1], Use::Facts);
  const auto gradients = tensors_of(environment, info[2], Use::Read, "grad(): a gradient given to it");
  const auto retain_graph = optional_flag(info[3]);
  const bool create_graph = info[4].As<Napi::Boolean>();
  const bool allow_unused = info[5].As<Napi::Boolean>();
  if (anything_in_use()) check_graph(outputs, "grad(): a part of the graph");
  variable_list found;
  run_engine(environment, outputs, [&] {
    found = torch::autograd::grad(outputs, inputs, gradients, retain_graph, create_graph, allow_unused);
  });
  return handles_of(environment, found);
}

// backward_async(…, settle): the job's number.
Napi::Value backward_async(const Napi::CallbackInfo& info) {
  const BackwardArguments given(info, "backward_async()");
  auto job = std::make_unique<Job>(given.environment, "backward_async()", info[5]);
  job->use.walks(given.tensors, given.inputs);
  for (const at::Tensor& gradient : given.gradients) job->use.reads(gradient);
  job->work = [given] { given.run(); };
  return int_result(info, submit(std::move(job)));
}

Napi::Value grad_enabled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), c10::GradMode::is_enabled());
}

Napi::Value inference_enabled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), c10::InferenceMode::is_enabled());
}

// This thread's mode, set on the way into LibTorch.
Napi::Value set_mode(const Napi::CallbackInfo& info) {
  const auto mode = static_cast<Mode>(info[0].As<Napi::Number>().Int32Value());
  if (mode < Mode::Grad || mode > Mode::GradInInference) throw ArgumentError("there is no such mode");
  const bool is_inference = mode == Mode::Inference || mode == Mode::GradInInference;
  c10::AutogradState state = c10::AutogradState::get_tls_state();
  state.set_grad_mode(mode == Mode::Grad || mode == Mode::GradInInference);
  state.set_fw_grad_mode(!is_inference);
  state.set_inference_mode(is_inference);
  c10::AutogradState::set_tls_state(state);
  // Inference tensors are told apart by their dispatch keys, as InferenceMode's guard does it.
  auto keys = c10::impl::tls_local_dispatch_key_set();
  const auto included = is_inference ? keys.included_.remove(c10::DispatchKey::ADInplaceOrView)
                                     : keys.included_.add(c10::DispatchKey::ADInplaceOrView);
  const auto excluded =
      is_inference ? keys.excluded_ | c10::autograd_dispatch_keyset : keys.excluded_ - c10::autograd_dispatch_keyset;
  c10::impl::PODLocalDispatchKeySet raw{};
  raw.set_included(included);
  raw.set_excluded(excluded);
  c10::impl::_force_tls_local_dispatch_key_set(c10::impl::LocalDispatchKeySet(raw));
  return info.Env().Undefined();
}

at::Tensor call_hook(const WeakHook& hook, const at::Tensor& gradient) {
  Environment& environment = hook.environment;
  at::Tensor answer;
  on_thread_of(environment, [&] {
    const Napi::Value result =
        hook.call([&]() -> Napi::Value { return Napi::Number::New(environment.env, environment.put(gradient)); });
    const int32_t handle = result.IsEmpty() ? 0 : result.As<Napi::Number>().Int32Value();
    if (handle != 0) answer = environment.tensor(handle, Use::Read, "a gradient that a hook has given");
  });
  return answer;
}

// register_hook(x, hook): its place, for remove_hook.
Napi::Value register_hook(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const at::Tensor tensor = tensor_argument(info, 0, Use::Gradient, "register_hook(): the tensor");
  TORCH_CHECK(tensor.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  const auto hook = c10::make_intrusive<WeakHook>(environment, info[1]);
  hook->attach(place_of(tensor));
  const unsigned place =
      tensor.register_hook([hook](const at::Tensor& gradient) { return call_hook(*hook, gradient); });
  return Napi::Number::New(info.Env(), place);
}

Napi::Value remove_hook(const Napi::CallbackInfo& info) {
  tensor_argument(info, 0, Use::Gradient, "remove_hook(): the tensor")
      .remove_hook(info[1].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

// A leaf's hooks that run once its gradient has been accumulated.
struct PostAccumulateHooks : torch::autograd::PostAccumulateGradHook {
  void operator()(const at::Tensor&) override {
    // A hook may take itself off the list.
    const auto hooks = hooks_;
    // They know the leaf, which needs no other object.
    for (const auto& [place, hook] : hooks) call_hook(*hook, at::Tensor());
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
  const at::Tensor tensor = tensor_argument(info, 0, Use::Gradient, "register_hook(): the tensor");
  TORCH_CHECK(tensor.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  TORCH_CHECK(tensor.is_leaf(), "post accumulate grad hooks cannot be registered on non-leaf tensors");
  if (post_accumulate_hooks(tensor) == nullptr)
    torch::autograd::impl::set_post_acc_grad_hooks(tensor, std::make_unique<PostAccumulateHooks>());
  const auto hook = c10::make_intrusive<WeakHook>(Environment::of(info.Env()), info[1]);
  hook->attach(place_of(tensor));
  return Napi::Number::New(info.Env(), post_accumulate_hooks(tensor)->add(hook));
}

Napi::Value remove_post_accumulate_hook(const Napi::CallbackInfo& info) {
  if (auto* hooks = post_accumulate_hooks(tensor_argument(info, 0, Use::Gradient, "remove_hook(): the tensor")))
    hooks->remove(info[1].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value retain_grad(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Gradient, "retain_grad(): the tensor");
  tensor.retain_grad();
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
    Environment& environment = hook.environment;
    variable_list replaced = gradients;
    on_thread_of(environment, [&] {
      const Napi::Value answer = hook.call([&]() -> Napi::Value { return handles_of(environment, gradients); });
      if (!answer.IsEmpty() && answer.IsArray())
        replaced = tensors_of(environment, answer, Use::Read, "a gradient that a hook has given");
    });
    replaced.resize(gradients.size());
    replaced.emplace_back();  // the hook has no gradient
    return replaced;
  }
};

// module_hook(inputs, hook): the same tensors, hooked together.
Napi::Value module_hook(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const Hook hook = c10::make_intrusive<WeakHook>(environment, info[1]);
  const variable_list inputs = tensors_of(environment, info[0], Use::Facts);
  // A list is taken for tensors only as a TensorList.
  const variable_list outputs = HookedIdentity::apply(at::TensorList(inputs), hook);
  for (const at::Tensor& output : outputs)
    if (output.grad_fn()) {
      hook->attach(output.grad_fn().get());
      break;
    }
  return handles_of(environment, outputs);
}

}  // namespace

void export_autograd(Napi::Env env, Napi::Object exports) {
  open_environment(env);
  export_function<serve_backward>(env, exports, "serve_backward");
  export_function<backward>(env, exports, "backward");
  export_function<backward_async>(env, exports, "backward_async");
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
