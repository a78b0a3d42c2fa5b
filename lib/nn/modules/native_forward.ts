import { context, enter_context } from '../../autograd/context.js'
import { link_hooks } from '../../autograd/hooks.js'
import { expect_tensor, raw_handle, type Tensor, wrap } from '../../tensor.js'

/** A function of native/nn: handles in, a handle out. */
export type NativeForward = (a: number, b: number, c: number) => number

/** Calls a forward of native/nn with an input, a weight and a bias; errors name `operator`. */
export function call_layer(
  operator: string,
  forward: NativeForward,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
): Tensor {
  if (context.attention !== 0) enter_context()
  const result = wrap(
    forward(
      raw_handle(expect_tensor(input, operator, 'input')),
      raw_handle(expect_tensor(weight, operator, 'weight')),
      bias === null ? 0 : raw_handle(expect_tensor(bias, operator, 'bias')),
    ),
  )
  if (context.carriers !== 0) link_hooks(result, [input, weight, bias])
  return result
}

/** Calls a loss of native/nn with an input and a target; errors name `operator`. */
export function call_loss(
  operator: string,
  forward: (input: number, target: number) => number,
  input: Tensor,
  target: Tensor,
): Tensor {
  if (context.attention !== 0) enter_context()
  const result = wrap(
    forward(
      raw_handle(expect_tensor(input, operator, 'input')),
      raw_handle(expect_tensor(target, operator, 'target')),
    ),
  )
  if (context.carriers !== 0) link_hooks(result, [input, target])
  return result
}
