// Streams and events of any device, by the interface that LibTorch has for them without the device's own headers.

#include "streams.h"

#include "guard.h"

#include <ATen/DeviceAccelerator.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace typetorch {

c10::Stream to_stream(const Napi::Value& value) {
  const Napi::Array parts = value.As<Napi::Array>();
  bool exact;
  return c10::Stream::unpack3(parts.Get(0u).As<Napi::BigInt>().Int64Value(&exact),
                              static_cast<c10::DeviceIndex>(parts.Get(1u).As<Napi::Number>().Int32Value()),
                              static_cast<c10::DeviceType>(parts.Get(2u).As<Napi::Number>().Int32Value()));
}

namespace {

using c10::impl::VirtualGuardImpl;

constexpr napi_type_tag kEventTag = {0x6b1f0c6d9a3e4c57, 0x8d20f5b1c97e4a03};

// [stream id, device index, device type's number, the device's text]: what a stream is in JavaScript.
Napi::Value from_stream(Napi::Env env, const c10::Stream& stream) {
  const c10::StreamData3 data = stream.pack3();
  Napi::Array parts = Napi::Array::New(env, 4);
  parts.Set(0u, Napi::BigInt::New(env, static_cast<int64_t>(data.stream_id)));
  parts.Set(1u, static_cast<double>(data.device_index));
  parts.Set(2u, static_cast<double>(data.device_type));
  parts.Set(3u, stream.device().str());
  return parts;
}

// A device without an index is the current one of its kind.
c10::Device device_of(const Napi::Value& value) {
  if (!value.IsString()) {
    const c10::DeviceType type = at::getAccelerator(false).value_or(c10::DeviceType::CPU);
    return VirtualGuardImpl(type).getDevice();
  }
  const c10::Device device(value.As<Napi::String>().Utf8Value());
  const VirtualGuardImpl guard(device.type());
  return device.has_index() ? device : guard.getDevice();
}

// stream_new(device or undefined, priority)
Napi::Value stream_new(const Napi::CallbackInfo& info) {
  const c10::Device device = device_of(info[0]);
  const VirtualGuardImpl guard(device.type());
  return from_stream(info.Env(), guard.getNewStream(device, info[1].As<Napi::Number>().Int32Value()));
}

// stream_current(device or undefined, whether the default one)
Napi::Value stream_current(const Napi::CallbackInfo& info) {
  const c10::Device device = device_of(info[0]);
  const VirtualGuardImpl guard(device.type());
  const bool wants_default = info[1].As<Napi::Boolean>();
  return from_stream(info.Env(), wants_default ? guard.getDefaultStream(device) : guard.getStream(device));
}

// stream_set(stream): it and its device are the current ones from now on.
Napi::Value stream_set(const Napi::CallbackInfo& info) {
  const c10::Stream stream = to_stream(info[0]);
  const VirtualGuardImpl guard(stream.device_type());
  if (guard.getDevice() != stream.device()) guard.setDevice(stream.device());
  guard.exchangeStream(stream);
  return info.Env().Undefined();
}

Napi::Value stream_query(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), to_stream(info[0]).query());
}

Napi::Value stream_synchronize(const Napi::CallbackInfo& info) {
  to_stream(info[0]).synchronize();
  return info.Env().Undefined();
}

// event_new(device or undefined, whether it measures time)
Napi::Value event_new(const Napi::CallbackInfo& info) {
  const auto flag = info[1].As<Napi::Boolean>() ? c10::EventFlag::BACKEND_DEFAULT : c10::EventFlag::PYTORCH_DEFAULT;
  const c10::DeviceType type = info[0].IsString() ? c10::Device(info[0].As<Napi::String>().Utf8Value()).type()
                                                  : at::getAccelerator(false).value_or(c10::DeviceType::CPU);
  const VirtualGuardImpl guard(type);  // refuses a device that is not linked in
  auto event = std::make_unique<c10::Event>(type, flag);
  const auto external =
      Napi::External<c10::Event>::New(info.Env(), event.get(), [](Napi::Env, c10::Event* dead) { delete dead; });
  event.release();  // NOLINT: the External's
  external.TypeTag(&kEventTag);
  return external;
}

c10::Event& event_argument(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsExternal() || !info[index].As<Napi::External<c10::Event>>().CheckTypeTag(&kEventTag))
    throw ArgumentError("an Event was expected");
  return *info[index].As<Napi::External<c10::Event>>().Data();
}

Napi::Value event_record(const Napi::CallbackInfo& info) {
  event_argument(info, 0).record(to_stream(info[1]));
  return info.Env().Undefined();
}

// event_wait(event, stream): what is put into the stream from now on waits for the event.
Napi::Value event_wait(const Napi::CallbackInfo& info) {
  event_argument(info, 0).block(to_stream(info[1]));
  return info.Env().Undefined();
}

Napi::Value event_query(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), event_argument(info, 0).query());
}

Napi::Value event_synchronize(const Napi::CallbackInfo& info) {
  event_argument(info, 0).synchronize();
  return info.Env().Undefined();
}

// event_elapsed(first, last): milliseconds.
Napi::Value event_elapsed(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), event_argument(info, 0).elapsedTime(event_argument(info, 1)));
}

// event_facts(event): [device's text, device index, flag, id]
Napi::Value event_facts(const Napi::CallbackInfo& info) {
  const c10::Event& event = event_argument(info, 0);
  Napi::Array facts = Napi::Array::New(info.Env(), 4);
  facts.Set(0u, event.device().str());
  facts.Set(1u, static_cast<double>(event.device_index()));
  facts.Set(2u, static_cast<double>(event.flag()));
  facts.Set(3u, Napi::BigInt::New(info.Env(), reinterpret_cast<uint64_t>(event.eventId())));
  return facts;
}

}  // namespace

void export_streams(Napi::Env env, Napi::Object exports) {
  export_function<stream_new>(env, exports, "stream_new");
  export_function<stream_current>(env, exports, "stream_current");
  export_function<stream_set>(env, exports, "stream_set");
  export_function<stream_query>(env, exports, "stream_query");
  export_function<stream_synchronize>(env, exports, "stream_synchronize");
  export_function<event_new>(env, exports, "event_new");
  export_function<event_record>(env, exports, "event_record");
  export_function<event_wait>(env, exports, "event_wait");
  export_function<event_query>(env, exports, "event_query");
  export_function<event_synchronize>(env, exports, "event_synchronize");
  export_function<event_elapsed>(env, exports, "event_elapsed");
  export_function<event_facts>(env, exports, "event_facts");
}

}  // namespace typetorch
