import type { Tensor } from '../../tensor.js'
import { analytical_jacobian } from './analytical.js'
import { forward_jacobian } from './forward.js'
import { numerical_jacobian } from './numerical.js'
import { all_close, type Call, gradcheck_error, mismatch, type Part } from './shared.js'

/** What a check compares, and how closely. */
export interface Check {
  call: Call
  inputs: readonly unknown[]
  /** All of the function's results. */
  results: readonly Tensor[]
  /** Those that require a gradient. */
  outputs: readonly Tensor[]
  part: Part | null
  /** Whether forward mode is compared, or backward. */
  forward: boolean
  eps: number
  atol: number
  rtol: number
  nondet_tol: number
  check_grad_dtypes: boolean
}

/** Compares each element of each Jacobian. */
export function slow_gradcheck(check: Check): void {
  const { call, inputs, results, outputs, eps, rtol, atol } = check
  const numerical = numerical_jacobian(call, inputs, results, eps, check.forward)
  if (outputs.length === 0) {
    for (const jacobian of numerical.flat())
      if ((jacobian.ne(0).sum().item() as number) > 0)
        throw gradcheck_error('Numerical gradient for function expected to be zero')
    return
  }
  const by_output = results.flatMap((result, i) =>
    result.requires_grad ? [numerical.map((jacobians) => jacobians[i]!)] : [],
  )
  const by_forward = check.forward ? forward_jacobian(call, inputs, results, check) : null
  outputs.forEach((output, i) => {
    const by_input =
      by_forward?.map((jacobians) => jacobians[i]!) ?? analytical_jacobian(inputs, output, check)
    by_input.forEach((analytical, j) => {
      const found = by_output[i]![j]!
      if (!all_close(analytical, found.to(analytical.device), rtol, atol))
        throw gradcheck_error(mismatch(analytical, found, i, j, check.part, check.forward))
    })
  })
}
