#include "warnings.h"

#include "environment.h"

#include <ATen/Context.h>
#include <ATen/ops/_nnpack_available.h>
#include <c10/util/Exception.h>
#include <c10/util/Logging.h>

namespace typetorch {
namespace {

thread_local std::vector<std::string>* heard = nullptr;

class NodeWarnings final : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override {
    if (heard != nullptr) {
      heard->push_back(warning.msg());
      return;
    }
    Environment* environment = Environment::of_this_thread();
    if (environment == nullptr || environment->emit_warning.IsEmpty()) {
      c10::WarningHandler::process(warning);
      return;
    }
    const Napi::HandleScope scope(environment->env);
    try {
      environment->emit_warning.Call({Napi::String::New(environment->env, warning.msg())});
    } catch (const Napi::Error&) {
      // A warning never stops what it warns of.
    }
  }
};

}  // namespace

void install_warnings() {
  static auto* handler = new NodeWarnings;
  c10::WarningUtils::set_warning_handler(handler);
}

HeardWarnings::HeardWarnings(std::vector<std::string>& into) {
  heard = &into;
  install_warnings();
}

HeardWarnings::~HeardWarnings() {
  heard = nullptr;
}

void leave_out_unusable_nnpack() {
  constexpr int kErrors = 2;
  const int level = FLAGS_caffe2_log_level;
  FLAGS_caffe2_log_level = kErrors;
  if (!at::_nnpack_available()) at::globalContext().setUserEnabledNNPACK(false);
  FLAGS_caffe2_log_level = level;
}

}  // namespace typetorch
