#include "random.h"

#include "guard.h"
#include "tensor.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

namespace typetorch {
namespace {

uint64_t seed_of(const Napi::Value& value) {
  // As Python: any integer of 64 bits, a negative one as its two's complement.
  if (value.IsBigInt()) {
    bool exact;
    const int64_t as_signed = value.As<Napi::BigInt>().Int64Value(&exact);
    if (exact) return static_cast<uint64_t>(as_signed);
    const uint64_t seed = value.As<Napi::BigInt>().Uint64Value(&exact);
    if (exact) return seed;
    throw ArgumentError("Overflow when unpacking unsigned long long");
  }
  const double number = value.As<Napi::Number>().DoubleValue();
  return number < 0 ? static_cast<uint64_t>(static_cast<int64_t>(number)) : static_cast<uint64_t>(number);
}

at::Generator generator(const Napi::CallbackInfo& info, size_t index) {
  Environment& environment = Environment::of(info.Env());
  const int32_t handle = info[index].As<Napi::Number>().Int32Value();
  if (handle == 0)
    return environment.own_generator ? *environment.own_generator : at::globalContext().defaultGenerator(at::kCPU);
  if (handle < 0 || static_cast<size_t>(handle) > environment.generators.size() ||
      !environment.generators[handle - 1].defined())
    throw ArgumentError("the Generator was disposed of or belongs to another thread");
  return environment.generators[handle - 1];
}

// torch.manual_seed: every device's default generator.
Napi::Value manual_seed(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const uint64_t seed = seed_of(info[0]);
  if (environment.own_generator)
    environment.own_generator->set_current_seed(seed);
  else
    at::manual_seed(seed);
  return info.Env().Undefined();
}

// Its place in the table.
Napi::Value put_generator(Napi::Env env, at::Generator made) {
  Environment& environment = Environment::of(env);
  uint32_t index;
  if (environment.free_generators.empty()) {
    index = static_cast<uint32_t>(environment.generators.size());
    environment.generators.push_back(std::move(made));
  } else {
    index = environment.free_generators.back();
    environment.free_generators.pop_back();
    environment.generators[index] = std::move(made);
  }
  return Napi::Number::New(env, index + 1);
}

Napi::Value make_generator(const Napi::CallbackInfo& info) {
  const c10::Device device(info[0].As<Napi::String>().Utf8Value());
  return put_generator(
      info.Env(),
      device.is_cpu()
          ? at::detail::createCPUGenerator()
          : at::globalContext().getAcceleratorHooksInterface(device.type()).getNewGenerator(device.index()));
}

// default_generator(device): the one that operators on it take where they are given none.
Napi::Value default_generator(const Napi::CallbackInfo& info) {
  return put_generator(info.Env(),
                       at::globalContext().defaultGenerator(c10::Device(info[0].As<Napi::String>().Utf8Value())));
}

Napi::Value free_generator(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const int32_t handle = info[0].As<Napi::Number>().Int32Value();
  if (handle > 0 && static_cast<size_t>(handle) <= environment.generators.size() &&
      environment.generators[handle - 1].defined()) {
    environment.generators[handle - 1] = at::Generator();
    environment.free_generators.push_back(static_cast<uint32_t>(handle - 1));
  }
  return info.Env().Undefined();
}

Napi::Value generator_manual_seed(const Napi::CallbackInfo& info) {
  at::Generator target = generator(info, 0);
  const std::lock_guard<std::mutex> lock(target.mutex());
  target.set_current_seed(seed_of(info[1]));
  return info.Env().Undefined();
}

Napi::Value generator_seed(const Napi::CallbackInfo& info) {
  at::Generator target = generator(info, 0);
  const std::lock_guard<std::mutex> lock(target.mutex());
  return Napi::BigInt::New(info.Env(), target.seed());
}

Napi::Value generator_initial_seed(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), generator(info, 0).current_seed());
}

Napi::Value generator_device(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), generator(info, 0).device().str());
}

Napi::Value generator_get_state(const Napi::CallbackInfo& info) {
  at::Generator source = generator(info, 0);
  const std::lock_guard<std::mutex> lock(source.mutex());
  return tensor_result(info, source.get_state());
}

Napi::Value generator_set_state(const Napi::CallbackInfo& info) {
  at::Generator target = generator(info, 0);
  const at::Tensor state = tensor_argument(info, 1, Use::Read, "set_state(): the state");
  const std::lock_guard<std::mutex> lock(target.mutex());
  target.set_state(state);
  return info.Env().Undefined();
}

// generator_copy(from, to): CPU generators only. By get_state and set_state it would take some 4 µs and 5 KB each time.
Napi::Value generator_copy(const Napi::CallbackInfo& info) {
  const at::Generator source = generator(info, 0);
  const at::Generator target = generator(info, 1);
  auto* from = at::check_generator<at::CPUGeneratorImpl>(source);
  auto* to = at::check_generator<at::CPUGeneratorImpl>(target);
  if (from == to) return info.Env().Undefined();
  const std::scoped_lock lock(from->mutex_, to->mutex_);
  to->set_engine(from->engine());
  to->set_next_float_normal_sample(from->next_float_normal_sample());
  to->set_next_double_normal_sample(from->next_double_normal_sample());
  return info.Env().Undefined();
}

}  // namespace

void export_random(Napi::Env env, Napi::Object exports) {
  export_function<manual_seed>(env, exports, "manual_seed");
  export_function<make_generator>(env, exports, "make_generator");
  export_function<default_generator>(env, exports, "default_generator");
  export_function<free_generator>(env, exports, "free_generator");
  export_function<generator_manual_seed>(env, exports, "generator_manual_seed");
  export_function<generator_seed>(env, exports, "generator_seed");
  export_function<generator_initial_seed>(env, exports, "generator_initial_seed");
  export_function<generator_device>(env, exports, "generator_device");
  export_function<generator_get_state>(env, exports, "generator_get_state");
  export_function<generator_set_state>(env, exports, "generator_set_state");
  export_function<generator_copy>(env, exports, "generator_copy");
}

}  // namespace typetorch
