import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import { optional, required } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import { FloatScalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'

/** A function that follows a layer, by its name in `nn.functional`. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu'

/** Which side of a layer keeps its variance: the inputs of the forward pass, or of the backward pass. */
export type FanMode = 'fan_in' | 'fan_out'

const LINEAR = new Set<string>([
  'linear',
  'conv1d',
  'conv2d',
  'conv3d',
  'conv_transpose1d',
  'conv_transpose2d',
  'conv_transpose3d',
  'sigmoid',
])

/**
 * The gain recommended for a nonlinearity: 1 for linear functions, convolutions and sigmoid, 5/3 for tanh, √2 for relu,
 * √(2 / (1 + slope²)) for leaky_relu, 3/4 for selu.
 *
 * @param nonlinearity - the function's name in `nn.functional`
 * @param param - the slope of leaky_relu. Default: 0.01
 * @throws ValueError for a function that has no gain
 *
 * @example
 * ```ts
 * const gain = nn.init.calculate_gain('leaky_relu', 0.2)
 * ```
 *
 * @see torch/nn/init.py
 */
export const calculate_gain = callable(
  signature(
    'calculate_gain',
    { nonlinearity: required<Nonlinearity>() },
    { param: optional<number | FloatScalar | bigint | null>(null) },
  ),
  (nonlinearity, param): number => {
    if (LINEAR.has(nonlinearity)) return 1
    if (nonlinearity === 'tanh') return 5 / 3
    if (nonlinearity === 'relu') return Math.sqrt(2)
    if (nonlinearity === 'selu') return 3 / 4
    if (nonlinearity !== 'leaky_relu') throw value_error(`Unsupported nonlinearity ${String(nonlinearity)}`)
    const slope = param instanceof FloatScalar || typeof param === 'bigint' ? Number(param) : (param ?? 0.01)
    if (typeof slope !== 'number') throw value_error(`negative_slope ${String(slope)} not a valid number`)
    return Math.sqrt(2 / (1 + native.math.pow(slope, 2)))
  },
)

/**
 * How many numbers one output depends on, and how many outputs depend on one number.
 *
 * @throws ValueError for a tensor with fewer than 2 dimensions
 */
export function calculate_fan_in_and_fan_out(tensor: Tensor): [fan_in: number, fan_out: number] {
  const [outputs, inputs, ...field] = tensor.shape
  if (outputs === undefined || inputs === undefined)
    throw value_error('Fan in and fan out can not be computed for tensor with fewer than 2 dimensions')
  const receptive = field.reduce((product, size) => product * size, 1)
  return [inputs * receptive, outputs * receptive]
}

/** The fan that a mode asks for. */
export function fan_of(tensor: Tensor, mode: string): number {
  const lower = mode.toLowerCase()
  if (lower !== 'fan_in' && lower !== 'fan_out')
    throw value_error(`Mode ${lower} not supported, please use one of ['fan_in', 'fan_out']`)
  const [fan_in, fan_out] = calculate_fan_in_and_fan_out(tensor)
  return lower === 'fan_in' ? fan_in : fan_out
}
