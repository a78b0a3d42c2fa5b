import { ops } from '../ops/operator.js'
import type { Tensor } from '../tensor.js'
import { ntuple, type Size1, type Size2, type Size3 } from './modules/utils.js'

/** Keywords of a convolution's gradients. */
export interface ConvGradOptions<S> {
  /** Default: 1. */
  stride?: S
  /** Default: 0. */
  padding?: S
  /** Default: 1. */
  dilation?: S
  /** Default: 1. */
  groups?: number
}

type Which = 'input' | 'weight'

function gradient<S extends Size1 | Size2 | Size3>(which: Which, dims: number) {
  const name = `conv${dims}d_${which}`
  return (
    first: Tensor | readonly number[],
    second: Tensor | readonly number[],
    grad_output: Tensor,
    options: ConvGradOptions<S>,
  ) => {
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options
    // Only the size of what is differentiated by matters.
    const sized = (size: readonly number[]) => grad_output.new_empty([1]).expand([...size])
    const input = which === 'input' ? sized(first as readonly number[]) : (first as Tensor)
    const weight = which === 'input' ? (second as Tensor) : sized(second as readonly number[])
    const [of_input, of_weight] = ops['aten']!['convolution_backward']!(
      grad_output,
      input,
      weight,
      null,
      ntuple(stride, dims, name),
      ntuple(padding, dims, name),
      ntuple(dilation, dims, name),
      false,
      [0],
      groups,
      [which === 'input', which === 'weight', false],
    ) as unknown as [Tensor, Tensor, Tensor]
    return which === 'input' ? of_input : of_weight
  }
}

const input1 = gradient<Size1>('input', 1)
const input2 = gradient<Size2>('input', 2)
const input3 = gradient<Size3>('input', 3)
const weight1 = gradient<Size1>('weight', 1)
const weight2 = gradient<Size2>('weight', 2)
const weight3 = gradient<Size3>('weight', 3)

/**
 * The gradient of `conv1d` with respect to its input.
 *
 * @param input_size - the input's shape
 * @param weight - (out_channels, in_channels / groups, kernel)
 * @param grad_output - the gradient of the result
 * @param options - stride, padding, dilation, groups of the convolution
 *
 * @example
 * ```ts
 * const gradient = nn.grad.conv1d_input([1, 1, 3], torch.ones(1, 1, 1), torch.ones(1, 1, 3))
 * ```
 *
 * @see torch/nn/grad.py
 */
export const conv1d_input = (
  input_size: readonly number[],
  weight: Tensor,
  grad_output: Tensor,
  options: ConvGradOptions<Size1> = {},
): Tensor => input1(input_size, weight, grad_output, options)

/** The gradient of `conv1d` with respect to its weight, of shape `weight_size`. */
export const conv1d_weight = (
  input: Tensor,
  weight_size: readonly number[],
  grad_output: Tensor,
  options: ConvGradOptions<Size1> = {},
): Tensor => weight1(input, weight_size, grad_output, options)

/** The gradient of `conv2d` with respect to its input; see {@link conv1d_input}. */
export const conv2d_input = (
  input_size: readonly number[],
  weight: Tensor,
  grad_output: Tensor,
  options: ConvGradOptions<Size2> = {},
): Tensor => input2(input_size, weight, grad_output, options)

/** The gradient of `conv2d` with respect to its weight; see {@link conv1d_weight}. */
export const conv2d_weight = (
  input: Tensor,
  weight_size: readonly number[],
  grad_output: Tensor,
  options: ConvGradOptions<Size2> = {},
): Tensor => weight2(input, weight_size, grad_output, options)

/** The gradient of `conv3d` with respect to its input; see {@link conv1d_input}. */
export const conv3d_input = (
  input_size: readonly number[],
  weight: Tensor,
  grad_output: Tensor,
  options: ConvGradOptions<Size3> = {},
): Tensor => input3(input_size, weight, grad_output, options)

/** The gradient of `conv3d` with respect to its weight; see {@link conv1d_weight}. */
export const conv3d_weight = (
  input: Tensor,
  weight_size: readonly number[],
  grad_output: Tensor,
  options: ConvGradOptions<Size3> = {},
): Tensor => weight3(input, weight_size, grad_output, options)
