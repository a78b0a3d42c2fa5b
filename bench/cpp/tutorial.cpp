// The tutorial's training loop against LibTorch's C++ interface, with the arithmetic of torch/optim/adam.py.
#include "common.h"

#include <torch/torch.h>

#include <cmath>
#include <iomanip>
#include <iostream>

using at::Tensor;

struct Model : torch::nn::Module {
  torch::nn::Conv2d conv1{register_module("conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 16, 3).padding(1)))};
  torch::nn::Conv2d conv2{register_module("conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(16, 3, 3).padding(1)))};
  torch::nn::Linear linear{register_module("linear", torch::nn::Linear(1, 16))};

  Tensor forward(Tensor x, const Tensor& t) {
    x = at::relu(conv1(x));
    x = x + linear(t.to(at::kFloat)).view({-1, 16, 1, 1});
    return conv2(x);
  }
};

struct NoiseScheduler {
  int64_t steps = 24;
  Tensor all_alpha_bar = at::cumprod(1 - at::linspace(1e-4, 0.6, steps), 0);

  Tensor add_noise(const Tensor& x0, const Tensor& t, const Tensor& noise) const {
    const Tensor alpha_bar = all_alpha_bar.index({t});
    return alpha_bar.sqrt() * x0 + (1 - alpha_bar).sqrt() * noise;
  }
};

// LibTorch's own torch::optim::Adam differs from Python's in the last bits.
class Adam {
 public:
  explicit Adam(std::vector<Tensor> parameters) {
    for (Tensor& parameter : parameters) {
      const Tensor zeros = at::zeros_like(parameter.detach());
      states_.push_back({std::move(parameter), zeros.clone(), zeros.clone()});
    }
  }

  void zero_grad() {
    for (State& state : states_) state.parameter.mutable_grad() = Tensor();
  }

  void step() {
    const at::NoGradGuard no_grad;
    step_ += 1;
    const double bias_correction1 = 1 - std::pow(beta1_, step_);
    const double bias_correction2_sqrt = std::pow(1 - std::pow(beta2_, step_), 0.5);
    const double step_size = lr_ / bias_correction1;
    for (State& state : states_) {
      const Tensor& grad = state.parameter.grad();
      state.exp_avg.lerp_(grad, 1 - beta1_);
      state.exp_avg_sq.mul_(beta2_).addcmul_(grad, grad, 1 - beta2_);
      const Tensor denominator = state.exp_avg_sq.sqrt().div_(bias_correction2_sqrt).add_(eps_);
      state.parameter.addcdiv_(state.exp_avg, denominator, -step_size);
    }
  }

 private:
  struct State {
    Tensor parameter, exp_avg, exp_avg_sq;
  };
  std::vector<State> states_;
  double lr_ = 1e-3, beta1_ = 0.9, beta2_ = 0.999, eps_ = 1e-8, step_ = 0;
};

int main(int argc, char** argv) {
  const bench::Options options = bench::prepare(argc, argv);
  torch::manual_seed(0);
  const Tensor x0 = at::rand({1, 3, options.side, options.side}) * 2 - 1;
  const NoiseScheduler noise_scheduler;
  Model model;
  Adam optimizer(model.parameters());
  torch::nn::MSELoss criterion;

  double loss_value = 0;
  const auto run = [&](int64_t iterations) {
    for (int64_t it = 0; it < iterations; it++) {
      optimizer.zero_grad();
      const Tensor noise = at::randn_like(x0);
      const Tensor t = at::randint(0, noise_scheduler.steps, {1, 1}, at::kLong);
      const Tensor loss = criterion(model.forward(noise_scheduler.add_noise(x0, t, noise), t), noise);
      loss_value = loss.item<double>();
      loss.backward();
      optimizer.step();
    }
  };
  run(options.warmup);
  const bench::Stopwatch stopwatch;
  run(options.iterations);
  std::cout << std::setprecision(17) << "{\"us\":" << stopwatch.microseconds() / static_cast<double>(options.iterations)
            << ",\"loss\":" << loss_value << ",\"peak_mb\":" << bench::peak_megabytes() << "}\n";
}
