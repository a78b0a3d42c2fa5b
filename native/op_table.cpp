#include "op_table.h"

#include "guard.h"
#include "in_use.h"

#include <ATen/core/enum_tag.h>

#include <mutex>
#include <set>

namespace typetorch {
namespace {

constexpr size_t kMostArguments = 64;
constexpr size_t kFewArguments = 6;

// Draws from LibTorch's default generator by operators that take no Generator. Another environment swaps its own
// state in for the length of its call, so all take turns as soon as there is more than one.
std::mutex random_draws;

napi_value undefined(napi_env env) {
  napi_value result;
  napi_get_undefined(env, &result);
  return result;
}

class DefaultGeneratorSwap {
 public:
  explicit DefaultGeneratorSwap(Environment& environment) : lock_(random_draws), environment_(environment) {
    if (!environment.own_generator) return;
    shared_ = at::globalContext().defaultGenerator(at::kCPU);
    saved_ = shared_->get_state();
    shared_->set_state(environment.own_generator->get_state());
  }
  ~DefaultGeneratorSwap() {
    if (!shared_) return;
    environment_.own_generator->set_state(shared_->get_state());
    shared_->set_state(saved_);
  }

 private:
  std::lock_guard<std::mutex> lock_;
  Environment& environment_;
  std::optional<at::Generator> shared_;
  at::Tensor saved_;
};

napi_value call_bound(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_value arguments[kMostArguments];
  // Node fills what the caller does not give, so few are asked for at first.
  size_t count = kFewArguments;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  if (count > kFewArguments) {
    count = kMostArguments;
    napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  }
  auto* bound = static_cast<BoundOperator*>(data);
  return guard(env, bound->name.c_str(), [&] { return bound->call(arguments, count); });
}

std::string short_name(const std::string& name) {
  const size_t colons = name.find("::");
  return colons == std::string::npos ? name : name.substr(colons + 2);
}

std::vector<int32_t> find_result_aliases(const c10::FunctionSchema& schema) {
  std::vector<int32_t> found;
  for (const c10::Argument& result : schema.returns()) {
    int32_t parameter = -1;
    const c10::AliasInfo* alias = result.alias_info();
    if (alias != nullptr && alias->isWrite()) {
      for (size_t i = 0; i < schema.arguments().size(); i++) {
        const c10::AliasInfo* candidate = schema.arguments()[i].alias_info();
        if (candidate != nullptr && candidate->isWrite() && candidate->beforeSets() == alias->beforeSets())
          parameter = static_cast<int32_t>(i);
      }
    }
    found.push_back(parameter);
  }
  return found;
}

bool has_several_tensor_results(const c10::FunctionSchema& schema, const std::vector<int32_t>& aliases) {
  const auto& results = schema.returns();
  if (results.size() < 2 || results.size() >= Environment::kFlags) return false;
  for (size_t i = 0; i < results.size(); i++)
    if (aliases[i] >= 0 || results[i].type()->kind() != c10::TypeKind::TensorType) return false;
  return true;
}

c10::OperatorHandle find_operator(const std::string& name, const std::string& overload) {
  auto found = c10::Dispatcher::singleton().findSchema({name, overload});
  if (!found) {
    const std::string full = overload.empty() ? name : name + "." + overload;
    throw ArgumentError("no operator '" + full + "' in this LibTorch");
  }
  return *found;
}

std::unique_ptr<BoundOperator> bind_operator(Environment& environment, const std::string& name,
                                             const std::string& overload) {
  auto handle = find_operator(name, overload);
  const auto& schema = handle.schema();
  auto bound = std::make_unique<BoundOperator>(BoundOperator{environment, handle, short_name(name)});
  if (schema.arguments().size() > kMostArguments) throw ArgumentError("'" + name + "' has too many parameters");
  for (const c10::Argument& argument : schema.arguments()) {
    Parameter parameter = describe_parameter(argument);
    if (parameter.kind == Kind::Generator) bound->generator_parameter = static_cast<int32_t>(bound->parameters.size());
    // In-place lists (_foreach_add_) are never resized.
    if (parameter.written && (parameter.kind == Kind::Tensor || parameter.keyword_only))
      bound->written.push_back(bound->parameters.size());
    bound->parameters.push_back(std::move(parameter));
  }
  bound->result_is_parameter = find_result_aliases(schema);
  bound->draws_random_numbers = handle.hasTag(at::Tag::nondeterministic_seeded);
  bound->single_tensor_result = schema.returns().size() == 1 && bound->result_is_parameter[0] < 0 &&
                                schema.returns()[0].type()->kind() == c10::TypeKind::TensorType;
  bound->repair = repair_of(handle.operator_name());
  const auto definition = definition_of(handle.operator_name());
  bound->is_own = definition != nullptr;
  bound->definition = definition;
  bound->several_tensor_results = has_several_tensor_results(schema, bound->result_is_parameter);
  return bound;
}

napi_value make_function(Environment& environment, std::unique_ptr<BoundOperator> bound) {
  napi_value function;
  napi_create_function(environment.env, bound->name.c_str(), NAPI_AUTO_LENGTH, call_bound, bound.get(), &function);
  environment.operators.push_back(std::move(bound));
  return function;
}

// bind(name, overload, numbers?: index[], values?: [index, value][]): a function of the arguments not given.
Napi::Value bind(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  auto bound = bind_operator(environment, info[0].As<Napi::String>(), info[1].As<Napi::String>());
  if (info[2].IsArray()) {
    const auto numbers = info[2].As<Napi::Array>();
    for (uint32_t i = 0; i < numbers.Length(); i++)
      bound->parameters.at(numbers.Get(i).As<Napi::Number>().Uint32Value()).number_as_tensor = true;
  }
  if (info[3].IsArray()) {
    const auto values = info[3].As<Napi::Array>();
    for (uint32_t i = 0; i < values.Length(); i++) {
      const auto pair = values.Get(i).As<Napi::Array>();
      const uint32_t index = pair.Get(0u).As<Napi::Number>().Uint32Value();
      Parameter& parameter = bound->parameters.at(index);
      parameter.bound = to_ivalue(environment, parameter, pair.Get(1u), index);
    }
  }
  return {info.Env(), make_function(environment, std::move(bound))};
}

Napi::Value default_to_javascript(Napi::Env env, const c10::IValue& value) {
  if (value.isList()) {
    const auto list = value.toList();
    auto array = Napi::Array::New(env, list.size());
    for (size_t i = 0; i < list.size(); i++)
      array.Set(static_cast<uint32_t>(i), default_to_javascript(env, list.get(i)));
    return array;
  }
  if (value.isTensor()) return env.Null();
  Environment& environment = Environment::of(env);
  return {env, from_ivalue(environment, c10::IValue(value))};
}

// What a schema says, for lib/ops: parameters with kinds and defaults, results with the parameter each one is.
Napi::Value schema(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto handle = find_operator(info[0].As<Napi::String>(), info[1].As<Napi::String>());
  const auto& schema = handle.schema();
  Napi::Array parameters = Napi::Array::New(env);
  for (const c10::Argument& argument : schema.arguments()) {
    const Parameter parameter = describe_parameter(argument);
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", parameter.name);
    entry.Set("kind", kind_name(parameter.kind));
    entry.Set("type", parameter.type_text);
    entry.Set("nullable", parameter.nullable);
    entry.Set("list_size", parameter.list_size);
    entry.Set("written", parameter.written);
    entry.Set("keyword_only", parameter.keyword_only);
    entry.Set("required", !parameter.default_value.has_value());
    entry.Set("default_value",
              parameter.default_value ? default_to_javascript(env, *parameter.default_value) : env.Undefined());
    parameters.Set(parameters.Length(), entry);
  }
  Napi::Array results = Napi::Array::New(env);
  const auto aliases = find_result_aliases(schema);
  for (size_t i = 0; i < schema.returns().size(); i++) {
    Napi::Object entry = Napi::Object::New(env);
    const Parameter result = describe_parameter(schema.returns()[i]);
    entry.Set("name", result.name);
    entry.Set("kind", kind_name(result.kind));
    entry.Set("parameter", aliases[i]);
    results.Set(results.Length(), entry);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("parameters", parameters);
  object.Set("results", results);
  object.Set("text", c10::toString(schema));
  object.Set("random", handle.hasTag(at::Tag::nondeterministic_seeded));
  return object;
}

void add_alias_sets(const c10::AliasInfo& info, std::set<std::string>& names) {
  for (const auto* sets : {&info.beforeSets(), &info.afterSets()})
    for (const c10::Symbol& symbol : *sets) names.insert(symbol.toUnqualString());
  for (const c10::AliasInfo& contained : info.containedTypes()) add_alias_sets(contained, names);
}

// alias_sets(name, overload): of each argument and of each result its letters, as a for `Tensor(a!)`; * for what may
// share memory with anything.
Napi::Value alias_sets(const Napi::CallbackInfo& info) {
  const auto handle = find_operator(info[0].As<Napi::String>(), info[1].As<Napi::String>());
  const auto letters_of = [&](const std::vector<c10::Argument>& arguments) {
    Napi::Array all = Napi::Array::New(info.Env());
    for (const c10::Argument& argument : arguments) {
      std::set<std::string> names;
      if (argument.alias_info() != nullptr) add_alias_sets(*argument.alias_info(), names);
      Napi::Array letters = Napi::Array::New(info.Env());
      for (const std::string& name : names) letters.Set(letters.Length(), name);
      all.Set(all.Length(), letters);
    }
    return all;
  };
  Napi::Array both = Napi::Array::New(info.Env(), 2);
  both.Set(0u, letters_of(handle.schema().arguments()));
  both.Set(1u, letters_of(handle.schema().returns()));
  return both;
}

// is_data_dependent(name, overload): its tags say that sizes of results hang on values, or that it changes an
// argument's sizes.
Napi::Value is_data_dependent(const Napi::CallbackInfo& info) {
  const auto handle = find_operator(info[0].As<Napi::String>(), info[1].As<Napi::String>());
  return Napi::Boolean::New(info.Env(), handle.hasTag(at::Tag::dynamic_output_shape) ||
                                            handle.hasTag(at::Tag::inplace_view) ||
                                            handle.hasTag(at::Tag::data_dependent_output));
}

// has_kernel(name, overload, dispatch key): whether one is registered for this very key.
Napi::Value has_kernel(const Napi::CallbackInfo& info) {
  const auto handle = find_operator(info[0].As<Napi::String>(), info[1].As<Napi::String>());
  return Napi::Boolean::New(info.Env(),
                            handle.hasKernelForDispatchKey(c10::parseDispatchKey(info[2].As<Napi::String>())));
}

// Every operator with a schema: ["aten::add.Tensor", …].
Napi::Value operator_names(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  auto& dispatcher = c10::Dispatcher::singleton();
  for (const c10::OperatorName& name : dispatcher.getAllOpNames()) {
    if (!dispatcher.findSchema(name)) continue;
    names.Set(names.Length(), name.overload_name.empty() ? name.name : name.name + "." + name.overload_name);
  }
  return names;
}

// Refuses a call that would race with one on another thread.
void check_in_use(const BoundOperator& bound, const torch::jit::Stack& stack) {
  for (size_t i = 0; i < bound.parameters.size(); i++) {
    const Parameter& parameter = bound.parameters[i];
    const auto check = [&](const at::Tensor& tensor) {
      const std::string name = parameter.name == "self" ? "input" : parameter.name;
      (parameter.written ? check_write : check_read)(tensor, bound.name + "(): argument '" + name + "'");
    };
    const c10::IValue& value = stack[i];
    if (value.isTensor()) {
      check(value.toTensor());
    } else if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) check(tensor);
    }
  }
}

// Calls `collect_all` in JavaScript: what memory is waiting there is freed.
void collect_in_javascript(Environment& environment) {
  const Napi::HandleScope scope(environment.env);
  if (!environment.collect_all.IsEmpty()) environment.collect_all.Call({});
}

}  // namespace

napi_value BoundOperator::call(const napi_value* arguments, size_t count) {
  try {
    return call_once(arguments, count);
  } catch (const c10::OutOfMemoryError&) {
    // Garbage may hold what is missing: collect, then try once more.
    collect_in_javascript(environment);
    return call_once(arguments, count);
  }
}

napi_value BoundOperator::call_once(const napi_value* arguments, size_t count) {
  // Kept for the length of the call: with its library goes the operator.
  const std::shared_ptr<OwnLibrary> own = is_own ? definition.lock() : nullptr;
  if (is_own && !own) throw std::runtime_error("the operator was unregistered with its library");
  torch::jit::Stack& stack = environment.push_stack();
  struct Pop {
    Environment& environment;
    ~Pop() { environment.pop_stack(); }
  } pop{environment};

  environment.next_list = 0;
  size_t next = 0;
  for (size_t i = 0; i < parameters.size(); i++) {
    const Parameter& parameter = parameters[i];
    if (parameter.bound) {
      stack.push_back(*parameter.bound);
    } else if (next < count) {
      stack.push_back(to_ivalue(environment, parameter, arguments[next++], i));
    } else if (parameter.default_value) {
      stack.push_back(*parameter.default_value);
    } else {
      throw ArgumentError("missing required argument '" + parameter.name + "'");
    }
  }
  if (next < count) {
    throw ArgumentError("takes " + std::to_string(next) + " arguments but " + std::to_string(count) + " were given");
  }
  if (anything_in_use()) check_in_use(*this, stack);
  if (repair != nullptr) repair(stack);
  if (written.empty()) {
    call_boxed(stack);
  } else {
    WrittenTensors tensors;
    for (const size_t place : written) collect_tensors(stack[place], tensors);
    try {
      call_boxed(stack);
    } catch (...) {
      for (const at::Tensor& tensor : tensors) empty_if_torn(tensor);
      throw;
    }
  }
  return wrap_results(stack);
}

void BoundOperator::call_boxed(torch::jit::Stack& stack) {
  if (draws_random_numbers && environment_count() > 1) {
    if (environment.own_generator && generator_parameter >= 0 && stack[generator_parameter].isNone()) {
      stack[generator_parameter] = *environment.own_generator;
      handle.callBoxed(stack);
    } else {
      const DefaultGeneratorSwap turn(environment);
      handle.callBoxed(stack);
    }
  } else {
    handle.callBoxed(stack);
  }
}

napi_value BoundOperator::wrap_results(torch::jit::Stack& stack) {
  napi_env env = environment.env;
  if (single_tensor_result) {
    napi_value result;
    napi_create_int32(env, environment.put(std::move(stack[0]).toTensor()), &result);
    return result;
  }
  if (several_tensor_results) {
    for (size_t i = 0; i < stack.size(); i++)
      environment.flags[i + 1] = environment.put(std::move(stack[i]).toTensor());
    return undefined(env);
  }
  if (result_is_parameter.empty()) return undefined(env);
  if (result_is_parameter.size() == 1)
    return result_is_parameter[0] >= 0 ? undefined(env) : from_ivalue(environment, std::move(stack[0]));
  napi_value array;
  napi_create_array_with_length(env, result_is_parameter.size(), &array);
  for (size_t i = 0; i < result_is_parameter.size(); i++) {
    if (result_is_parameter[i] >= 0) continue;
    napi_set_element(env, array, static_cast<uint32_t>(i), from_ivalue(environment, std::move(stack[i])));
  }
  return array;
}

void export_op_table(Napi::Env env, Napi::Object exports) {
  export_function<bind>(env, exports, "bind");
  export_function<schema>(env, exports, "schema");
  export_function<alias_sets>(env, exports, "alias_sets");
  export_function<is_data_dependent>(env, exports, "is_data_dependent");
  export_function<has_kernel>(env, exports, "has_kernel");
  export_function<operator_names>(env, exports, "operator_names");
}

}  // namespace typetorch
