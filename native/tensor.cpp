#include "tensor.h"

#include "convert.h"
#include "guard.h"
#include "in_use.h"
#include "shared_numbers.h"
#include "status.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>

namespace typetorch {

at::Tensor tensor_argument(const Napi::CallbackInfo& info, size_t index, Use use, const char* what) {
  return Environment::of(info.Env()).tensor(info[index].As<Napi::Number>().Int32Value(), use, what);
}

const at::Tensor& peek_argument(const Napi::CallbackInfo& info, size_t index) {
  return Environment::of(info.Env()).peek(info[index].As<Napi::Number>().Int32Value());
}

int64_t int_argument(const Napi::CallbackInfo& info, size_t index) {
  return info[index].As<Napi::Number>().Int64Value();
}

Napi::Value int_result(const Napi::CallbackInfo& info, int64_t value) {
  return Napi::Number::New(info.Env(), static_cast<double>(value));
}

Napi::Value tensor_result(const Napi::CallbackInfo& info, at::Tensor tensor) {
  return {info.Env(), Environment::of(info.Env()).hand_over(std::move(tensor))};
}

namespace {

Napi::Value to_array(Napi::Env env, at::IntArrayRef values) {
  napi_value array;
  checked(env, napi_create_array_with_length(env, values.size(), &array));
  for (size_t i = 0; i < values.size(); i++)
    checked(env, napi_set_element(env, array, static_cast<uint32_t>(i), from_int(env, values[i])));
  return {env, array};
}

Napi::Value dtype(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<int>(peek_argument(info, 0).scalar_type()));
}

Napi::Value device(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), peek_argument(info, 0).device().str());
}

Napi::Value layout(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<int>(peek_argument(info, 0).layout()));
}

Napi::Value shape(const Napi::CallbackInfo& info) {
  return to_array(info.Env(), peek_argument(info, 0).sizes());
}

Napi::Value stride(const Napi::CallbackInfo& info) {
  return to_array(info.Env(), peek_argument(info, 0).strides());
}

Napi::Value ndim(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(peek_argument(info, 0).dim()));
}

Napi::Value numel(const Napi::CallbackInfo& info) {
  return {info.Env(), from_int(info.Env(), peek_argument(info, 0).numel())};
}

Napi::Value storage_offset(const Napi::CallbackInfo& info) {
  return {info.Env(), from_int(info.Env(), peek_argument(info, 0).storage_offset())};
}

// Where its data are, as a bigint-free number (48 bits), as torch.Tensor.data_ptr; zero where there are none, an Error
// where there can be none.
Napi::Value data_ptr(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = peek_argument(info, 0);
  const void* data = tensor.const_data_ptr();
  return Napi::Number::New(info.Env(), static_cast<double>(reinterpret_cast<uintptr_t>(data)));
}

// Which storage it looks into, and how many bytes that has: [address, bytes].
Napi::Value storage(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = peek_argument(info, 0);
  Napi::Array pair = Napi::Array::New(info.Env(), 2);
  const bool any = tensor.has_storage();
  const void* address = any ? static_cast<const void*>(tensor.storage().unsafeGetStorageImpl()) : nullptr;
  pair.Set(0u, static_cast<double>(reinterpret_cast<uintptr_t>(address)));
  pair.Set(1u, any ? static_cast<double>(tensor.storage().nbytes()) : 0.0);
  return pair;
}

// The address of its TensorImpl: two objects over one tensor have the same.
Napi::Value identity(const Napi::CallbackInfo& info) {
  return Napi::Number::New(
      info.Env(), static_cast<double>(reinterpret_cast<uintptr_t>(peek_argument(info, 0).unsafeGetTensorImpl())));
}

// fact(x, one of the numbers of shared_numbers.h)
Napi::Value fact(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = peek_argument(info, 0);
  const auto answer = [&]() -> bool {
    switch (static_cast<Fact>(info[1].As<Napi::Number>().Int32Value())) {
      case Fact::RequiresGrad:
        return tensor.requires_grad();
      case Fact::IsLeaf:
        return tensor.is_leaf();
      case Fact::IsQuantized:
        return tensor.is_quantized();
      case Fact::RetainsGrad:
        return tensor.retains_grad();
      case Fact::IsNested:
        return tensor.is_nested();
      case Fact::SharesStorage:
        return tensor.is_view() || (tensor.has_storage() && tensor.storage().use_count() > 1);
      default:
        throw ArgumentError("no such fact");
    }
  };
  return Napi::Boolean::New(info.Env(), answer());
}

Napi::Value set_requires_grad(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Gradient, "requires_grad: the tensor");
  const bool wanted = info[1].As<Napi::Boolean>();
  if (!wanted && !tensor.is_leaf()) {
    TORCH_CHECK(false,
                "you can only change requires_grad flags of leaf variables. If you want to use a computed "
                "variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach().");
  }
  tensor.set_requires_grad(wanted);
  return info.Env().Undefined();
}

// The gradient as a handle; `cached` is returned as it is where it still stands for the same tensor.
Napi::Value grad(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::of(info.Env());
  const at::Tensor tensor = tensor_argument(info, 0, Use::Gradient, "grad: the tensor's gradient");
  const at::Tensor& gradient = tensor.grad();
  if (!gradient.defined()) return Napi::Number::New(info.Env(), 0);
  const at::Tensor* cached = environment.tensors.find(info[1].As<Napi::Number>().Int32Value());
  if (cached != nullptr && cached->is_same(gradient)) return info[1];
  return tensor_result(info, gradient);
}

// In Python's words.
void check_assigned_gradient(const at::Tensor& tensor, const at::Tensor& gradient) {
  TORCH_CHECK(!gradient.is_same(tensor), "can't assign Variable as its own grad");
  const std::optional<at::ScalarType> wanted = tensor.is_leaf() ? tensor.grad_dtype() : tensor.scalar_type();
  TORCH_CHECK(
      !wanted || gradient.scalar_type() == *wanted, "attempting to assign a gradient with dtype '", gradient.dtype(),
      "' to a tensor with grad_dtype '", wanted.value_or(at::ScalarType::Undefined),
      "'. The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You can set the "
      "tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with "
      "caution. Diverging the dtypes of a tensor and its gradient may break downstream systems that assume they "
      "match.");
  TORCH_CHECK(gradient.device() == tensor.device(), "attempting to assign a gradient with device type '",
              gradient.device().type(), "' to a tensor with device type '", tensor.device().type(),
              "'. Please ensure that the gradient and the tensor are on the same device");
  TORCH_CHECK(gradient.sizes() == tensor.sizes(), "attempting to assign a gradient of size '", gradient.sizes(),
              "' to a tensor of size '", tensor.sizes(),
              "'. Please ensure that the gradient and the tensor are the same size");
}

Napi::Value set_grad(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Gradient, "grad: the tensor's gradient");
  const int32_t handle = info[1].As<Napi::Number>().Int32Value();
  if (handle == 0) {
    tensor.mutable_grad() = at::Tensor();
    return info.Env().Undefined();
  }
  const at::Tensor gradient = tensor_argument(info, 1, Use::Facts);
  check_assigned_gradient(tensor, gradient);
  tensor.mutable_grad() = gradient;
  return info.Env().Undefined();
}

// grad_dtype(x): the code of the dtype that the gradient is to have, null where any will do.
Napi::Value grad_dtype(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = peek_argument(info, 0);
  TORCH_CHECK(!tensor.grad_fn(), "grad_dtype can only be accessed on leaf tensors.");
  const auto dtype = tensor.grad_dtype();
  return dtype ? Napi::Number::New(info.Env(), static_cast<int>(*dtype)) : Napi::Value(info.Env().Null());
}

// set_grad_dtype(x, code or null)
Napi::Value set_grad_dtype(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Gradient, "grad_dtype: the tensor's gradient");
  TORCH_CHECK(!tensor.grad_fn(), "grad_dtype can only be set on leaf tensors.");
  std::optional<at::ScalarType> wanted;
  if (info[1].IsNumber()) wanted = static_cast<at::ScalarType>(info[1].As<Napi::Number>().Int32Value());
  const at::Tensor& gradient = tensor.grad();
  TORCH_CHECK(!wanted || !gradient.defined() || gradient.scalar_type() == *wanted, "Cannot set grad_dtype to '",
              wanted.value_or(at::ScalarType::Undefined), "' because there is already a gradient with dtype '",
              gradient.defined() ? gradient.dtype() : caffe2::TypeMeta(),
              "'. Please clear the gradient (.grad = None) before changing grad_dtype, or ensure the new grad_dtype "
              "matches the existing gradient's dtype.");
  tensor.set_grad_dtype(wanted);
  return info.Env().Undefined();
}

// Frees the gradients of many tensors in one crossing, or fills them with zeros in place.
Napi::Value zero_grads(const Napi::CallbackInfo& info) {
  const Environment& environment = Environment::of(info.Env());
  const auto handles = info[0].As<Napi::Array>();
  const bool set_to_none = info[1].As<Napi::Boolean>();
  for (uint32_t i = 0; i < handles.Length(); i++) {
    const at::Tensor tensor = environment.tensor(handles.Get(i).As<Napi::Number>().Int32Value(), Use::Gradient,
                                                 "zero_grad(): a parameter's gradient");
    at::Tensor& gradient = tensor.mutable_grad();
    if (!gradient.defined()) continue;
    if (set_to_none) {
      gradient = at::Tensor();
      continue;
    }
    if (anything_in_use()) check_write(gradient, "zero_grad(): a parameter's gradient");
    if (gradient.grad_fn())
      gradient.detach_();
    else
      gradient.requires_grad_(false);
    gradient.zero_();
  }
  return info.Env().Undefined();
}

Napi::Value item(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Read, "item(): the tensor");
  return {info.Env(), from_scalar(info.Env(), tensor.item())};
}

// A second object over the same tensor (`x.to(x.dtype)`): disposing of one harms not the other.
Napi::Value alias(const Napi::CallbackInfo& info) {
  return tensor_result(info, tensor_argument(info, 0, Use::Facts));
}

// A tensor that shares storage and version with `x` but nothing of its history, as nn.Parameter and .data have it.
Napi::Value shallow_copy(const Napi::CallbackInfo& info) {
  return tensor_result(info, tensor_argument(info, 0, Use::Facts).variable_data());
}

// Tensor.data = other: the storage, sizes and dtype of `other`, the identity of `x`.
Napi::Value set_data(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensor_argument(info, 0, Use::Write, "data: the tensor");
  if (anything_in_use()) check_gradient(tensor, "data: the tensor's gradient");
  tensor.set_data(tensor_argument(info, 1, Use::Facts));
  return info.Env().Undefined();
}

Napi::Value grad_fn_name(const Napi::CallbackInfo& info) {
  const auto& node = peek_argument(info, 0).grad_fn();
  if (!node) return info.Env().Null();
  return Napi::String::New(info.Env(), node->name());
}

Napi::Value output_number(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(peek_argument(info, 0).output_nr()));
}

Napi::Value version(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(peek_argument(info, 0)._version()));
}

}  // namespace

void export_tensor(Napi::Env env, Napi::Object exports) {
  export_function<dtype>(env, exports, "dtype");
  export_function<device>(env, exports, "device");
  export_function<layout>(env, exports, "layout");
  export_function<shape>(env, exports, "shape");
  export_function<stride>(env, exports, "stride");
  export_function<ndim>(env, exports, "ndim");
  export_function<numel>(env, exports, "numel");
  export_function<storage_offset>(env, exports, "storage_offset");
  export_function<data_ptr>(env, exports, "data_ptr");
  export_function<storage>(env, exports, "storage");
  export_function<identity>(env, exports, "identity");
  export_function<fact>(env, exports, "fact");
  export_function<set_requires_grad>(env, exports, "set_requires_grad");
  export_function<grad>(env, exports, "grad");
  export_function<set_grad>(env, exports, "set_grad");
  export_function<grad_dtype>(env, exports, "grad_dtype");
  export_function<set_grad_dtype>(env, exports, "set_grad_dtype");
  export_function<zero_grads>(env, exports, "zero_grads");
  export_repeatable<item>(env, exports, "item");
  export_function<alias>(env, exports, "alias");
  export_function<shallow_copy>(env, exports, "shallow_copy");
  export_function<set_data>(env, exports, "set_data");
  export_function<grad_fn_name>(env, exports, "grad_fn_name");
  export_function<output_number>(env, exports, "output_number");
  export_function<version>(env, exports, "version");
}

}  // namespace typetorch
