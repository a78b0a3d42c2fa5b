import { value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { own } from '../../own.js'
import { Tensor } from '../../tensor.js'
import { dual_level, make_dual, unpack_dual } from '../forward_ad.js'
import { places } from './numerical.js'
import {
  as_list,
  type Call,
  gradcheck_error,
  is_differentiable,
  is_float_or_complex,
  text,
  zeros_of,
} from './shared.js'

const zero_dual = (input: Tensor): Tensor => make_dual(input.detach(), ops.zeros_like(input))

/** What a call gives for dual inputs: its value and its tangent, by outputs of floating-point or complex elements. */
const run = (call: Call, inputs: readonly unknown[]) =>
  as_list(call(...inputs) as Tensor)
    .filter(is_float_or_complex)
    .map((output) => unpack_dual(output))

/** Inputs that carry tangents of zeros, which may be changed in place. */
function duals_of(inputs: readonly unknown[]): { duals: unknown[]; tangents: Tensor[] } {
  const tangents: Tensor[] = []
  const duals = inputs.map((input) => {
    if (!is_differentiable(input)) return input
    const dual = zero_dual(input)
    tangents.push(unpack_dual(dual).tangent!)
    return dual
  })
  return { duals, tangents }
}

/**
 * For each input that requires a gradient, the Jacobian of each output by forward mode: (input's, output's elements); with
 * `directions`, one an input, its product with that one.
 */
export function forward_jacobian(
  call: Call,
  inputs: readonly unknown[],
  results: readonly Tensor[],
  options: { check_grad_dtypes?: boolean; directions?: readonly Tensor[] },
): Tensor[][] {
  const { check_grad_dtypes = false, directions } = own(options)
  const by = inputs.filter(is_differentiable)
  if (by.some((input) => input.is_complex()))
    throw value_error('Expected inputs to be non-complex for _get_analytical_jacobian_forward_ad.')
  const jacobians = by.map((input) =>
    results
      .filter(is_float_or_complex)
      .map((output) =>
        output.new_zeros(directions === undefined ? [input.numel(), output.numel()] : [1, output.numel()]),
      ),
  )
  return dual_level(() => {
    const { duals, tangents } = duals_of(inputs)
    const fill = (columns: readonly Tensor[], row: number) =>
      run(call, duals).forEach(({ primal, tangent }, o) => {
        if (check_grad_dtypes && tangent !== null && primal.is_complex() !== tangent.is_complex())
          throw gradcheck_error('Forward AD gradient has dtype mismatch.')
        const column = columns[o]!.select(0, row)
        if (tangent === null) column.zero_()
        else column.copy_(tangent.reshape(-1))
      })
    return tangents.map((tangent, i) => {
      const columns = jacobians[i]!
      if (directions !== undefined) {
        tangent.copy_(directions[i]!.view(tangent.shape))
        fill(columns, 0)
        tangent.zero_()
        return columns.map((column) => column.squeeze(0))
      }
      for (const [row, place] of places(tangent.shape).entries()) {
        const element = place.reduce((rest, k) => rest.select(0, k), tangent)
        element.fill_(1)
        fill(columns, row)
        element.fill_(0)
      }
      return columns
    })
  })
}

/** Forward mode takes inputs that have no tangent as those whose tangent is zero. */
export function check_undefined_tangents(
  call: Call,
  inputs: readonly unknown[],
  directions: readonly Tensor[],
): void {
  dual_level(() => {
    const { duals, tangents } = duals_of(inputs)
    for (const [i, tangent] of tangents.entries()) tangent.copy_(directions[i]!.view(tangent.shape))
    inputs.forEach((input, place) => {
      if (!is_differentiable(input)) return
      const given = (value: unknown) => run(call, duals.with(place, value))
      const zeros = given(zero_dual(input))
      const none = given(input.detach())
      zeros.forEach(({ tangent: a }, o) => {
        const b = none[o]?.tangent ?? null
        if (a === null || b === null || ops.allclose(a, b)) return
        throw gradcheck_error(
          `Mismatch in tangent values for output with index: ${o} when input: ${input} has an undefined tangent value. Got: ${text(a)} but expected: ${text(b)}`,
        )
      })
    })
  })
}

/** The tangents of a call where one input has one; zeros for outputs that do not depend on it. */
export function tangents_by(
  call: Call,
  inputs: readonly unknown[],
  place: number,
  tangent: Tensor,
): Tensor[] {
  return dual_level(() => {
    const given = inputs.map((input, i) => {
      if (i === place) return make_dual((input as Tensor).detach(), tangent)
      return input instanceof Tensor ? input.detach() : input
    })
    return as_list(call(...given) as Tensor | null)
      .filter((output): output is Tensor => output !== null && output !== undefined)
      .map((output) => {
        const { primal, tangent: found } = unpack_dual(output)
        return found ?? zeros_of(primal)
      })
  })
}
