import { assertion_error } from '../../errors.js'
import { own } from '../../own.js'
import { py_float } from '../../repr.js'
import type { Tensor } from '../../tensor.js'
import { grad } from '../backward.js'
import { gradcheck_error, is_differentiable, zeros_for } from './shared.js'

const NOT_REENTRANT = `

NOTE: If your op relies on non-deterministic operations i.e., it is listed here:
https://pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html
this failure might be expected.`

type Row = Tensor | null

// By inputs: for each row of the Jacobian the gradient, or null.
function rows_of(pull: (gradient: Tensor) => Row[], output: Tensor, v: Tensor | null): Row[][] {
  const copies = (gradients: Row[]) => gradients.map((gradient) => gradient?.clone() ?? null)
  if (v !== null) return copies(pull(v.reshape(output.shape))).map((row) => [row])
  const gradient = zeros_for(output)
  const flat = gradient.view(-1)
  const rows: Row[][] = []
  for (let j = 0; j < flat.numel(); j++) {
    flat.zero_()
    flat.select(0, j).fill_(1)
    copies(pull(gradient)).forEach((row, i) => {
      rows[i] ??= []
      rows[i].push(row)
    })
  }
  return rows
}

function stack(rows: readonly (readonly Row[])[], inputs: readonly Tensor[], count: number) {
  let [sizes_ok, types_ok] = [true, true]
  const jacobians = inputs.map((input) => input.new_zeros([input.numel(), count]))
  rows.forEach((list, i) => {
    const input = inputs[i]!
    list.forEach((row, j) => {
      if (row === null) return
      if (String(row.shape) !== String(input.shape)) sizes_ok = false
      else if (row.dtype !== input.dtype) types_ok = false
      const place = jacobians[i]!.select(1, j)
      if (place.numel() !== row.numel())
        throw assertion_error(
          `Expected out_jacobian column to have ${row.numel()} elements, but got ${place.numel()}`,
        )
      place.copy_(row.reshape(-1))
    })
  })
  return { jacobians, sizes_ok, types_ok }
}

function equal(a: readonly Tensor[], b: readonly Tensor[], atol: number): boolean {
  return a.every((x, i) => x.numel() === 0 || !((x.sub(b[i]!).abs().max().item() as number) > atol))
}

/**
 * For each input that requires a gradient, the Jacobian of one output by backward: (input's, output's elements), or its
 * product with v: (input's elements, 1). It is computed twice, to see whether it is the same.
 */
export function analytical_jacobian(
  inputs: readonly unknown[],
  output: Tensor,
  options: { nondet_tol: number; check_grad_dtypes: boolean; v?: Tensor },
): Tensor[] {
  const by = inputs.filter(is_differentiable)
  const { nondet_tol, v = null } = own(options)
  const pull = (gradient: Tensor): Row[] =>
    grad(output, by, gradient, { retain_graph: true, allow_unused: true })
  const count = v === null ? output.numel() : 1
  const first = stack(rows_of(pull, output, v), by, count)
  const second = stack(rows_of(pull, output, v), by, count)
  if (!first.types_ok && options.check_grad_dtypes) throw gradcheck_error('Gradient has dtype mismatch')
  if (!first.sizes_ok) throw gradcheck_error('Analytical gradient has incorrect size')
  if (!equal(first.jacobians, second.jacobians, nondet_tol))
    throw gradcheck_error(
      `Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives different values, although analytical gradient matches numerical gradient.The tolerance for nondeterminism was ${py_float(nondet_tol)}.${NOT_REENTRANT}`,
    )
  return first.jacobians
}
