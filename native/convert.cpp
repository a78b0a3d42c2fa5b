#include "convert.h"

#include "data.h"
#include "guard.h"
#include "status.h"
#include "streams.h"

#include <ATen/ScalarOps.h>
#include <ATen/core/jit_type.h>

#include <cmath>

namespace typetorch {
namespace {

using c10::IValue;

std::string string_of(napi_env env, napi_value value) {
  return Napi::String(env, value).Utf8Value();
}

[[noreturn]] void refuse(Environment& environment, const Parameter& parameter, napi_value value, size_t position,
                         const std::string& received = "") {
  std::string expected = parameter.type_text;
  throw ArgumentError("argument '" + parameter.name + "' (position " + std::to_string(position + 1) + ") must be " +
                          expected + ", not " + (received.empty() ? type_of(environment.env, value) : received),
                      ArgumentError::Form::Argument);
}

std::optional<int64_t> to_int(napi_env env, napi_value value) {
  napi_valuetype type;
  checked(env, napi_typeof(env, value, &type));
  if (type == napi_number) {
    double number;
    checked(env, napi_get_value_double(env, value, &number));
    if (std::trunc(number) != number || std::abs(number) > 9.2233720368547748e18) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (type == napi_bigint) {
    int64_t number;
    bool exact;
    checked(env, napi_get_value_bigint_int64(env, value, &number, &exact));
    if (!exact) throw ArgumentError("Overflow when unpacking long long", ArgumentError::Form::Argument);
    return number;
  }
  if (type == napi_boolean) {
    bool flag;
    checked(env, napi_get_value_bool(env, value, &flag));
    return flag ? 1 : 0;
  }
  return std::nullopt;
}

std::optional<double> to_double(napi_env env, napi_value value) {
  const auto scalar = to_scalar(env, value);
  if (!scalar || scalar->isComplex()) return std::nullopt;
  return scalar->toDouble();
}

// Calls `each` with every element of an array; false where the value is no array.
template <typename Each>
bool for_each_element(napi_env env, napi_value value, Each&& each) {
  bool is_array = false;
  checked(env, napi_is_array(env, value, &is_array));
  if (is_array) {
    uint32_t length;
    checked(env, napi_get_array_length(env, value, &length));
    for (uint32_t i = 0; i < length; i++) {
      napi_value element;
      checked(env, napi_get_element(env, value, i, &element));
      each(element);
    }
    return true;
  }
  return false;
}

const at::Tensor& living(Environment& environment, const Parameter& parameter, int32_t handle) {
  const at::Tensor* found = environment.tensors.find(handle);
  if (found == nullptr) throw DisposedTensor{handle, parameter.name};
  if (borrowed_storages.load(std::memory_order_relaxed) != 0) check_borrowed(*found);
  return *found;
}

const at::Tensor& tensor_at(Environment& environment, const Parameter& parameter, napi_value value, size_t position) {
  int32_t handle = 0;
  if (napi_get_value_int32(environment.env, value, &handle) != napi_ok) refuse(environment, parameter, value, position);
  return living(environment, parameter, handle);
}

bool is_nullish(napi_env env, napi_value value) {
  napi_valuetype type;
  checked(env, napi_typeof(env, value, &type));
  return type == napi_null || type == napi_undefined;
}

template <typename List, typename Convert>
IValue to_list(Environment& environment, const Parameter& parameter, napi_value value, size_t position,
               Convert&& convert) {
  List list;
  const auto push = [&](napi_value element) {
    auto converted = convert(environment.env, element);
    if (!converted) {
      refuse(environment, parameter, element, position,
             "array (found type " + type_of(environment.env, element) + " at position " + std::to_string(list.size()) +
                 ")");
    }
    list.push_back(*converted);
  };
  if (!for_each_element(environment.env, value, push)) {
    auto one = convert(environment.env, value);
    if (!one || parameter.list_size == 0) refuse(environment, parameter, value, position);
    for (int32_t i = 0; i < parameter.list_size; i++) list.push_back(*one);
  }
  return IValue(std::move(list));
}

// The next of the lists that JavaScript has laid down for this call, where the value says that it has.
std::optional<c10::ArrayRef<double>> next_list(Environment& environment, napi_value value) {
  bool laid = false;
  if (napi_get_value_bool(environment.env, value, &laid) != napi_ok || !laid) return std::nullopt;
  const double* numbers = environment.lists + environment.next_list;
  const auto length = static_cast<size_t>(numbers[0]);
  if (environment.next_list + 1 + length > Environment::kListNumbers) return std::nullopt;
  environment.next_list += length + 1;
  return c10::ArrayRef<double>(numbers + 1, length);
}

IValue to_int_list(Environment& environment, const Parameter& parameter, napi_value value, size_t position) {
  const auto laid = next_list(environment, value);
  if (!laid) return to_list<c10::List<int64_t>>(environment, parameter, value, position, to_int);
  c10::List<int64_t> list;
  list.reserve(laid->size());
  for (const double number : *laid) list.push_back(static_cast<int64_t>(number));
  return IValue(std::move(list));
}

IValue to_tensor_list(Environment& environment, const Parameter& parameter, napi_value value, size_t position) {
  c10::List<at::Tensor> list;
  if (const auto laid = next_list(environment, value)) {
    list.reserve(laid->size());
    for (const double handle : *laid) list.push_back(living(environment, parameter, static_cast<int32_t>(handle)));
    return IValue(std::move(list));
  }
  if (!for_each_element(environment.env, value, [&](napi_value element) {
        list.push_back(tensor_at(environment, parameter, element, position));
      }))
    refuse(environment, parameter, value, position);
  return IValue(std::move(list));
}

at::Tensor wrapped_number(const c10::Scalar& scalar) {
  at::Tensor tensor = at::scalar_to_tensor(scalar);
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

IValue to_tensor(Environment& environment, const Parameter& parameter, napi_value value, size_t position) {
  if (parameter.number_as_tensor) {
    const auto scalar = to_scalar(environment.env, value);
    if (!scalar) refuse(environment, parameter, value, position);
    return IValue(wrapped_number(*scalar));
  }
  return IValue(tensor_at(environment, parameter, value, position));
}

}  // namespace

std::string type_of(napi_env env, napi_value value) {
  const Napi::Value v(env, value);
  if (v.IsNull()) return "null";
  if (v.IsArray()) return "array";
  if (v.IsString()) return "string";
  if (v.IsNumber()) return "number";
  if (v.IsBoolean()) return "boolean";
  if (v.IsUndefined()) return "undefined";
  if (v.IsFunction()) return "function";
  if (v.IsBigInt()) return "bigint";
  if (v.IsSymbol()) return "symbol";
  if (v.IsTypedArray()) return "typed array";
  return "object";
}

std::optional<c10::Scalar> to_scalar(napi_env env, napi_value value) {
  napi_valuetype type;
  checked(env, napi_typeof(env, value, &type));
  switch (type) {
    case napi_number: {
      double number;
      checked(env, napi_get_value_double(env, value, &number));
      // A whole number never changes an integer tensor's dtype; -0 and what int64 cannot hold stay floats.
      if (std::trunc(number) == number && std::abs(number) < 9.2233720368547748e18 &&
          !(number == 0 && std::signbit(number)))
        return c10::Scalar(static_cast<int64_t>(number));
      return c10::Scalar(number);
    }
    case napi_bigint: {
      int64_t number;
      bool exact;
      checked(env, napi_get_value_bigint_int64(env, value, &number, &exact));
      if (exact) return c10::Scalar(number);
      uint64_t positive;
      checked(env, napi_get_value_bigint_uint64(env, value, &positive, &exact));
      if (!exact) throw ArgumentError("Overflow when unpacking long long", ArgumentError::Form::Argument);
      return c10::Scalar(positive);
    }
    case napi_boolean: {
      bool flag;
      checked(env, napi_get_value_bool(env, value, &flag));
      return c10::Scalar(flag);
    }
    case napi_object: {
      // Own fields only: Object.prototype may have been given some.
      const Napi::Object object(env, value);
      const auto own = [&](const char* name) { return object.HasOwnProperty(name) ? object.Get(name) : Napi::Value(); };
      const Napi::Value real = own("re");
      if (real.IsEmpty() || !real.IsNumber()) return std::nullopt;
      const Napi::Value imaginary = own("im");
      const double re = real.As<Napi::Number>().DoubleValue();
      if (imaginary.IsEmpty() || !imaginary.IsNumber()) return c10::Scalar(re);
      return c10::Scalar(c10::complex<double>(re, imaginary.As<Napi::Number>().DoubleValue()));
    }
    default:
      return std::nullopt;
  }
}

IValue to_ivalue(Environment& environment, const Parameter& parameter, napi_value value, size_t position) {
  napi_env env = environment.env;
  // A living handle is the commonest argument by far.
  if (parameter.kind == Kind::Tensor && !parameter.number_as_tensor) {
    int32_t handle = 0;
    if (napi_get_value_int32(env, value, &handle) == napi_ok) {
      if (const at::Tensor* found = environment.tensors.find(handle)) {
        if (borrowed_storages.load(std::memory_order_relaxed) != 0) check_borrowed(*found);
        return IValue(*found);
      }
    }
  }
  if (is_nullish(env, value)) {
    bool undefined;
    napi_valuetype type;
    checked(env, napi_typeof(env, value, &type));
    undefined = type == napi_undefined;
    if (undefined && parameter.default_value) return *parameter.default_value;
    if (parameter.nullable) return IValue();
    if (undefined) throw ArgumentError("missing required argument '" + parameter.name + "'", ArgumentError::Form::Call);
    refuse(environment, parameter, value, position);
  }
  switch (parameter.kind) {
    case Kind::Tensor:
      return to_tensor(environment, parameter, value, position);
    case Kind::TensorList:
      return to_tensor_list(environment, parameter, value, position);
    case Kind::OptionalTensorList: {
      c10::List<std::optional<at::Tensor>> list;
      if (!for_each_element(env, value, [&](napi_value element) {
            if (is_nullish(env, element))
              list.push_back(std::nullopt);
            else
              list.push_back(tensor_at(environment, parameter, element, position));
          }))
        refuse(environment, parameter, value, position);
      return IValue(std::move(list));
    }
    case Kind::Int: {
      const auto number = to_int(env, value);
      if (!number) refuse(environment, parameter, value, position);
      return IValue(*number);
    }
    case Kind::IntList:
      return to_int_list(environment, parameter, value, position);
    case Kind::Float: {
      const auto number = to_double(env, value);
      if (!number) refuse(environment, parameter, value, position);
      return IValue(*number);
    }
    case Kind::FloatList:
      return to_list<c10::List<double>>(environment, parameter, value, position, to_double);
    case Kind::Bool: {
      bool flag;
      if (napi_get_value_bool(env, value, &flag) != napi_ok) refuse(environment, parameter, value, position);
      return IValue(flag);
    }
    case Kind::BoolList:
      return to_list<c10::List<bool>>(environment, parameter, value, position,
                                      [](napi_env e, napi_value v) -> std::optional<bool> {
                                        bool flag;
                                        if (napi_get_value_bool(e, v, &flag) != napi_ok) return std::nullopt;
                                        return flag;
                                      });
    case Kind::Scalar: {
      const auto scalar = to_scalar(env, value);
      if (!scalar) refuse(environment, parameter, value, position);
      return IValue(*scalar);
    }
    case Kind::ScalarList: {
      // A boxed list of Scalars is a list of generic values.
      c10::impl::GenericList list(c10::NumberType::get());
      if (!for_each_element(env, value, [&](napi_value element) {
            const auto scalar = to_scalar(env, element);
            if (!scalar) refuse(environment, parameter, element, position);
            list.push_back(IValue(*scalar));
          }))
        refuse(environment, parameter, value, position);
      return IValue(std::move(list));
    }
    case Kind::String: {
      if (!Napi::Value(env, value).IsString()) refuse(environment, parameter, value, position);
      return IValue(string_of(env, value));
    }
    case Kind::StringList:
      return to_list<c10::List<std::string>>(environment, parameter, value, position,
                                             [](napi_env e, napi_value v) -> std::optional<std::string> {
                                               if (!Napi::Value(e, v).IsString()) return std::nullopt;
                                               return string_of(e, v);
                                             });
    case Kind::Device: {
      if (!Napi::Value(env, value).IsString()) refuse(environment, parameter, value, position);
      return IValue(c10::Device(string_of(env, value)));
    }
    case Kind::ScalarType:
    case Kind::Layout:
    case Kind::MemoryFormat:
    case Kind::QScheme: {
      // lib/ passes the enumeration's number, which it took from this LibTorch.
      int64_t code;
      if (!Napi::Value(env, value).IsNumber()) refuse(environment, parameter, value, position);
      checked(env, napi_get_value_int64(env, value, &code));
      return IValue(code);
    }
    case Kind::Generator: {
      int32_t handle = 0;
      if (napi_get_value_int32(env, value, &handle) != napi_ok || handle <= 0 ||
          static_cast<size_t>(handle) > environment.generators.size() || !environment.generators[handle - 1].defined())
        refuse(environment, parameter, value, position);
      return IValue(environment.generators[handle - 1]);
    }
    case Kind::Storage:
      // A storage is handed over as a tensor that shares it.
      return IValue(tensor_at(environment, parameter, value, position).storage());
    case Kind::Stream: {
      if (!Napi::Value(env, value).IsArray()) refuse(environment, parameter, value, position);
      return IValue(to_stream(Napi::Value(env, value)));
    }
    case Kind::Unsupported:
      break;
  }
  throw ArgumentError("argument '" + parameter.name + "' has the type " + parameter.type_text +
                          ", which has no counterpart in JavaScript",
                      ArgumentError::Form::Argument);
}

}  // namespace typetorch
