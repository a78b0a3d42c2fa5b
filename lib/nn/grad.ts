import { ops } from '../ops/operator.js'
import { optional, required, tensor } from '../python/parameters.js'
import { callable, signature } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import {
  type AnySize,
  type Int,
  ntuple,
  type Size1,
  type Size2,
  type Size3,
  whole_number,
} from './modules/utils.js'

const options = <S extends AnySize>() =>
  [
    { stride: optional<S>(1 as S) },
    { padding: optional<S>(0 as S) },
    { dilation: optional<S>(1 as S) },
    { groups: optional<Int>(1) },
  ] as const

const of_input = <S extends AnySize>(name: string) =>
  signature(
    name,
    { input_size: required<readonly number[]>() },
    { weight: tensor },
    { grad_output: tensor },
    ...options<S>(),
  )

const of_weight = <S extends AnySize>(name: string) =>
  signature(
    name,
    { input: tensor },
    { weight_size: required<readonly number[]>() },
    { grad_output: tensor },
    ...options<S>(),
  )

type Which = 'input' | 'weight'

function gradient(which: Which, dims: number) {
  return (
    first: Tensor | readonly number[],
    second: Tensor | readonly number[],
    grad_output: Tensor,
    stride: AnySize,
    padding: AnySize,
    dilation: AnySize,
    groups: Int,
  ): Tensor => {
    // Only the size of what is differentiated by matters.
    const sized = (size: readonly number[]) => grad_output.new_empty([1]).expand([...size])
    const input = which === 'input' ? sized(first as readonly number[]) : (first as Tensor)
    const weight = which === 'input' ? (second as Tensor) : sized(second as readonly number[])
    const [to_input, to_weight] = ops['aten']!['convolution_backward']!(
      grad_output,
      input,
      weight,
      null,
      ntuple(stride, dims, 'stride'),
      ntuple(padding, dims, 'padding'),
      ntuple(dilation, dims, 'dilation'),
      false,
      [0],
      whole_number(groups, 'groups'),
      [which === 'input', which === 'weight', false],
    ) as unknown as [Tensor, Tensor, Tensor]
    return which === 'input' ? to_input : to_weight
  }
}

/**
 * The gradient of `conv1d` with respect to its input.
 *
 * @param input_size - the input's shape
 * @param weight - (out_channels, in_channels / groups, kernel)
 * @param grad_output - the gradient of the result
 * @param stride - the steps of the kernel. Default: 1
 * @param padding - how much is added on all sides. Default: 0
 * @param dilation - spacing between kernel elements. Default: 1
 * @param groups - how many groups of channels are kept apart. Default: 1
 *
 * @example
 * ```ts
 * const gradient = nn.grad.conv1d_input([1, 1, 3], torch.ones(1, 1, 1), torch.ones(1, 1, 3))
 * ```
 *
 * @see torch/nn/grad.py
 */
export const conv1d_input = callable(of_input<Size1>('conv1d_input'), gradient('input', 1))

/** The gradient of `conv1d` with respect to its weight, of shape `weight_size`. */
export const conv1d_weight = callable(of_weight<Size1>('conv1d_weight'), gradient('weight', 1))

/** The gradient of `conv2d` with respect to its input; see {@link conv1d_input}. */
export const conv2d_input = callable(of_input<Size2>('conv2d_input'), gradient('input', 2))

/** The gradient of `conv2d` with respect to its weight; see {@link conv1d_weight}. */
export const conv2d_weight = callable(of_weight<Size2>('conv2d_weight'), gradient('weight', 2))

/** The gradient of `conv3d` with respect to its input; see {@link conv1d_input}. */
export const conv3d_input = callable(of_input<Size3>('conv3d_input'), gradient('input', 3))

/** The gradient of `conv3d` with respect to its weight; see {@link conv1d_weight}. */
export const conv3d_weight = callable(of_weight<Size3>('conv3d_weight'), gradient('weight', 3))
