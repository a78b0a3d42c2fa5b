import { without_grad } from '../../autograd/grad_mode.js'
import { expect_number } from '../../expect.js'
import { optional, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { drawing, GENERATOR } from './fill.js'
import {
  calculate_fan_in_and_fan_out,
  calculate_gain,
  type FanMode,
  fan_of,
  type Nonlinearity,
} from './gain.js'

const XAVIER = [{ tensor }, { gain: optional(1, expect_number) }, GENERATOR] as const

function xavier_std(tensor: Tensor, gain: number): number {
  const [fan_in, fan_out] = calculate_fan_in_and_fan_out(tensor)
  return gain * Math.sqrt(2 / (fan_in + fan_out))
}

/**
 * Fills a tensor with numbers drawn uniformly from (-a, a), where a = gain · √(6 / (fan_in + fan_out)) (Glorot).
 *
 * @param gain - a factor. Default: 1
 * @throws ValueError for a tensor with fewer than 2 dimensions
 *
 * @example
 * ```ts
 * nn.init.xavier_uniform_(torch.empty(3, 5), { gain: nn.init.calculate_gain('relu') })
 * ```
 *
 * @see torch/nn/init.py
 */
export const xavier_uniform_ = callable(
  signature('xavier_uniform_', ...XAVIER),
  (tensor, gain, generator): Tensor => {
    const bound = Math.sqrt(3) * xavier_std(tensor, gain)
    return without_grad(() => tensor.uniform_(-bound, bound, drawing(generator)))
  },
)

/**
 * Fills a tensor with numbers of N(0, std²), where std = gain · √(2 / (fan_in + fan_out)) (Glorot).
 *
 * @param gain - a factor. Default: 1
 * @throws ValueError for a tensor with fewer than 2 dimensions
 *
 * @see torch/nn/init.py
 */
export const xavier_normal_ = callable(
  signature('xavier_normal_', ...XAVIER),
  (tensor, gain, generator): Tensor => {
    const std = xavier_std(tensor, gain)
    return without_grad(() => tensor.normal_(0, std, drawing(generator)))
  },
)

const KAIMING = [
  { tensor },
  { a: optional(0) },
  { mode: optional<FanMode>('fan_in') },
  { nonlinearity: optional<Nonlinearity>('leaky_relu') },
  GENERATOR,
] as const

function is_empty(tensor: Tensor): boolean {
  if (!tensor.shape.includes(0)) return false
  process.emitWarning('Initializing zero-element tensors is a no-op')
  return true
}

/**
 * Fills a tensor with numbers drawn uniformly from (-bound, bound), where bound = gain · √(3 / fan) (He).
 *
 * @param a - the slope of the leaky_relu that follows. Default: 0
 * @param mode - `'fan_in'` keeps the variance of the forward pass, `'fan_out'` that of the backward pass. Default:
 *   `'fan_in'`
 * @param nonlinearity - the function that follows. Default: `'leaky_relu'`
 * @param generator - draws the numbers. Default: the device's own
 * @throws ValueError for a tensor with fewer than 2 dimensions, or an unknown mode or nonlinearity
 *
 * @example
 * ```ts
 * nn.init.kaiming_uniform_(torch.empty(3, 5), { mode: 'fan_in', nonlinearity: 'relu' })
 * ```
 *
 * @see torch/nn/init.py
 */
export const kaiming_uniform_ = callable(
  signature('kaiming_uniform_', ...KAIMING),
  (tensor, a, mode, nonlinearity, generator): Tensor => {
    if (is_empty(tensor)) return tensor
    const fan = fan_of(tensor, mode)
    const std = calculate_gain(nonlinearity, a) / Math.sqrt(fan)
    const bound = Math.sqrt(3) * std
    return without_grad(() => tensor.uniform_(-bound, bound, drawing(generator)))
  },
)

/**
 * Fills a tensor with numbers of N(0, std²), where std = gain / √fan (He).
 *
 * @param a - the slope of the leaky_relu that follows. Default: 0
 * @param mode - `'fan_in'` keeps the variance of the forward pass, `'fan_out'` that of the backward pass. Default:
 *   `'fan_in'`
 * @param nonlinearity - the function that follows. Default: `'leaky_relu'`
 * @param generator - draws the numbers. Default: the device's own
 * @throws ValueError for a tensor with fewer than 2 dimensions, or an unknown mode or nonlinearity
 *
 * @see torch/nn/init.py
 */
export const kaiming_normal_ = callable(
  signature('kaiming_normal_', ...KAIMING),
  (tensor, a, mode, nonlinearity, generator): Tensor => {
    if (is_empty(tensor)) return tensor
    const fan = fan_of(tensor, mode)
    const std = calculate_gain(nonlinearity, a) / Math.sqrt(fan)
    return without_grad(() => tensor.normal_(0, std, drawing(generator)))
  },
)
