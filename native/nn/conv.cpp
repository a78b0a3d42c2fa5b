#include "nn/nn.h"

#include "guard.h"

#include <ATen/ops/conv1d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/pad.h>

namespace typetorch {
namespace {

struct ConvOptions {
  int64_t dims;
  std::vector<int64_t> stride, padding, dilation, reversed_padding;
  std::string named_padding;  // "same" or "valid"; empty where `padding` counts
  std::string padding_mode;   // "zeros", or what pad() calls it
  int64_t groups;
};

std::vector<int64_t> integers(const Napi::Value& value) {
  std::vector<int64_t> list;
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) list.push_back(array.Get(i).As<Napi::Number>().Int64Value());
  return list;
}

ConvOptions parse(const Napi::Object& object) {
  ConvOptions options;
  options.dims = object.Get("dims").As<Napi::Number>().Int64Value();
  options.stride = integers(object.Get("stride"));
  options.dilation = integers(object.Get("dilation"));
  options.groups = object.Get("groups").As<Napi::Number>().Int64Value();
  options.padding_mode = object.Get("padding_mode").As<Napi::String>();
  if (object.Get("padding").IsString())
    options.named_padding = object.Get("padding").As<Napi::String>();
  else
    options.padding = integers(object.Get("padding"));
  options.reversed_padding = integers(object.Get("reversed_padding"));
  return options;
}

template <typename Padding>
at::Tensor convolve(const ConvOptions& o, const at::Tensor& x, const at::Tensor& w, const std::optional<at::Tensor>& b,
                    const Padding& padding) {
  switch (o.dims) {
    case 1:
      return at::conv1d(x, w, b, o.stride, padding, o.dilation, o.groups);
    case 2:
      return at::conv2d(x, w, b, o.stride, padding, o.dilation, o.groups);
    default:
      return at::conv3d(x, w, b, o.stride, padding, o.dilation, o.groups);
  }
}

}  // namespace

// make_conv(options): (input, weight, bias) => output. As nn.Conv: a padding mode other than zeros pads first.
Napi::Value make_conv(const Napi::CallbackInfo& info) {
  auto options = parse(info[0].As<Napi::Object>());
  static constexpr const char* kNames[] = {"conv1d", "conv2d", "conv3d"};
  const char* name = kNames[options.dims - 1];
  return make_forward(info, name, {"input", "weight", "bias"},
                      [options = std::move(options)](c10::ArrayRef<at::Tensor> t) {
                        const auto bias = t[2].defined() ? std::optional(t[2]) : std::nullopt;
                        if (options.padding_mode != "zeros") {
                          const std::vector<int64_t> none(options.dims, 0);
                          return convolve(options, at::pad(t[0], options.reversed_padding, options.padding_mode), t[1],
                                          bias, at::IntArrayRef(none));
                        }
                        if (!options.named_padding.empty())
                          return convolve(options, t[0], t[1], bias, std::string_view(options.named_padding));
                        return convolve(options, t[0], t[1], bias, at::IntArrayRef(options.padding));
                      });
}

}  // namespace typetorch
