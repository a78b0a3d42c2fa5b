#include "guard.h"

#include "status.h"

#include <new>
#include <regex>

namespace typetorch {
namespace {

// Python calls a type `torch.cuda.FloatTensor` where LibTorch's own errors say `CUDAFloatType`.
std::string with_python_types(std::string message) {
  static const std::regex name("(Sparse)?(CPU|CUDA)(Byte|Char|Double|Float|Int|Long|Short|Half)Type");
  for (std::smatch match; std::regex_search(message, match, name);) {
    const std::string place = (match[2] == "CUDA" ? "cuda." : "") + std::string(match[1].matched ? "sparse." : "");
    message = match.prefix().str() + "torch." + place + match[3].str() + "Tensor" + match.suffix().str();
  }
  return message;
}

}  // namespace

ErrorText describe_exception(const std::exception& error, const char* operator_name) {
  if (const auto* e = dynamic_cast<const c10::Error*>(&error)) {
    static const bool with_trace = [] {
      const char* set = std::getenv("TORCH_SHOW_CPP_STACKTRACES");
      return set != nullptr && std::string(set) == "1";
    }();
    const char* kind = "RuntimeError";
    if (dynamic_cast<const c10::IndexError*>(e))
      kind = "IndexError";
    else if (dynamic_cast<const c10::ValueError*>(e))
      kind = "ValueError";
    else if (dynamic_cast<const c10::TypeError*>(e))
      kind = "TypeError";
    else if (dynamic_cast<const c10::NotImplementedError*>(e))
      kind = "NotImplementedError";
    else if (dynamic_cast<const c10::LinAlgError*>(e))
      kind = "LinAlgError";
    else if (dynamic_cast<const c10::OutOfMemoryError*>(e))
      kind = "OutOfMemoryError";
    else if (dynamic_cast<const c10::AcceleratorError*>(e))
      kind = "AcceleratorError";
    else if (dynamic_cast<const c10::BufferError*>(e))
      kind = "BufferError";
    else if (dynamic_cast<const c10::DistError*>(e))
      kind = "DistError";
    return {kind, with_python_types(with_trace ? e->what() : e->what_without_backtrace())};
  }
  if (const auto* e = dynamic_cast<const ArgumentError*>(&error)) {
    const std::string name = operator_name;
    if (name.empty() || e->form == ArgumentError::Form::Plain) return {"TypeError", e->what()};
    return {"TypeError", name + (e->form == ArgumentError::Form::Argument ? "(): " : "() ") + e->what()};
  }
  if (dynamic_cast<const std::bad_alloc*>(&error)) return {"OutOfMemoryError", "can't allocate memory"};
  if (dynamic_cast<const std::out_of_range*>(&error)) return {"IndexError", error.what()};
  return {"RuntimeError", error.what()};
}

void throw_status(napi_env env) {
  throw Napi::Error::New(env);
}

void export_callback(Napi::Env env, Napi::Object exports, const char* name, napi_callback callback) {
  napi_value function;
  checked(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function));
  define(exports, name, Napi::Value(env, function));
}

void throw_to_javascript(napi_env env, const char* operator_name) {
  const auto raise = [&](const char* kind, const std::string& message, int32_t handle = 0) {
    Environment& environment = Environment::of(env);
    if (environment.make_error.IsEmpty()) {
      discard(napi_throw_error(env, kind, message.c_str()));
      return;
    }
    const Napi::HandleScope scope(env);
    try {
      Napi::Value error =
          environment.make_error.Call({Napi::String::New(env, kind), Napi::String::New(env, message),
                                       Napi::String::New(env, operator_name), Napi::Number::New(env, handle)});
      discard(napi_throw(env, error));  // an exception that is pending already is told instead
    } catch (const Napi::Error& failed) {
      failed.ThrowAsJavaScriptException();
    }
  };
  try {
    throw;
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const DisposedTensor& disposed) {
    raise("DisposedError", disposed.argument, disposed.handle);
  } catch (const std::exception& error) {
    const ErrorText text = describe_exception(error, operator_name);
    raise(text.kind, text.message);
  } catch (...) {
    raise("RuntimeError", "an unknown exception was thrown in LibTorch");
  }
}

}  // namespace typetorch
