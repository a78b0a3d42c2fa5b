import { assertion_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { py_float, py_ints, py_size } from '../../repr.js'
import type { Tensor } from '../../tensor.js'
import { as_list, type Call, is_differentiable, is_float_or_complex } from './shared.js'

/** By how much an input is moved: a number for one element, or a tensor; two of them for a complex input. */
type Delta = number | Tensor

const imaginary = (delta: Delta, like: Tensor): Tensor => {
  const part = typeof delta === 'number' ? ops.full([], delta, { dtype: ops.real(like).dtype }) : delta
  return ops.complex(ops.zeros_like(part), part)
}

function check_same(a: Tensor, b: Tensor, eps: number, place: readonly number[] | null): void {
  const on = place === null ? '' : `on index ${py_ints(place)} `
  const words = (what: string, first: string, second: string) =>
    `Expected \`func\` to return outputs with the same ${what} when inputs are perturbed ${on}by ${py_float(eps)}, but got: ${what}s ${first} and ${second}.`
  const [a_shape, b_shape] = [py_size(a.shape), py_size(b.shape)]
  if (a_shape !== b_shape) throw assertion_error(words('shape', a_shape, b_shape))
  if (a.dtype !== b.dtype) throw assertion_error(words('dtype', String(a.dtype), String(b.dtype)))
}

// Central differences of a function's outputs, where `entry`, part of an input, is moved in place.
function differences(
  call: () => Tensor[],
  entry: Tensor,
  delta: Delta,
  eps: number,
  place: readonly number[] | null,
): Tensor[] {
  const original = entry.clone()
  entry.copy_(original.sub(delta as Tensor))
  const before = call()
  entry.copy_(original.add(delta as Tensor))
  const after = call()
  entry.copy_(original)
  return before.map((a, i) => {
    const b = after[i]!
    check_same(a, b, eps, place)
    return b
      .sub(a)
      .div(2 * eps)
      .detach()
      .reshape(-1)
  })
}

// One column of each output's Jacobian.
function column(
  call: () => Tensor[],
  entry: Tensor,
  delta: Delta | readonly [Delta, Delta],
  eps: number,
  place: readonly number[] | null,
): Tensor[] {
  const [first, second] = Array.isArray(delta) ? (delta as [Delta, Delta]) : [delta as Delta, delta as Delta]
  const by_real = differences(call, entry, first, eps, place)
  if (!entry.is_complex()) return by_real
  const by_imaginary = differences(call, entry, imaginary(second, entry), eps, place)
  // The conjugate Wirtinger derivative.
  return by_real.map((x, i) => ops.complex(x, by_imaginary[i]!))
}

const with_outputs = (call: Call, inputs: readonly unknown[]) => () =>
  as_list(call(...inputs) as Tensor).map((output) => output.clone())

/**
 * For each input that requires a gradient, the Jacobian of each output by differences: (input's, output's elements). What is
 * compared with forward mode may have complex outputs.
 */
export function numerical_jacobian(
  call: Call,
  inputs: readonly unknown[],
  outputs: readonly Tensor[],
  eps: number,
  forward = false,
): Tensor[][] {
  if (!forward && outputs.some((output) => output.is_complex()))
    throw value_error(
      'Expected output to be non-complex. get_numerical_jacobian no longer supports functions that return complex outputs.',
    )
  const moved = with_outputs(call, inputs)
  return inputs.filter(is_differentiable).map((input) => {
    const dtype = input.is_complex() ? input.dtype : null
    const jacobians = outputs
      .filter(is_float_or_complex)
      .map((output) => output.new_zeros([input.numel(), output.numel()], { dtype: dtype ?? output.dtype }))
    places(input.shape).forEach((place, k) => {
      const entry = place.reduce((rest, i) => rest.select(0, i), input.data)
      const columns = column(moved, entry, eps, eps, place)
      for (const [j, jacobian] of jacobians.entries()) jacobian.select(0, k).copy_(columns[j]!)
    })
    return jacobians
  })
}

/** All indices of a shape, the last counting fastest. */
export function places(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((place) => Array.from({ length: size }, (_, i) => [...place, i])),
    [[]],
  )
}

/** The product of an input's Jacobians with a direction, by differences: one for each output. */
export function numerical_product(
  call: Call,
  index: number,
  inputs: readonly unknown[],
  direction: Tensor | readonly [Tensor, Tensor],
  eps: number,
): Tensor[] {
  const input = inputs[index] as Tensor
  const scaled = (u: Tensor) => u.reshape(input.shape).mul(eps)
  const delta = Array.isArray(direction)
    ? (direction.map(scaled) as [Tensor, Tensor])
    : scaled(direction as Tensor)
  return column(with_outputs(call, inputs), input.data, delta, eps, null)
}
