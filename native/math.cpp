#include "math.h"

#include "guard.h"
#include "status.h"

#include <cmath>

namespace typetorch {
namespace {

double argument(napi_env env, napi_value value) {
  double number = 0;
  checked(env, napi_get_value_double(env, value, &number));
  return number;
}

template <double (*Function)(double)>
napi_value unary(napi_env env, napi_callback_info info) {
  return guard(env, "", [&] {
    size_t count = 1;
    napi_value value, result;
    checked(env, napi_get_cb_info(env, info, &count, &value, nullptr, nullptr));
    checked(env, napi_create_double(env, Function(argument(env, value)), &result));
    return result;
  });
}

template <double (*Function)(double, double)>
napi_value binary(napi_env env, napi_callback_info info) {
  return guard(env, "", [&] {
    size_t count = 2;
    napi_value values[2], result;
    checked(env, napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
    checked(env, napi_create_double(env, Function(argument(env, values[0]), argument(env, values[1])), &result));
    return result;
  });
}

}  // namespace

void export_math(Napi::Env env, Napi::Object exports) {
  Napi::Object math = Napi::Object::New(env);
  const auto set = [&](const char* name, napi_callback callback) { export_callback(env, math, name, callback); };
  set("exp", unary<std::exp>);
  set("expm1", unary<std::expm1>);
  set("log", unary<std::log>);
  set("log1p", unary<std::log1p>);
  set("log2", unary<std::log2>);
  set("log10", unary<std::log10>);
  set("sin", unary<std::sin>);
  set("cos", unary<std::cos>);
  set("tan", unary<std::tan>);
  set("asin", unary<std::asin>);
  set("acos", unary<std::acos>);
  set("atan", unary<std::atan>);
  set("sinh", unary<std::sinh>);
  set("cosh", unary<std::cosh>);
  set("tanh", unary<std::tanh>);
  set("sqrt", unary<std::sqrt>);
  set("erf", unary<std::erf>);
  set("erfc", unary<std::erfc>);
  set("lgamma", unary<std::lgamma>);
  set("gamma", unary<std::tgamma>);
  set("atan2", binary<std::atan2>);
  set("pow", binary<std::pow>);
  set("fmod", binary<std::fmod>);
  set("hypot", binary<std::hypot>);
  define(exports, "math", math);
}

}  // namespace typetorch
