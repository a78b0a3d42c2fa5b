#include "op_table.h"

#include "guard.h"
#include "in_use.h"
#include "out_of_memory.h"
#include "status.h"

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
  checked(env, napi_get_undefined(env, &result));
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
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, &data) != napi_ok) return nullptr;
  auto* bound = static_cast<BoundOperator*>(data);
  if (count > kFewArguments) {
    count = kMostArguments;
    if (napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr) != napi_ok) return nullptr;
  }
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

// The running statistics of batch and instance norm, which their schemas do not mark as written.
bool writes_unsaid(const c10::OperatorName& name, const std::string& parameter) {
  static const std::set<std::string> names = {"aten::batch_norm",
                                              "aten::native_batch_norm",
                                              "aten::cudnn_batch_norm",
                                              "aten::miopen_batch_norm",
                                              "aten::_batch_norm_impl_index",
                                              "aten::instance_norm",
                                              "aten::batch_norm_update_stats",
                                              "aten::batch_norm_gather_stats",
                                              "aten::batch_norm_gather_stats_with_counts"};
  return (parameter == "running_mean" || parameter == "running_var") && names.contains(name.name);
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
    parameter.written_unsaid = writes_unsaid(handle.operator_name(), parameter.name);
    if (parameter.written_unsaid || (parameter.written && !parameter.keyword_only)) bound->is_repeatable = false;
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
  environment.operators.push_back(std::move(bound));
  BoundOperator* kept = environment.operators.back().get();
  napi_value function;
  if (napi_create_function(environment.env, kept->name.c_str(), NAPI_AUTO_LENGTH, call_bound, kept, &function) ==
      napi_ok)
    return function;
  environment.operators.pop_back();
  throw_status(environment.env);
}

// bind(name, overload, numbers?: index[]): a function of the operator's arguments; `numbers` are tensors that are given
// as numbers.
Napi::Value bind(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  auto bound = bind_operator(environment, info[0].As<Napi::String>(), info[1].As<Napi::String>());
  if (info[2].IsArray()) {
    const auto numbers = info[2].As<Napi::Array>();
    for (uint32_t i = 0; i < numbers.Length(); i++)
      bound->parameters.at(numbers.Get(i).As<Napi::Number>().Uint32Value()).number_as_tensor = true;
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
    define(entry, "name", parameter.name);
    define(entry, "kind", kind_name(parameter.kind));
    define(entry, "type", parameter.type_text);
    define(entry, "nullable", parameter.nullable);
    define(entry, "list_size", parameter.list_size);
    define(entry, "written", parameter.written);
    define(entry, "keyword_only", parameter.keyword_only);
    define(entry, "required", !parameter.default_value.has_value());
    define(entry, "default_value",
           parameter.default_value ? default_to_javascript(env, *parameter.default_value) : env.Undefined());
    parameters.Set(parameters.Length(), entry);
  }
  Napi::Array results = Napi::Array::New(env);
  const auto aliases = find_result_aliases(schema);
  for (size_t i = 0; i < schema.returns().size(); i++) {
    Napi::Object entry = Napi::Object::New(env);
    const Parameter result = describe_parameter(schema.returns()[i]);
    define(entry, "name", result.name);
    define(entry, "kind", kind_name(result.kind));
    define(entry, "parameter", aliases[i]);
    results.Set(results.Length(), entry);
  }
  Napi::Object object = Napi::Object::New(env);
  define(object, "parameters", parameters);
  define(object, "results", results);
  define(object, "text", c10::toString(schema));
  define(object, "random", handle.hasTag(at::Tag::nondeterministic_seeded));
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

// Of batch and instance norm: whether they change their running statistics in this call.
bool is_training(const BoundOperator& bound, const torch::jit::Stack& stack) {
  for (size_t i = 0; i < bound.parameters.size(); i++) {
    const std::string& name = bound.parameters[i].name;
    if (name == "training" || name == "use_input_stats") return !stack[i].isBool() || stack[i].toBool();
  }
  return true;
}

// Refuses a call that would race with one on another thread.
void check_in_use(const BoundOperator& bound, const torch::jit::Stack& stack) {
  for (size_t i = 0; i < bound.parameters.size(); i++) {
    const Parameter& parameter = bound.parameters[i];
    const bool is_written = parameter.written || (parameter.written_unsaid && is_training(bound, stack));
    const auto check = [&](const at::Tensor& tensor) {
      const std::string name = parameter.name == "self" ? "input" : parameter.name;
      (is_written ? check_write : check_read)(tensor, bound.name + "(): argument '" + name + "'");
    };
    const c10::IValue& value = stack[i];
    if (value.isTensor()) {
      check(value.toTensor());
    } else if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) check(tensor);
    } else if (parameter.kind == Kind::OptionalTensorList && value.isList()) {
      for (const c10::IValue& element : value.toListRef())
        if (element.isTensor()) check(element.toTensor());
    }
  }
}

// Where the random numbers of a call on a device come from, so that a second try draws the same.
class DeviceDraws {
 public:
  DeviceDraws(const BoundOperator& bound, const torch::jit::Stack& stack) {
    if (!bound.draws_random_numbers) return;
    c10::Device device(c10::kCPU);
    for (const c10::IValue& value : stack) {
      if (value.isDevice()) device = value.toDevice();
      if (value.isTensor() && value.toTensor().defined()) device = value.toTensor().device();
      if (!device.is_cpu()) break;
    }
    if (device.is_cpu()) return;
    const bool is_given = bound.generator_parameter >= 0 && stack[bound.generator_parameter].isGenerator();
    const at::Generator generator =
        is_given ? stack[bound.generator_parameter].toGenerator() : at::globalContext().defaultGenerator(device);
    try {
      offset_ = generator.get_offset();
      generator_ = generator;
    } catch (const c10::Error&) {
      // Not one that has an offset, or not now.
    }
  }
  // False where what was drawn can't be drawn again.
  bool draw_again(const BoundOperator& bound) {
    if (generator_) generator_->set_offset(offset_);
    return generator_.has_value() || !bound.draws_random_numbers;
  }

 private:
  std::optional<at::Generator> generator_;
  uint64_t offset_ = 0;
};

// What is written to is none of what is read.
bool is_apart(const BoundOperator& bound, const torch::jit::Stack& stack) {
  WrittenTensors written, read;
  for (size_t i = 0; i < bound.parameters.size(); i++)
    collect_tensors(stack[i], bound.parameters[i].written ? written : read);
  for (const at::Tensor& a : written)
    for (const at::Tensor& b : read)
      if (a.has_storage() && b.defined() && b.has_storage() && a.is_alias_of(b)) return false;
  return true;
}

}  // namespace

napi_value BoundOperator::call(const napi_value* arguments, size_t count) {
  // Kept for the length of the call: with its library goes the operator.
  const std::shared_ptr<OwnLibrary> own = is_own ? definition.lock() : nullptr;
  if (is_own && !own) throw std::runtime_error("the operator was unregistered with its library");
  torch::jit::Stack& stack = environment.push_stack();
  struct Pop {
    Environment& environment;
    ~Pop() { environment.pop_stack(); }
  } pop{environment};
  convert(arguments, count, stack);
  if (anything_in_use()) check_in_use(*this, stack);
  if (repair != nullptr) repair(stack);
  if (has_device_memory() && is_repeatable)
    run_guarded(stack);
  else
    run(stack);
  return wrap_results(stack);
}

void BoundOperator::convert(const napi_value* arguments, size_t count, torch::jit::Stack& stack) {
  environment.next_list = 0;
  size_t next = 0;
  for (size_t i = 0; i < parameters.size(); i++) {
    const Parameter& parameter = parameters[i];
    if (next < count) {
      stack.push_back(to_ivalue(environment, parameter, arguments[next++], i));
    } else if (parameter.default_value) {
      stack.push_back(*parameter.default_value);
    } else {
      throw ArgumentError("missing required argument '" + parameter.name + "'", ArgumentError::Form::Call);
    }
  }
  if (next < count) {
    throw ArgumentError("takes " + std::to_string(next) + " arguments but " + std::to_string(count) + " were given",
                        ArgumentError::Form::Call);
  }
}

// As run_repeatable: with the arguments kept, which garbage may not take with it.
void BoundOperator::run_guarded(torch::jit::Stack& stack) {
  const torch::jit::Stack kept = stack;
  DeviceDraws draws(*this, stack);
  try {
    return run(stack);
  } catch (const HostOutOfMemory&) {
    throw;
  } catch (const c10::OutOfMemoryError&) {
    if (!is_apart(*this, kept) || !draws.draw_again(*this) || !collect_garbage()) throw;
  }
  stack = kept;
  run(stack);
}

void BoundOperator::run(torch::jit::Stack& stack) {
  if (written.empty()) return call_boxed(stack);
  WrittenTensors tensors;
  for (const size_t place : written) collect_tensors(stack[place], tensors);
  const FixedSizes fixed(tensors);
  try {
    call_boxed(stack);
  } catch (...) {
    fixed.put_back();
    for (const at::Tensor& tensor : tensors) empty_if_torn(tensor);
    throw;
  }
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
  if (single_tensor_result) return environment.hand_over(std::move(stack[0]).toTensor());
  if (several_tensor_results) {
    for (size_t i = 0; i < stack.size(); i++)
      environment.flags[i + 1] = environment.put(std::move(stack[i]).toTensor());
    return undefined(env);
  }
  if (result_is_parameter.empty()) return undefined(env);
  if (result_is_parameter.size() == 1)
    return result_is_parameter[0] >= 0 ? undefined(env) : from_ivalue(environment, std::move(stack[0]));
  napi_value array;
  FreshHandles fresh(environment);
  checked(env, napi_create_array_with_length(env, result_is_parameter.size(), &array));
  for (size_t i = 0; i < result_is_parameter.size(); i++) {
    if (result_is_parameter[i] >= 0) continue;
    checked(env, napi_set_element(env, array, static_cast<uint32_t>(i),
                                  from_ivalue(environment, std::move(stack[i]), fresh)));
  }
  fresh.keep();
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
