#include "library.h"

#include "callback.h"
#include "convert.h"
#include "guard.h"
#include "tensor.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/autograd_not_implemented_fallback.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/library.h>

#include <mutex>
#include <unordered_map>

namespace typetorch {
namespace {

std::mutex definitions_mutex;
std::unordered_map<std::string, std::weak_ptr<OwnLibrary>> definitions;

std::string full_name(const c10::OperatorName& name) {
  return name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
}

}  // namespace

struct OwnLibrary {
  OwnLibrary(torch::Library library, std::string ns) : library(std::move(library)), ns(std::move(ns)) {}
  ~OwnLibrary() {
    const std::lock_guard<std::mutex> lock(definitions_mutex);
    for (const std::string& name : defined) {
      // Someone else may have defined it again while the last call was under way.
      const auto found = definitions.find(name);
      if (found != definitions.end() && found->second.expired()) definitions.erase(found);
    }
  }

  torch::Library library;
  const std::string ns;
  std::vector<std::string> defined;
};

std::shared_ptr<OwnLibrary> definition_of(const c10::OperatorName& name) {
  const std::lock_guard<std::mutex> lock(definitions_mutex);
  const auto found = definitions.find(full_name(name));
  return found == definitions.end() ? nullptr : found->second.lock();
}

namespace {

// A kernel written in JavaScript: run_hook(function, raw arguments), whose answer is the raw result.
struct KernelState {
  KernelState(Environment& environment, napi_value function)
      : environment(environment), living(environment.living), function(environment, function, Held::Strength::Strong) {}

  Environment& environment;
  const std::shared_ptr<std::atomic<bool>> living;
  Held function;
};

void push_results(Environment& environment, const c10::FunctionSchema& schema, const Napi::Value& answer,
                  torch::jit::Stack& stack) {
  const auto& results = schema.returns();
  const auto push = [&](size_t i, napi_value value) {
    Parameter parameter = describe_parameter(results[i]);
    parameter.name = schema.name();
    stack.push_back(to_ivalue(environment, parameter, value, i));
  };
  if (results.size() == 1) return push(0, answer);
  for (size_t i = 0; i < results.size(); i++) push(i, answer.As<Napi::Array>().Get(static_cast<uint32_t>(i)));
}

class JavaScriptKernel final : public c10::OperatorKernel {
 public:
  explicit JavaScriptKernel(std::shared_ptr<KernelState> state) : state_(std::move(state)) {}

  void operator()(const c10::OperatorHandle& op, c10::DispatchKeySet, torch::jit::Stack* stack) {
    // The function may take back its own registration, and this kernel with it.
    const std::shared_ptr<KernelState> state = state_;
    TORCH_CHECK(*state->living, op.schema().name(),
                " is written in JavaScript, and the thread it belongs to has ended");
    Environment& environment = state->environment;
    const c10::FunctionSchema schema = op.schema();
    on_thread_of(environment, [&] {
      const size_t count = schema.arguments().size();
      Napi::Array arguments = Napi::Array::New(environment.env, count);
      for (size_t i = 0; i < count; i++) {
        const c10::IValue& value = (*stack)[stack->size() - count + i];
        arguments.Set(static_cast<uint32_t>(i),
                      Napi::Value(environment.env, from_ivalue(environment, c10::IValue(value))));
      }
      const Napi::Value answer = run_hook(environment, state->function.get(), arguments);
      torch::jit::drop(*stack, count);
      push_results(environment, schema, answer, *stack);
    });
  }

 private:
  const std::shared_ptr<KernelState> state_;
};

OwnLibrary& library_argument(const Napi::CallbackInfo& info) {
  const auto& libraries = Environment::of(info.Env()).libraries;
  const auto place = static_cast<size_t>(info[0].As<Napi::Number>().Int64Value());
  if (place >= libraries.size() || !libraries[place]) throw std::runtime_error("Library object has been destroyed");
  return *libraries[place];
}

// open_registration(namespace, kind, dispatch key or ''): its place.
Napi::Value open_registration(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const std::string ns = info[0].As<Napi::String>();
  const std::string kind = info[1].As<Napi::String>();
  const std::string key = info[2].As<Napi::String>();
  if (kind != "DEF" && kind != "IMPL" && kind != "FRAGMENT")
    throw ArgumentError("there is no registration of the kind '" + kind + "'");
  const auto of_kind = kind == "DEF"    ? torch::Library::DEF
                       : kind == "IMPL" ? torch::Library::IMPL
                                        : torch::Library::FRAGMENT;
  // The name of the file is kept by address.
  torch::Library library(of_kind, ns, key.empty() ? std::nullopt : std::optional(c10::parseDispatchKey(key)),
                         "JavaScript", 0);
  environment.libraries.push_back(std::make_shared<OwnLibrary>(std::move(library), ns));
  return Napi::Number::New(info.Env(), static_cast<double>(environment.libraries.size() - 1));
}

// define_operator(library, schema, alias analysis): the operator's name.
Napi::Value define_operator(const Napi::CallbackInfo& info) {
  OwnLibrary& own = library_argument(info);
  const std::string text = info[1].As<Napi::String>();
  const auto analysis = info[2].As<Napi::String>().Utf8Value() == "CONSERVATIVE" ? c10::AliasAnalysisKind::CONSERVATIVE
                                                                                 : c10::AliasAnalysisKind::FROM_SCHEMA;
  c10::FunctionSchema schema = torch::schema(text.c_str(), analysis);
  c10::OperatorName name = schema.operator_name();
  name.setNamespaceIfNotSet(own.ns.c_str());
  own.library.def(std::move(schema));
  const auto& libraries = Environment::of(info.Env()).libraries;
  const std::lock_guard<std::mutex> lock(definitions_mutex);
  own.defined.push_back(full_name(name));
  definitions[own.defined.back()] = libraries[info[0].As<Napi::Number>().Uint32Value()];
  return Napi::String::New(info.Env(), full_name(name));
}

// implement_operator(library, name, dispatch key, kernel or null to fall through).
Napi::Value implement_operator(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  OwnLibrary& own = library_argument(info);
  const std::string name = info[1].As<Napi::String>();
  const auto key = c10::parseDispatchKey(info[2].As<Napi::String>());
  auto kernel = info[3].IsFunction() ? torch::CppFunction::makeFromBoxedFunctor(std::make_unique<JavaScriptKernel>(
                                           std::make_shared<KernelState>(environment, info[3])))
                                     : torch::CppFunction::makeFallthrough();
  own.library.impl(name.c_str(), torch::dispatch(key, std::move(kernel)));
  return info.Env().Undefined();
}

// close_registration(library): its operators and kernels go, as soon as no call is under way.
Napi::Value close_registration(const Napi::CallbackInfo& info) {
  library_argument(info);
  const std::shared_ptr<OwnLibrary> last =
      std::move(Environment::of(info.Env()).libraries[info[0].As<Napi::Number>().Uint32Value()]);
  return info.Env().Undefined();
}

// below_autograd(callback): operators in it go straight to their backends.
Napi::Value below_autograd(const Napi::CallbackInfo& info) {
  const at::AutoDispatchBelowAutograd below;
  return info[0].As<Napi::Function>().Call({});
}

// without_autograd_fallback(callback): results of operators without an autograd kernel are left as their kernels made
// them.
Napi::Value without_autograd_fallback(const Napi::CallbackInfo& info) {
  using torch::autograd::AutogradFallbackMode;
  struct Restored {
    const AutogradFallbackMode before = torch::autograd::getAutogradFallbackMode();
    ~Restored() { torch::autograd::setAutogradFallbackMode(before); }
  } const restored;
  torch::autograd::setAutogradFallbackMode(AutogradFallbackMode::Nothing);
  return info[0].As<Napi::Function>().Call({});
}

// below_batched(callback): operators in it do not see the vmap that this one is under.
Napi::Value below_batched(const Napi::CallbackInfo& info) {
  const c10::impl::ExcludeDispatchKeyGuard below(c10::DispatchKey::FuncTorchBatched);
  return info[0].As<Napi::Function>().Call({});
}

Napi::Value bump_version(const Napi::CallbackInfo& info) {
  torch::autograd::impl::bump_version(tensor_argument(info, 0, Use::Write, "increment_version(): the tensor"));
  return info.Env().Undefined();
}

}  // namespace

void export_library(Napi::Env env, Napi::Object exports) {
  export_function<open_registration>(env, exports, "open_registration");
  export_function<define_operator>(env, exports, "define_operator");
  export_function<implement_operator>(env, exports, "implement_operator");
  export_function<close_registration>(env, exports, "close_registration");
  export_function<below_autograd>(env, exports, "below_autograd");
  export_function<without_autograd_fallback>(env, exports, "without_autograd_fallback");
  export_function<below_batched>(env, exports, "below_batched");
  export_function<bump_version>(env, exports, "bump_version");
}

}  // namespace typetorch
