#include "allocator.h"
#include "autograd.h"
#include "background.h"
#include "collection.h"
#include "context.h"
#include "custom_function.h"
#include "data.h"
#include "device.h"
#include "dlpack.h"
#include "engine.h"
#include "environment.h"
#include "files.h"
#include "functorch.h"
#include "graph.h"
#include "guard.h"
#include "library.h"
#include "math.h"
#include "nn/nn.h"
#include "op_table.h"
#include "optim/optim.h"
#include "out_of_memory.h"
#include "random.h"
#include "repairs.h"
#include "serialize.h"
#include "shared_numbers.h"
#include "sharing.h"
#include "signals.h"
#include "streams.h"
#include "tensor.h"
#include "warnings.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/version.h>
#include <unistd.h>

static_assert(TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR == 13, "LibTorch 2.13 is supported");

namespace {

using namespace typetorch;

// start({ make_error, run_hook, collect_all, call_stack, … }): JavaScript's own functions; returns the memory that is
// shared.
Napi::Value start(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const auto functions = info[0].As<Napi::Object>();
  environment.make_error = Napi::Persistent(functions.Get("make_error").As<Napi::Function>());
  environment.run_hook = Napi::Persistent(functions.Get("run_hook").As<Napi::Function>());
  environment.emit_warning = Napi::Persistent(functions.Get("emit_warning").As<Napi::Function>());
  environment.current_lease = Napi::Persistent(functions.Get("current_lease").As<Napi::Function>());
  environment.collect_all = Napi::Persistent(functions.Get("collect_all").As<Napi::Function>());
  environment.call_stack = Napi::Persistent(functions.Get("call_stack").As<Napi::Function>());
  Napi::Object shared = Napi::Object::New(info.Env());
  define(shared, "flags", environment.flags_reference.Value());
  define(shared, "lists", environment.lists_reference.Value());
  return shared;
}

}  // namespace

NAPI_MODULE_INIT() {
  return guard(env, "", [&]() -> napi_value {
    install_caching_allocator();
    install_warnings();
    leave_out_unusable_nnpack();
    repair_kernels();
    // From here on the environment's own hook frees it.
    Environment* environment = std::make_unique<Environment>(env).release();
    if (getpid() != gettid())
      environment->own_generator = at::detail::createCPUGenerator(c10::detail::getNonDeterministicRandom());
    const Napi::Env wrapped(env);
    Napi::Object object(env, exports);
    export_function<start>(wrapped, object, "start");
    export_shared_numbers(wrapped, object);
    export_out_of_memory(wrapped, object);
    export_op_table(wrapped, object);
    export_tensor(wrapped, object);
    export_data(wrapped, object);
    export_autograd(wrapped, object);
    export_in_use(wrapped, object);
    export_background(wrapped, object);
    export_custom_function(wrapped, object);
    export_engine(wrapped, object);
    export_graph(wrapped, object);
    export_graph_hooks(wrapped, object);
    export_graph_reach(wrapped, object);
    export_functorch(wrapped, object);
    export_random(wrapped, object);
    export_context(wrapped, object);
    export_device(wrapped, object);
    export_streams(wrapped, object);
    export_dlpack(wrapped, object);
    export_collection(wrapped, object);
    export_math(wrapped, object);
    export_nn(wrapped, object);
    export_optim(wrapped, object);
    export_library(wrapped, object);
    export_serialize(wrapped, object);
    export_sharing(wrapped, object);
    export_signals(wrapped, object);
    export_files(wrapped, object);
    return object;
  });
}
