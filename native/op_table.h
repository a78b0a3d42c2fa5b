#pragma once

#include "convert.h"
#include "library.h"
#include "repairs.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <napi.h>

#include <vector>

namespace typetorch {

// An operator prepared for calls from one environment: its schema's parameters worked out, some of them
// perhaps already given a value. The one road of every operator.
struct BoundOperator {
  Environment& environment;
  c10::OperatorHandle handle;
  std::string name;  // as in error texts: "add"
  std::vector<Parameter> parameters = {};
  // For each result: the parameter that it is (in-place and out=), or -1.
  std::vector<int32_t> result_is_parameter = {};
  std::vector<size_t> written = {};  // parameters that the call writes to
  bool draws_random_numbers = false;
  // Writes nothing but its results and what it is given to write them to: it may run twice.
  bool is_repeatable = true;
  bool single_tensor_result = false;
  // All results are new tensors, and their handles have room beside the flags.
  bool several_tensor_results = false;
  int32_t generator_parameter = -1;
  Repair repair = nullptr;
  // Of an operator that JavaScript has defined, and may take back.
  bool is_own = false;
  std::weak_ptr<OwnLibrary> definition = {};

  // Converts the arguments, calls the operator, returns the raw results.
  napi_value call(const napi_value* arguments, size_t count);

 private:
  void convert(const napi_value* arguments, size_t count, torch::jit::Stack& stack);
  void run_guarded(torch::jit::Stack& stack);
  void run(torch::jit::Stack& stack);
  void call_boxed(torch::jit::Stack& stack);
  napi_value wrap_results(torch::jit::Stack& stack);
};

void export_op_table(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
