import { without_grad } from '../../autograd/grad_mode.js'
import type { Generator } from '../../generator.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import { type Drawing, type Drawn, drawing } from './fill.js'
import {
  calculate_fan_in_and_fan_out,
  calculate_gain,
  type FanMode,
  fan_of,
  type Nonlinearity,
} from './gain.js'

const XAVIER = { gain: 1, generator: null }
const XAVIER_NAMES = ['tensor', 'gain', 'generator'] as const
type Xavier = Drawn & { gain: number }

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
export function xavier_uniform_(
  tensor: Tensor,
  gain?: number | ({ gain?: number } & Drawing),
  generator?: Generator | null | Drawing,
): Tensor
export function xavier_uniform_(...args: unknown[]): Tensor {
  const { tensor, gain, generator } = take_options<Xavier>('xavier_uniform_', args, XAVIER_NAMES, XAVIER)
  const bound = Math.sqrt(3) * xavier_std(tensor, gain)
  return without_grad(() => tensor.uniform_(-bound, bound, drawing(generator)))
}

/**
 * Fills a tensor with numbers of N(0, std²), where std = gain · √(2 / (fan_in + fan_out)) (Glorot).
 *
 * @param gain - a factor. Default: 1
 * @throws ValueError for a tensor with fewer than 2 dimensions
 *
 * @see torch/nn/init.py
 */
export function xavier_normal_(
  tensor: Tensor,
  gain?: number | ({ gain?: number } & Drawing),
  generator?: Generator | null | Drawing,
): Tensor
export function xavier_normal_(...args: unknown[]): Tensor {
  const { tensor, gain, generator } = take_options<Xavier>('xavier_normal_', args, XAVIER_NAMES, XAVIER)
  const std = xavier_std(tensor, gain)
  return without_grad(() => tensor.normal_(0, std, drawing(generator)))
}

/** Keywords of the `kaiming` functions. */
export interface KaimingOptions extends Drawing {
  /** The slope of the leaky_relu that follows. Default: 0. */
  a?: number
  /** `'fan_in'` keeps the variance of the forward pass, `'fan_out'` that of the backward pass. Default: `'fan_in'`. */
  mode?: FanMode
  /** The function that follows. Default: `'leaky_relu'`. */
  nonlinearity?: Nonlinearity
}

type Kaiming = Drawn & { a: number; mode: FanMode; nonlinearity: Nonlinearity }

const KAIMING: Partial<Kaiming> = { a: 0, mode: 'fan_in', nonlinearity: 'leaky_relu', generator: null }
const KAIMING_NAMES = ['tensor', 'a', 'mode', 'nonlinearity', 'generator'] as const

function is_empty(tensor: Tensor): boolean {
  if (!tensor.shape.includes(0)) return false
  process.emitWarning('Initializing zero-element tensors is a no-op')
  return true
}

/**
 * Fills a tensor with numbers drawn uniformly from (-bound, bound), where bound = gain · √(3 / fan) (He).
 *
 * @throws ValueError for a tensor with fewer than 2 dimensions, or an unknown mode or nonlinearity
 *
 * @example
 * ```ts
 * nn.init.kaiming_uniform_(torch.empty(3, 5), { mode: 'fan_in', nonlinearity: 'relu' })
 * ```
 *
 * @see torch/nn/init.py
 */
export function kaiming_uniform_(
  tensor: Tensor,
  a?: number | KaimingOptions,
  mode?: FanMode | KaimingOptions,
  nonlinearity?: Nonlinearity | KaimingOptions,
  generator?: Generator | null | Drawing,
): Tensor
export function kaiming_uniform_(...args: unknown[]): Tensor {
  const given = take_options<Kaiming>('kaiming_uniform_', args, KAIMING_NAMES, KAIMING)
  const { tensor, a, mode, nonlinearity, generator } = given
  if (is_empty(tensor)) return tensor
  const fan = fan_of(tensor, mode)
  const std = calculate_gain(nonlinearity, a) / Math.sqrt(fan)
  const bound = Math.sqrt(3) * std
  return without_grad(() => tensor.uniform_(-bound, bound, drawing(generator)))
}

/**
 * Fills a tensor with numbers of N(0, std²), where std = gain / √fan (He).
 *
 * @throws ValueError for a tensor with fewer than 2 dimensions, or an unknown mode or nonlinearity
 *
 * @see torch/nn/init.py
 */
export function kaiming_normal_(
  tensor: Tensor,
  a?: number | KaimingOptions,
  mode?: FanMode | KaimingOptions,
  nonlinearity?: Nonlinearity | KaimingOptions,
  generator?: Generator | null | Drawing,
): Tensor
export function kaiming_normal_(...args: unknown[]): Tensor {
  const given = take_options<Kaiming>('kaiming_normal_', args, KAIMING_NAMES, KAIMING)
  const { tensor, a, mode, nonlinearity, generator } = given
  if (is_empty(tensor)) return tensor
  const fan = fan_of(tensor, mode)
  const std = calculate_gain(nonlinearity, a) / Math.sqrt(fan)
  return without_grad(() => tensor.normal_(0, std, drawing(generator)))
}
