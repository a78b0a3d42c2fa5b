// One operator at one element: LibTorch's C++ interface, and the same operator boxed through the dispatcher,
// the road that the addon takes. What Python makes of two operators is two boxed ones, the second with a fixed
// argument.
#include "common.h"

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>
#include <ATen/TensorIndexing.h>
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

class BoxedPair {
 public:
  BoxedPair(Boxed first, Boxed second) : first_(std::move(first)), second_(std::move(second)) {}

  void operator()() {
    first_();
    second_();
  }

 private:
  Boxed first_, second_;
};

class Report {
 public:
  explicit Report(const bench::Options& options) : options_(options) {
    std::cout << std::setprecision(6) << "{\"us\":{";
  }

  template <class Call, class BoxedCall = Boxed>
  void operator()(const char* name, Call&& unboxed, BoxedCall boxed) {
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
  const Tensor u = at::full({1}, 1.5), v = at::full({1}, 0.5), m = at::full({1, 1}, 1.5);
  const Tensor places = at::zeros({1}, at::kLong);
  Tensor sum = at::full({1}, 0.5), w = at::full({1}, 0.5), out = at::empty({1});
  const Tensor weight = at::full({1, 1}, 0.5).requires_grad_(), bias = at::full({1}, 0.5).requires_grad_();
  const std::vector<int64_t> one{1}, one_one{1, 1};
  const std::vector<Tensor> pair{u, v}, triple{u, v, u};
  const std::vector<Tensor> sums{at::full({1}, 0.5), at::full({1}, 0.5), at::full({1}, 0.5)};
  const std::vector<Tensor> parts{at::full({1}, 0.5), at::full({1}, 0.5), at::full({1}, 0.5)};
  const c10::List<std::optional<Tensor>> indices({places});
  const at::IntArrayRef dim(one);
  const std::optional<at::Scalar> no_correction(0);
  using at::indexing::Ellipsis, at::indexing::None, at::indexing::Slice;

  Report report(options);
  report("add (tracked)", [&] { return a + b; }, {"aten::add", "Tensor", {a, b}});
  report("add", [&] { return u + v; }, {"aten::add", "Tensor", {u, v}});
  report("add, alpha", [&] { return at::add(u, v, 2); }, {"aten::add", "Tensor", {u, v, 2}});
  report("mul by a number", [&] { return u * 2; }, {"aten::mul", "Tensor", {u}, 2});
  report("pow by a number", [&] { return u.pow(2); }, {"aten::pow", "Tensor_Scalar", {u, 2}});
  report("neg", [&] { return -u; }, {"aten::neg", "", {u}});
  report("exp", [&] { return at::exp(u); }, {"aten::exp", "", {u}});
  report("detach", [&] { return u.detach(); }, {"aten::detach", "", {u}});
  report("add_", [&] { sum.add_(v); }, {"aten::add_", "Tensor", {sum, v}});
  report("mul_ by a number", [&] { w.mul_(1); }, {"aten::mul_", "Tensor", {w}, 1});
  report("clamp_, min", [&] { w.clamp_(0); }, {"aten::clamp_", "", {w, 0}});
  report("add, out", [&] { at::add_out(out, u, v); }, {"aten::add", "out", {u, v, 1, out}});
  report("sum, out", [&] { at::sum_out(out, m, dim); }, {"aten::sum", "IntList_out", {m, one, false, IValue(), out}});
  report("mean", [&] { return at::mean(u); }, {"aten::mean", "", {u}});
  report("sum, keepdim", [&] { return at::sum(m, 1, true); }, {"aten::sum", "dim_IntList", {m, one, true}});
  report("var, correction", [&] { return at::var(m, dim, no_correction, true); },
         {"aten::var", "correction", {m, one, 0, true}});
  report("max with a dim", [&] { return at::max(m, 1); }, {"aten::max", "dim", {m, 1}});
  report("matmul", [&] { return at::matmul(m, m); }, {"aten::matmul", "", {m, m}});
  report("linear (tracked)", [&] { return at::linear(m, weight, bias); }, {"aten::linear", "", {m, weight, bias}});
  report("view", [&] { return u.view({1, 1}); }, {"aten::view", "", {u, one_one}});
  report("select", [&] { return m.select(0, 0); }, {"aten::select", "int", {m, 0, 0}});
  report("slice", [&] { return u.slice(0, 0, 1); }, {"aten::slice", "Tensor", {u, 0, 0, 1}});
  report(
      "slice, new axis",
      [&] {
        return m.index({Ellipsis, Slice(0, 1), None});
      },
      BoxedPair({"aten::slice", "Tensor", {m, 1, 0, 1}}, {"aten::unsqueeze", "", {m.slice(1, 0, 1), 2}}));
  report("index by a tensor", [&] { return at::index(u, indices); }, {"aten::index", "Tensor", {u, indices}});
  report(
      "slice assigned", [&] { w.slice(0, 0, 1).copy_(v); },
      BoxedPair({"aten::slice", "Tensor", {w, 0, 0, 1}}, {"aten::copy_", "", {w.slice(0, 0, 1), v}}));
  report("cat of two", [&] { return at::cat({u, v}); }, {"aten::cat", "", {pair}});
  report("stack of three", [&] { return at::stack({u, v, u}); }, {"aten::stack", "", {triple}});
  report("_foreach_add_ of three", [&] { at::_foreach_add_(sums, parts); },
         {"aten::_foreach_add_", "List", {sums, parts}});
  report("zeros", [&] { return at::zeros({1}); }, {"aten::zeros", "", {one}});
  report("randn_like", [&] { return at::randn_like(u); }, {"aten::randn_like", "", {u}});
  report.end();
}
