import { without_grad } from '../../autograd/grad_mode.js'
import { hooked_identity } from '../../autograd/hooks.js'
import { value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'

// k + α/n · Σ x² over n channels around each one, as running sums.
function scale_of(input: Tensor, squares: Tensor, size: number, alpha: number, k: number): Tensor {
  const channels = input.shape[1]!
  const ahead = Math.trunc((size - 1) / 2 + 1)
  const scale = ops.empty_like(input)
  const first = scale.select(1, 0).zero_()
  for (let c = 0; c < Math.min(ahead, channels); c++) first.add_(squares.select(1, c))
  for (let c = 1; c < channels; c++) {
    const current = scale.select(1, c).copy_(scale.select(1, c - 1))
    if (c < channels - ahead + 1) current.add_(squares.select(1, c + ahead - 1))
    if (c > ahead) current.sub_(squares.select(1, c - ahead))
  }
  return scale.mul_(alpha / size).add_(k)
}

function gradient(
  input: Tensor,
  output: Tensor,
  scale: Tensor,
  grad_output: Tensor,
  { size, alpha, beta }: { size: number; alpha: number; beta: number },
): Tensor {
  const [batch, channels, height, width] = input.shape as [number, number, number, number]
  const factor = (2 * alpha * beta) / size
  const padded = input.new_zeros([channels + size - 1, height, width])
  const center = padded.narrow(0, Math.trunc(size - (size - 1) / 2), channels)
  const grad_input = scale.pow(-beta).mul_(grad_output)
  for (let n = 0; n < batch; n++) {
    center.copy_(grad_output.select(0, n).mul(output.select(0, n))).div_(scale.select(0, n))
    const sum = padded.narrow(0, 0, size - 1).sum(0)
    for (let c = 0; c < channels; c++) {
      sum.add_(padded.select(0, c + size - 1))
      grad_input.select(0, n).select(0, c).addcmul_(input.select(0, n).select(0, c), sum, { value: -factor })
      sum.sub_(padded.select(0, c))
    }
  }
  return grad_input
}

/**
 * x / (k + α/n · Σ x²)^β, with PyTorch's own forward and backward, which are no composition of differentiable operators.
 *
 * @throws ValueError for an input of another number of dimensions than four
 */
export function cross_map_lrn2d(input: Tensor, size: number, alpha: number, beta: number, k: number): Tensor {
  if (input.ndim !== 4)
    throw value_error(`CrossMapLRN2d: Expected input to be 4D, got ${input.ndim}D instead.`)
  const x = input.detach()
  const scale = without_grad(() => scale_of(x, x.pow(2), size, alpha, k))
  const output = without_grad(() => scale.pow(-beta).mul_(x))
  if (!input.requires_grad) return output
  const [result] = hooked_identity([input], ([grad_output]) => [
    without_grad(() => gradient(x, output, scale, grad_output!, { size, alpha, beta })),
  ])
  // One node whose value is the result and whose gradient is the one above.
  result!.data = output
  return result!
}
