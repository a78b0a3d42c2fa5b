#include "decompositions.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/runtime/decomposition_registry.h>
#include <torch/jit.h>

#include <mutex>

// Operators with no forward-mode formula, most of them another operator's backward: forward mode runs what is
// registered for them as TorchScript. Python registers its own; these are of the same operators in the same order.

namespace typetorch {
namespace {

constexpr auto SOURCE = R"JIT(
def trace(self: Tensor) -> Tensor:
    return torch.sum(torch.diag(self))

def log_sigmoid_forward(self: Tensor) -> Tuple[Tensor, Tensor]:
    smaller = torch.minimum(self.new_zeros([]), self)
    decay = torch.exp(-torch.abs(self))
    kept = decay
    if self.is_cuda:
        kept = self.new_zeros([0])
    return smaller - torch.log1p(decay), kept

def softmax_backward(grad_output: Tensor, output: Tensor, dim: int, input_dtype: int) -> Tensor:
    scaled = grad_output * output
    found = scaled - output * torch.sum(scaled, dim=[dim], keepdim=True)
    if grad_output.dtype != input_dtype:
        found = found.to(input_dtype)
    return found.contiguous()

def log_softmax_backward(grad_output: Tensor, output: Tensor, dim: int, input_dtype: int) -> Tensor:
    found = grad_output - torch.exp(output) * torch.sum(grad_output, dim=[dim], keepdim=True)
    if grad_output.dtype != input_dtype:
        found = found.to(input_dtype)
    return found

def nll_backward(grad_output: Tensor, self: Tensor, target: Tensor, weight: Optional[Tensor], reduction: int,
                 ignore_index: int, total_weight: Tensor) -> Tensor:
    channel = 1
    if self.dim() < 2:
        channel = 0
    if reduction == 1:
        grad_output = grad_output / total_weight
    if self.dim() == 1 and target.dim() > 0:
        target = target[0]
    target = target.unsqueeze(channel)
    places = torch.where(target != ignore_index, target, 0)
    hot = torch.scatter(torch.zeros_like(self), channel, places, -1.0)
    if hot.dim() > grad_output.dim() and grad_output.dim() > 0:
        grad_output = grad_output.unsqueeze(channel)
    if weight is not None:
        shape = [1 for _ in range(self.dim())]
        shape[channel] = weight.shape[0]
        grad_output = grad_output * weight.reshape(shape)
    return hot * torch.where(target != ignore_index, grad_output, 0)

def mean_and_rstd(input: Tensor, rstd: Tensor, dims: List[int], keepdim: bool) -> Tuple[Tensor, Tensor]:
    var, mean = torch.var_mean(input, dim=dims, correction=0, keepdim=keepdim)
    eps = torch.pow(1 / rstd, 2) - var
    return mean, torch.rsqrt(var + eps.detach())

def layer_norm_backward(grad_out: Tensor, input: Tensor, normalized_shape: List[int], mean: Tensor, rstd: Tensor,
                        weight: Optional[Tensor], bias: Optional[Tensor],
                        output_mask: List[bool]) -> Tuple[Tensor, Tensor, Tensor]:
    axis = input.dim() - len(normalized_shape)
    inner = [d for d in range(axis, input.dim())]
    outer = [d for d in range(axis)]
    count = 1
    for size in input.shape[axis:]:
        count *= size
    rows = 1
    for size in input.shape[:axis]:
        rows *= size
    if rows <= 0 or count <= 0:
        empty = input.new_zeros(input.shape[axis:])
        return input.new_zeros(input.shape), empty, input.new_zeros(input.shape[axis:])
    mean_, rstd_ = mean_and_rstd(input, rstd, inner, True)
    normal = (input - mean_) * rstd_
    grad_normal = grad_out
    if weight is not None:
        grad_normal = grad_out * weight
    a = grad_normal * count
    b = torch.sum(grad_normal, inner, True)
    c = torch.mul(normal, torch.sum(torch.mul(grad_normal, normal), inner, True))
    d_input = torch.zeros_like(input)
    if output_mask[0]:
        d_input = (rstd_ / count) * (a - b - c)
    d_weight = torch.zeros([])
    if weight is not None:
        if output_mask[1]:
            d_weight = grad_out * normal
            if len(outer) > 0:
                d_weight = torch.sum(d_weight, outer, False)
        else:
            d_weight = torch.zeros_like(weight)
    d_bias = torch.zeros([])
    if bias is not None:
        if output_mask[2]:
            if len(outer) > 0:
                d_bias = torch.sum(grad_out, outer, False)
            else:
                d_bias = grad_out.clone()
        else:
            d_bias = torch.zeros_like(bias)
    return d_input, d_weight, d_bias

def norm_backward(grad_out: Tensor, input: Tensor, weight: Optional[Tensor], running_mean: Optional[Tensor],
                  running_var: Optional[Tensor], save_mean: Optional[Tensor], save_invstd: Optional[Tensor],
                  train: bool, eps: float, output_mask: List[bool]) -> Tuple[Tensor, Tensor, Tensor]:
    assert input.dim() >= 2
    count = 1
    for size in input.shape:
        count *= size
    shape = [1 for _ in range(input.dim())]
    shape[1] = input.shape[1]
    dims = [0]
    for d in range(2, input.dim()):
        dims.append(d)
    if train:
        assert save_invstd is not None
        mean, invstd = mean_and_rstd(input, save_invstd, dims, False)
    else:
        assert running_mean is not None and running_var is not None
        mean, invstd = running_mean, torch.rsqrt(running_var + eps)
    centered = input - torch.reshape(mean, shape)
    norm = 1.0 / (count / input.shape[1])
    grad_sum = torch.sum(grad_out, dims)
    product = torch.sum(grad_out * centered, dims)
    grad_mean = torch.reshape(grad_sum * norm, shape)
    projection = torch.reshape(torch.mul(product * norm, invstd * invstd), shape)
    if weight is None:
        scale = torch.reshape(invstd, shape) * 1.0
    else:
        scale = torch.reshape(invstd * weight, shape)
    if train:
        grad_input = ((grad_out - centered * projection) - grad_mean) * scale
    else:
        grad_input = grad_out * scale
    grad_weight = torch.zeros([])
    if output_mask[1]:
        grad_weight = product * invstd
    elif weight is not None:
        grad_weight = torch.zeros_like(weight)
    grad_bias = torch.zeros_like(grad_sum)
    if output_mask[2]:
        grad_bias = grad_sum
    return grad_input, grad_weight, grad_bias

def cudnn_norm_backward(input: Tensor, grad_output: Tensor, weight: Tensor, running_mean: Optional[Tensor],
                        running_var: Optional[Tensor], save_mean: Optional[Tensor], save_var: Optional[Tensor],
                        epsilon: float, reserve: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    return norm_backward(grad_output, input, weight, running_mean, running_var, save_mean, save_var, True, epsilon,
                         [True, True, True])

def miopen_norm_backward(input: Tensor, grad_output: Tensor, weight: Tensor, running_mean: Optional[Tensor],
                         running_var: Optional[Tensor], save_mean: Optional[Tensor], save_var: Optional[Tensor],
                         epsilon: float) -> Tuple[Tensor, Tensor, Tensor]:
    return norm_backward(grad_output, input, weight, running_mean, running_var, save_mean, save_var, True, epsilon,
                         [True, True, True])

def any_norm_backward(grad_out: Tensor, input: Tensor, weight: Tensor, running_mean: Optional[Tensor],
                      running_var: Optional[Tensor], save_mean: Optional[Tensor], save_var: Optional[Tensor],
                      update: bool, eps: float, output_mask: List[bool],
                      reserve: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    return norm_backward(grad_out, input, weight, running_mean, running_var, save_mean, save_var, update, eps,
                         output_mask)
)JIT";

constexpr std::pair<const char*, const char*> FORMULAS[] = {
    {"aten::trace", "trace"},
    {"aten::log_sigmoid_forward", "log_sigmoid_forward"},
    {"aten::_softmax_backward_data", "softmax_backward"},
    {"aten::_log_softmax_backward_data", "log_softmax_backward"},
    {"aten::nll_loss_backward", "nll_backward"},
    {"aten::nll_loss2d_backward", "nll_backward"},
    {"aten::native_layer_norm_backward", "layer_norm_backward"},
    {"aten::native_batch_norm_backward", "norm_backward"},
    {"aten::cudnn_batch_norm_backward", "cudnn_norm_backward"},
    {"aten::miopen_batch_norm_backward", "miopen_norm_backward"},
    {"aten::batch_norm_backward", "any_norm_backward"},
};

}  // namespace

void register_forward_decompositions() {
  static std::once_flag registered;
  std::call_once(registered, [] {
    const auto unit = torch::jit::compile(SOURCE);
    for (const auto& [name, formula] : FORMULAS) {
      const auto op = c10::Dispatcher::singleton().findSchema({name, ""});
      if (op)
        torch::jit::RegisterDecomposition(op->schema(),
                                          torch::jit::toGraphFunction(unit->get_function(formula)).graph());
    }
  });
}

}  // namespace typetorch
