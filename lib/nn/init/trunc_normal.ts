import { without_grad } from '../../autograd/grad_mode.js'
import { expect_number } from '../../expect.js'
import type { Generator } from '../../generator.js'
import { native } from '../../native.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { drawing, GENERATOR } from './fill.js'

type Bounds = { mean: number; std: number; a: number; b: number }

function norm_cdf(x: number): number {
  return (1 + native.math.erf(x / Math.sqrt(2))) / 2
}

// A bound as the tensor's dtype has it, so that what is compared with it is of one precision.
function rounded(tensor: Tensor, bound: number): number {
  return ops.full([], bound, { dtype: tensor.dtype }).item() as number
}

// Most draws fall inside: draw all, and draw again what fell outside.
function redraw(tensor: Tensor, { mean, std, a, b }: Bounds, generator: Generator | null): void {
  const low = rounded(tensor, a)
  const high = rounded(tensor, b)
  let result = tensor.normal_(mean, std, drawing(generator))
  for (;;) {
    const outside = result.lt(low).bitwise_or(result.gt(high))
    if (!outside.any().item()) break
    result = ops.where(outside, ops.empty_like(result).normal_(mean, std, drawing(generator)), result)
  }
  if (result !== tensor) tensor.copy_(result)
}

// Few would fall inside: draw uniformly and keep each by its density.
function reject(tensor: Tensor, { mean, std, a, b }: Bounds, generator: Generator | null): void {
  const mode = Math.max(a, Math.min(mean, b))
  const log_peak = -0.5 * native.math.pow((mode - mean) / std, 2)
  const candidates = ops.empty_like(tensor)
  const accept = ops.empty_like(tensor)
  const rejected = () => {
    candidates.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(log_peak)
    return accept.uniform_(0, 1, drawing(generator)).log_().gt(candidates)
  }
  tensor.uniform_(a, b, drawing(generator))
  candidates.copy_(tensor)
  let pending = rejected()
  if (!pending.any().item()) return
  let result = tensor
  do {
    candidates.uniform_(a, b, drawing(generator))
    result = ops.where(pending, candidates, result)
    pending = ops.where(pending, rejected(), pending)
  } while (pending.any().item())
  tensor.copy_(result)
}

/**
 * Fills a tensor with numbers of N(mean, std²) that lie inside [a, b].
 *
 * @param mean - Default: 0
 * @param std - the standard deviation. Default: 1
 * @param a - the lower bound. Default: -2
 * @param b - the upper bound. Default: 2
 * @param generator - draws the numbers. Default: the device's own
 *
 * @example
 * ```ts
 * nn.init.trunc_normal_(torch.empty(3, 5), { std: 0.02 })
 * ```
 *
 * @see torch/nn/init.py
 */
export const trunc_normal_ = callable(
  signature(
    'trunc_normal_',
    { tensor },
    { mean: optional(0, expect_number) },
    { std: optional(1, expect_number) },
    { a: optional(-2, expect_number) },
    { b: optional(2, expect_number) },
    GENERATOR,
  ),
  (tensor, mean, std, a, b, generator): Tensor => {
    const bounds = { mean, std, a, b }
    if (tensor.device.type === 'meta') return tensor
    if (mean < a - 2 * std || mean > b + 2 * std)
      process.emitWarning(
        'mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.',
      )
    without_grad(() => {
      const inside = norm_cdf((b - mean) / std) - norm_cdf((a - mean) / std)
      if (inside > 0.3) redraw(tensor, bounds, generator)
      else reject(tensor, bounds, generator)
    })
    return tensor
  },
)
