// One operator at one element: LibTorch's C++ interface, and the same operator boxed through the dispatcher,
// the road that the addon takes.
#include "common.h"

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <optional>
#include <vector>

using at::Tensor;
using c10::IValue;

namespace {

constexpr int kRepetitions = 3;

// µs a call: the fastest of the repetitions, as timeit counts.
template <class Call>
double fastest(const bench::Options& options, Call&& call) {
  for (int64_t i = 0; i < options.warmup; i++) call();
  double best = 0;
  const int64_t length = std::max<int64_t>(1, options.iterations / kRepetitions);
  for (int repetition = 0; repetition < kRepetitions; repetition++) {
    const bench::Stopwatch stopwatch;
    for (int64_t i = 0; i < length; i++) call();
    const double us = stopwatch.microseconds() / static_cast<double>(length);
    best = repetition == 0 ? us : std::min(best, us);
  }
  return best;
}

class Boxed {
 public:
  // `number` stands after `arguments`, wrapped as a tensor at every call, as Python does.
  Boxed(const char* name, const char* overload, std::vector<IValue> arguments, std::optional<at::Scalar> number = {})
      : operator_(c10::Dispatcher::singleton().findSchemaOrThrow(name, overload)), arguments_(std::move(arguments)) {
    if (number) {
      number_ = *number;
      number_index_ = arguments_.size();
      arguments_.emplace_back();
    }
    const auto& parameters = operator_.schema().arguments();
    for (size_t i = arguments_.size(); i < parameters.size(); i++) arguments_.push_back(*parameters[i].default_value());
  }

  void operator()() {
    stack_.clear();
    for (const IValue& argument : arguments_) stack_.push_back(argument);
    if (number_index_ > 0) stack_[number_index_] = at::native::wrapped_scalar_tensor(number_);
    operator_.callBoxed(stack_);
  }

 private:
  c10::OperatorHandle operator_;
  std::vector<IValue> arguments_;
  at::Scalar number_;
  size_t number_index_ = 0;
  torch::jit::Stack stack_;
};

class Report {
 public:
  explicit Report(const bench::Options& options) : options_(options) {
    std::cout << std::setprecision(6) << "{\"us\":{";
  }

  template <class Call>
  void operator()(const char* name, Call&& unboxed, Boxed boxed) {
    const double us = fastest(options_, unboxed);
    const double boxed_us = fastest(options_, boxed);
    std::cout << separator_ << "\"" << name << "\":[" << us << "," << boxed_us << "]";
    separator_ = ",";
  }

  void end() { std::cout << "},\"peak_mb\":" << bench::peak_megabytes() << "}\n"; }

 private:
  bench::Options options_;
  const char* separator_ = "";
};

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::prepare(argc, argv);
  const Tensor a = at::full({1}, 1.5).requires_grad_(), b = at::full({1}, 0.5).requires_grad_();
  const Tensor u = at::full({1}, 1.5), v = at::full({1}, 0.5), m = at::full({1, 1}, 1.5), c = u > v;
  Tensor sum = at::full({1}, 0.5);
  const Tensor weight = at::full({1, 1}, 0.5).requires_grad_(), bias = at::full({1}, 0.5).requires_grad_();
  const std::vector<int64_t> one{1}, one_one{1, 1};
  const std::vector<Tensor> pair{u, v};

  Report report(options);
  report("add (tracked)", [&] { return a + b; }, {"aten::add", "Tensor", {a, b}});
  report("add", [&] { return u + v; }, {"aten::add", "Tensor", {u, v}});
  report("mul by a number", [&] { return u * 2; }, {"aten::mul", "Tensor", {u}, 2});
  report("add_", [&] { sum.add_(v); }, {"aten::add_", "Tensor", {sum, v}});
  report("sub", [&] { return u - v; }, {"aten::sub", "Tensor", {u, v}});
  report("div", [&] { return u / v; }, {"aten::div", "Tensor", {u, v}});
  report("neg", [&] { return -u; }, {"aten::neg", "", {u}});
  report("pow by a number", [&] { return u.pow(2); }, {"aten::pow", "Tensor_Scalar", {u, 2}});
  report("sqrt", [&] { return at::sqrt(u); }, {"aten::sqrt", "", {u}});
  report("exp", [&] { return at::exp(u); }, {"aten::exp", "", {u}});
  report("sigmoid", [&] { return at::sigmoid(u); }, {"aten::sigmoid", "", {u}});
  report("relu", [&] { return at::relu(u); }, {"aten::relu", "", {u}});
  report("mean", [&] { return at::mean(u); }, {"aten::mean", "", {u}});
  report("sum, keepdim", [&] { return at::sum(m, 1, true); }, {"aten::sum", "dim_IntList", {m, one, true}});
  report("max with a dim", [&] { return at::max(m, 1); }, {"aten::max", "dim", {m, 1}});
  report("matmul", [&] { return at::matmul(m, m); }, {"aten::matmul", "", {m, m}});
  report("linear (tracked)", [&] { return at::linear(m, weight, bias); }, {"aten::linear", "", {m, weight, bias}});
  report("view", [&] { return u.view({1, 1}); }, {"aten::view", "", {u, one_one}});
  report("reshape", [&] { return m.reshape({1}); }, {"aten::reshape", "", {m, one}});
  report("transpose", [&] { return m.transpose(0, 1); }, {"aten::transpose", "int", {m, 0, 1}});
  report("unsqueeze", [&] { return u.unsqueeze(0); }, {"aten::unsqueeze", "", {u, 0}});
  report("select", [&] { return m.select(0, 0); }, {"aten::select", "int", {m, 0, 0}});
  report("slice", [&] { return u.slice(0, 0, 1); }, {"aten::slice", "Tensor", {u, 0, 0, 1}});
  report("cat of two", [&] { return at::cat({u, v}); }, {"aten::cat", "", {pair}});
  report("zeros", [&] { return at::zeros({1}); }, {"aten::zeros", "", {one}});
  report("randn_like", [&] { return at::randn_like(u); }, {"aten::randn_like", "", {u}});
  report("eq", [&] { return u == v; }, {"aten::eq", "Tensor", {u, v}});
  report("where", [&] { return at::where(c, u, v); }, {"aten::where", "self", {c, u, v}});
  report("clone", [&] { return u.clone(); }, {"aten::clone", "", {u}});
  report("detach", [&] { return u.detach(); }, {"aten::detach", "", {u}});
  report.end();
}
