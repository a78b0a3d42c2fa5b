#include "convert.h"

#include "guard.h"
#include "status.h"

#include <ATen/ops/empty.h>

namespace typetorch {

napi_value from_int(napi_env env, int64_t value) {
  napi_value result;
  constexpr int64_t kExact = int64_t{1} << 53;
  const bool is_exact = value >= -kExact && value <= kExact;
  checked(env, is_exact ? napi_create_int64(env, value, &result) : napi_create_bigint_int64(env, value, &result));
  return result;
}

napi_value from_scalar(napi_env env, const c10::Scalar& scalar) {
  if (scalar.isBoolean()) return Napi::Boolean::New(env, scalar.toBool());
  if (scalar.isComplex()) {
    const auto number = scalar.toComplexDouble();
    Napi::Object object = Napi::Object::New(env);
    define(object, "re", number.real());
    define(object, "im", number.imag());
    return object;
  }
  if (scalar.isFloatingPoint()) return Napi::Number::New(env, scalar.toDouble());
  if (scalar.isUnsigned()) {
    const uint64_t number = scalar.toUInt64();
    if (number <= (uint64_t{1} << 53)) return Napi::Number::New(env, static_cast<double>(number));
    return Napi::BigInt::New(env, number);
  }
  return from_int(env, scalar.toLong());
}

napi_value from_ivalue(Environment& environment, c10::IValue&& value) {
  FreshHandles fresh(environment);
  napi_value result = from_ivalue(environment, std::move(value), fresh);
  fresh.keep();
  return result;
}

napi_value from_ivalue(Environment& environment, c10::IValue&& value, FreshHandles& fresh) {
  napi_env env = environment.env;
  napi_value result;
  if (value.isTensor()) {
    checked(env, napi_create_int32(env, fresh.put(std::move(value).toTensor()), &result));
    return result;
  }
  if (value.isNone()) {
    checked(env, napi_get_null(env, &result));
    return result;
  }
  if (value.isBool()) return Napi::Boolean::New(env, value.toBool());
  if (value.isInt()) return from_int(env, value.toInt());
  if (value.isDouble()) return Napi::Number::New(env, value.toDouble());
  if (value.isScalar()) return from_scalar(env, value.toScalar());
  if (value.isSymInt()) return from_int(env, value.toSymInt().expect_int());
  if (value.isSymBool()) return Napi::Boolean::New(env, value.toSymBool().guard_bool(__FILE__, __LINE__));
  if (value.isString()) return Napi::String::New(env, value.toStringRef());
  if (value.isDevice()) return Napi::String::New(env, value.toDevice().str());
  if (value.isList()) {
    const auto list = value.toList();
    const auto array = Napi::Array::New(env, list.size());
    for (size_t i = 0; i < list.size(); i++)
      array.Set(static_cast<uint32_t>(i), from_ivalue(environment, c10::IValue(list.get(i)), fresh));
    return array;
  }
  if (value.isTuple()) {
    const auto& elements = value.toTupleRef().elements();
    const auto array = Napi::Array::New(env, elements.size());
    for (size_t i = 0; i < elements.size(); i++)
      array.Set(static_cast<uint32_t>(i), from_ivalue(environment, c10::IValue(elements[i]), fresh));
    return array;
  }
  if (value.isStorage()) {
    // Handed over as a tensor of bytes over the same memory.
    const c10::Storage storage = value.toStorage();
    at::Tensor bytes = at::empty({0}, at::TensorOptions().dtype(at::kByte).device(storage.device()));
    bytes.set_(storage, 0, {static_cast<int64_t>(storage.nbytes())}, {1});
    checked(env, napi_create_int32(env, fresh.put(bytes), &result));
    return result;
  }
  throw ArgumentError("a result of the type " + value.tagKind() + " has no counterpart in JavaScript");
}

}  // namespace typetorch
