#include "shared_numbers.h"

#include "convert.h"

#include <ATen/core/Reduction.h>
#include <c10/core/Layout.h>
#include <c10/core/MemoryFormat.h>
#include <c10/core/QScheme.h>
#include <c10/core/ScalarType.h>

#include <sstream>

namespace typetorch {
namespace {

using Numbers = std::initializer_list<std::pair<const char*, int>>;

Napi::Object object_of(Napi::Env env, const Numbers& numbers) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [name, number] : numbers) define(object, name, number);
  return object;
}

template <typename Enumeration>
Napi::Array names_of(Napi::Env env) {
  constexpr int kCount = static_cast<int>(Enumeration::NumOptions);
  Napi::Array names = Napi::Array::New(env, kCount);
  for (int i = 0; i < kCount; i++) {
    std::ostringstream name;
    name << static_cast<Enumeration>(i);
    names.Set(static_cast<uint32_t>(i), name.str());
  }
  return names;
}

// LibTorch's dtypes by their codes: [name, bytes, is_floating_point, is_complex].
Napi::Array dtypes_of(Napi::Env env) {
  Napi::Array all = Napi::Array::New(env);
  for (int i = 0; i < static_cast<int>(c10::ScalarType::NumOptions); i++) {
    const auto type = static_cast<c10::ScalarType>(i);
    if (type == c10::ScalarType::Undefined) continue;
    Napi::Array facts = Napi::Array::New(env, 4);
    facts.Set(0u, std::string(c10::getDtypeNames(type).first));
    facts.Set(1u, static_cast<double>(c10::elementSize(type)));
    facts.Set(2u, c10::isFloatingType(type));
    facts.Set(3u, c10::isComplexType(type));
    all.Set(static_cast<uint32_t>(i), facts);
  }
  return all;
}

Napi::Array qschemes_of(Napi::Env env) {
  constexpr int kCount = static_cast<int>(c10::QScheme::COMPILE_TIME_NUM_QSCHEMES);
  Napi::Array names = Napi::Array::New(env, kCount);
  for (int i = 0; i < kCount; i++) names.Set(static_cast<uint32_t>(i), c10::toString(static_cast<c10::QScheme>(i)));
  return names;
}

Napi::Array kinds_of(Napi::Env env) {
  Napi::Array names = Napi::Array::New(env);
  for (int i = 0; i < static_cast<int>(Kind::Unsupported); i++)
    names.Set(static_cast<uint32_t>(i), kind_name(static_cast<Kind>(i)));
  return names;
}

constexpr int number(auto value) {
  return static_cast<int>(value);
}

}  // namespace

// constants: ours, which lib/ uses; and LibTorch's enumerations and the kinds of arguments, with which a test compares
// what lib/ knows of them.
void export_shared_numbers(Napi::Env env, Napi::Object exports) {
  Napi::Object constants = Napi::Object::New(env);
  define(constants, "fact",
         object_of(env, {{"requires_grad", number(Fact::RequiresGrad)},
                         {"is_leaf", number(Fact::IsLeaf)},
                         {"is_quantized", number(Fact::IsQuantized)},
                         {"retains_grad", number(Fact::RetainsGrad)},
                         {"is_nested", number(Fact::IsNested)},
                         {"shares_storage", number(Fact::SharesStorage)}}));
  define(constants, "mode",
         object_of(env, {{"grad", number(Mode::Grad)},
                         {"no_grad", number(Mode::NoGrad)},
                         {"inference", number(Mode::Inference)},
                         {"grad_in_inference", number(Mode::GradInInference)}}));
  define(constants, "adam",
         object_of(env, {{"amsgrad", kAmsgrad},
                         {"maximize", kMaximize},
                         {"capturable", kCapturable},
                         {"decoupled_weight_decay", kDecoupledWeightDecay},
                         {"foreach", kForeach},
                         {"fused", kFused},
                         {"differentiable", kDifferentiable}}));
  define(constants, "reach",
         object_of(env, {{"of_tensor", number(Reach::OfTensor)},
                         {"of_gradient", number(Reach::OfGradient)},
                         {"of_change", number(Reach::OfChange)}}));
  define(constants, "node_of",
         object_of(env, {{"tensor", number(NodeOf::Tensor)}, {"gradient", number(NodeOf::Gradient)}}));
  define(constants, "reduction",
         object_of(env, {{"none", number(at::Reduction::None)},
                         {"mean", number(at::Reduction::Mean)},
                         {"sum", number(at::Reduction::Sum)}}));
  define(constants, "dtypes", dtypes_of(env));
  define(constants, "layouts", names_of<c10::Layout>(env));
  define(constants, "memory_formats", names_of<c10::MemoryFormat>(env));
  define(constants, "qschemes", qschemes_of(env));
  define(constants, "kinds", kinds_of(env));
  define(exports, "constants", constants);
}

}  // namespace typetorch
