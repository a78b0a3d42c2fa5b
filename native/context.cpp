#include "context.h"

#include "guard.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <c10/core/AutogradState.h>
#include <c10/core/DefaultDtype.h>
#include <torch/csrc/autograd/anomaly_mode.h>

#include <functional>
#include <string_view>

namespace typetorch {
namespace {

using at::Context;
using c10::AutogradState;
using torch::autograd::AnomalyMode;

// A switch of the whole process, where nothing else is said; without `set` it says what the build has.
struct Switch {
  std::string_view name;
  std::function<bool()> get;
  std::function<void(bool)> set = nullptr;
};

Context& context() {
  return at::globalContext();
}

// Switches that Context has a getter and a setter for.
Switch of_context(std::string_view name, bool (Context::*get)() const, void (Context::*set)(bool)) {
  return {name, [get] { return (context().*get)(); }, [set](bool on) { (context().*set)(on); }};
}

// cuBLAS's three-valued options are on or off in Python's flags.
Switch reduction(std::string_view name, at::CuBLASReductionOption (Context::*get)() const,
                 void (Context::*set)(bool, bool)) {
  return {name, [get] { return (context().*get)() == at::CuBLASReductionOption::AllowReducedPrecisionWithSplitK; },
          [set](bool on) { (context().*set)(on, true); }};
}

// Switches of the autograd engine: this thread's.
Switch of_autograd(std::string_view name, bool (AutogradState::*get)() const, void (AutogradState::*set)(bool)) {
  return {name, [get] { return (AutogradState::get_tls_state().*get)(); },
          [set](bool on) {
            AutogradState state = AutogradState::get_tls_state();
            (state.*set)(on);
            AutogradState::set_tls_state(std::move(state));
          }};
}

const std::vector<Switch>& switches() {
  static const std::vector<Switch> all = {
      of_context("cudnn_enabled", &Context::userEnabledCuDNN, &Context::setUserEnabledCuDNN),
      of_context("cudnn_benchmark", &Context::benchmarkCuDNN, &Context::setBenchmarkCuDNN),
      of_context("cudnn_deterministic", &Context::deterministicCuDNN, &Context::setDeterministicCuDNN),
      {"cudnn_allow_tf32", [] { return context().allowTF32CuDNN(); }, [](bool on) { context().setAllowTF32CuDNN(on); }},
      of_context("mkldnn_enabled", &Context::userEnabledMkldnn, &Context::setUserEnabledMkldnn),
      of_context("mkldnn_deterministic", &Context::deterministicMkldnn, &Context::setDeterministicMkldnn),
      of_context("mkldnn_allow_tf32", &Context::allowTF32OneDNN, &Context::setAllowTF32OneDNN),
      of_context("nnpack_enabled", &Context::userEnabledNNPACK, &Context::setUserEnabledNNPACK),
      of_context("cublas_allow_tf32", &Context::allowTF32CuBLAS, &Context::setAllowTF32CuBLAS),
      reduction("cublas_allow_fp16_reduction", &Context::allowFP16ReductionCuBLAS,
                &Context::setAllowFP16ReductionCuBLAS),
      reduction("cublas_allow_bf16_reduction", &Context::allowBF16ReductionCuBLAS,
                &Context::setAllowBF16ReductionCuBLAS),
      of_context("cublas_allow_fp16_accumulation", &Context::allowFP16AccumulationCuBLAS,
                 &Context::setAllowFP16AccumulationCuBLAS),
      of_context("cpu_allow_fp16_reduction", &Context::allowFP16ReductionCPU, &Context::setAllowFP16ReductionCPU),
      of_context("sdp_flash", &Context::userEnabledFlashSDP, &Context::setSDPUseFlash),
      of_context("sdp_mem_efficient", &Context::userEnabledMemEfficientSDP, &Context::setSDPUseMemEfficient),
      of_context("sdp_math", &Context::userEnabledMathSDP, &Context::setSDPUseMath),
      of_context("sdp_cudnn", &Context::userEnabledCuDNNSDP, &Context::setSDPUseCuDNN),
      of_context("sdp_overrideable", &Context::userEnabledOverrideableSDP, &Context::setSDPUseOverrideable),
      of_context("sdp_math_allow_reduction", &Context::allowFP16BF16ReductionMathSDP,
                 &Context::setAllowFP16BF16ReductionMathSDP),
      of_context("deterministic_fill", &Context::deterministicFillUninitializedMemory,
                 &Context::setDeterministicFillUninitializedMemory),
      {"deterministic", [] { return context().deterministicAlgorithms(); },
       [](bool on) { context().setDeterministicAlgorithms(on, false); }},
      // Deterministic algorithms, but a warning where there is none.
      {"deterministic_warn_only", [] { return context().deterministicAlgorithmsWarnOnly(); },
       [](bool on) { context().setDeterministicAlgorithms(on, on); }},
      {"sparse_invariants", [] { return context().checkSparseTensorInvariants().value_or(false); },
       [](bool on) { context().setCheckSparseTensorInvariants(on); }},
      {"warn_always", [] { return c10::WarningUtils::get_warnAlways(); },
       [](bool on) { c10::WarningUtils::set_warnAlways(on); }},
      {"anomaly", [] { return AnomalyMode::is_enabled(); },
       [](bool on) { AnomalyMode::set_enabled(on, AnomalyMode::should_check_nan()); }},
      {"anomaly_check_nan", [] { return AnomalyMode::should_check_nan(); },
       [](bool on) { AnomalyMode::set_enabled(AnomalyMode::is_enabled(), on); }},
      of_autograd("autograd_multithreading", &AutogradState::get_multithreading_enabled,
                  &AutogradState::set_multithreading_enabled),
      of_autograd("autograd_grad_layout", &AutogradState::get_grad_layout_enforcement_enabled,
                  &AutogradState::set_grad_layout_enforcement_enabled),
      of_autograd("autograd_view_replay", &AutogradState::get_view_replay_enabled,
                  &AutogradState::set_view_replay_enabled),
      of_context("accumulate_grad_stream_warning", &Context::warnOnAccumulateGradStreamMismatch,
                 &Context::setWarnOnAccumulateGradStreamMismatch),
      of_context("override_stale_capture_stream", &Context::overrideStaleCaptureStream,
                 &Context::setOverrideStaleCaptureStream),
      {"autocast_cache", [] { return at::autocast::is_autocast_cache_enabled(); },
       [](bool on) { at::autocast::set_autocast_cache_enabled(on); }},
      {"has_mkl", [] { return Context::hasMKL(); }},
      {"has_mkldnn", [] { return Context::hasMKLDNN(); }},
      {"has_lapack", [] { return Context::hasLAPACK(); }},
      {"has_openmp", [] { return Context::hasOpenMP(); }},
      {"has_cudnn", [] { return Context::hasCuDNN(); }},
      {"has_magma", [] { return Context::hasMAGMA(); }},
  };
  return all;
}

const Switch& find_switch(const std::string& name) {
  for (const Switch& one : switches())
    if (one.name == name) return one;
  throw ArgumentError("there is no switch '" + name + "'");
}

// context_get(name)
Napi::Value context_get(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), find_switch(info[0].As<Napi::String>()).get());
}

// context_set(name, on)
Napi::Value context_set(const Napi::CallbackInfo& info) {
  const Switch& found = find_switch(info[0].As<Napi::String>());
  if (!found.set) throw ArgumentError("'" + std::string(found.name) + "' says what the build has and cannot be set");
  found.set(info[1].As<Napi::Boolean>());
  return info.Env().Undefined();
}

// set_flush_denormal(on): whether the processor can.
Napi::Value set_flush_denormal(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Context::setFlushDenormal(info[0].As<Napi::Boolean>()));
}

// matmul_precision(wanted?): "highest", "high" or "medium", after setting it where one is wanted.
Napi::Value matmul_precision(const Napi::CallbackInfo& info) {
  if (info[0].IsString()) context().setFloat32MatmulPrecision(info[0].As<Napi::String>());
  constexpr const char* kNames[] = {"highest", "high", "medium"};
  return Napi::String::New(info.Env(), kNames[static_cast<int>(context().float32MatmulPrecision())]);
}

at::ScalarType floating_type(const Napi::Value& value) {
  const int32_t code = value.As<Napi::Number>().Int32Value();
  if (code < 0 || code >= static_cast<int32_t>(at::ScalarType::NumOptions) ||
      !at::isFloatingType(static_cast<at::ScalarType>(code)))
    throw ArgumentError("a floating-point dtype was expected");
  return static_cast<at::ScalarType>(code);
}

// set_default_dtype(code)
Napi::Value set_default_dtype(const Napi::CallbackInfo& info) {
  const at::ScalarType type = floating_type(info[0]);
  c10::set_default_dtype(c10::scalarTypeToTypeMeta(type));
  return info.Env().Undefined();
}

Napi::Value default_dtype(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<int>(c10::get_default_dtype_as_scalartype()));
}

at::DeviceType device_type(const Napi::Value& value) {
  return c10::Device(value.As<Napi::String>().Utf8Value()).type();
}

// autocast(device type, enabled?, dtype code?): [enabled, dtype code], after setting what is given. This thread's.
Napi::Value autocast(const Napi::CallbackInfo& info) {
  const at::DeviceType type = device_type(info[0]);
  if (info[1].IsBoolean()) at::autocast::set_autocast_enabled(type, info[1].As<Napi::Boolean>());
  if (info[2].IsNumber()) at::autocast::set_autocast_dtype(type, floating_type(info[2]));
  Napi::Array state = Napi::Array::New(info.Env(), 2);
  state.Set(0u, Napi::Boolean::New(info.Env(), at::autocast::is_autocast_enabled(type)));
  state.Set(1u, static_cast<int>(at::autocast::get_autocast_dtype(type)));
  return state;
}

// has_autocast(device type)
Napi::Value has_autocast(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), at::autocast::is_autocast_available(device_type(info[0])));
}

Napi::Value clear_autocast_cache(const Napi::CallbackInfo& info) {
  at::autocast::clear_cache();
  return info.Env().Undefined();
}

}  // namespace

void export_context(Napi::Env env, Napi::Object exports) {
  export_function<context_get>(env, exports, "context_get");
  export_function<context_set>(env, exports, "context_set");
  export_function<set_flush_denormal>(env, exports, "set_flush_denormal");
  export_function<matmul_precision>(env, exports, "matmul_precision");
  export_function<default_dtype>(env, exports, "default_dtype");
  export_function<set_default_dtype>(env, exports, "set_default_dtype");
  export_function<autocast>(env, exports, "autocast");
  export_function<has_autocast>(env, exports, "has_autocast");
  export_function<clear_autocast_cache>(env, exports, "clear_autocast_cache");
}

}  // namespace typetorch
