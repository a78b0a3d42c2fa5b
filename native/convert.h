#pragma once

#include "environment.h"

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <node_api.h>

#include <optional>
#include <string>

namespace typetorch {

// The kinds of argument that schemas have.
enum class Kind : uint8_t {
  Tensor,
  TensorList,
  OptionalTensorList,
  Int,
  IntList,
  Float,
  FloatList,
  Bool,
  BoolList,
  Scalar,
  ScalarList,
  String,
  StringList,
  Device,
  ScalarType,
  Layout,
  MemoryFormat,
  Generator,
  Storage,
  Stream,
  QScheme,
  Unsupported
};
const char* kind_name(Kind kind);

// One parameter of an operator, worked out once.
struct Parameter {
  std::string name;
  Kind kind = Kind::Unsupported;
  bool nullable = false;
  bool number_as_tensor = false;  // Python's parser lets a number stand for this tensor
  int32_t list_size = 0;          // int[2]: one number stands for all of them
  bool written = false;           // Tensor(a!)
  bool written_unsaid = false;    // its elements may change though the schema does not say so
  bool keyword_only = false;
  std::string type_text;
  std::optional<c10::IValue> default_value;
};
Parameter describe_parameter(const c10::Argument& argument);

// A number, bigint, boolean, FloatScalar or Complex as LibTorch's Scalar; nothing when it is none of them.
std::optional<c10::Scalar> to_scalar(napi_env env, napi_value value);

// Throws ArgumentError or DisposedTensor.
c10::IValue to_ivalue(Environment& environment, const Parameter& parameter, napi_value value, size_t position);

// Tensors become handles, lists and tuples arrays.
napi_value from_ivalue(Environment& environment, c10::IValue&& value);
// As part of several results.
napi_value from_ivalue(Environment& environment, c10::IValue&& value, FreshHandles& fresh);
napi_value from_scalar(napi_env env, const c10::Scalar& scalar);

// int64 in JavaScript: a number where it is exact, else a bigint.
napi_value from_int(napi_env env, int64_t value);

// What people call the type of a JavaScript value.
std::string type_of(napi_env env, napi_value value);

}  // namespace typetorch
