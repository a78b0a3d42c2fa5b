import { RuntimeError } from '../../errors.js'
import type { Tensor } from '../../tensor.js'
import { warn_once } from '../../warn.js'
import { grad } from '../backward.js'
import { hooked_identity } from '../hooks.js'
import { type Call, differentiable_outputs, gradcheck_error, is_differentiable, zeros_for } from './shared.js'

const is_zero = (gradient: Tensor): boolean => Boolean(gradient.eq(0).all().item())

/** Backward is linear: of zeros it gives zeros, of the inputs' kind. */
export function check_backward_of_zeros(outputs: readonly Tensor[], inputs: readonly unknown[]): void {
  const by = inputs.filter(is_differentiable)
  const found: (Tensor | null)[] = grad(outputs, by, outputs.map(zeros_for), { allow_unused: true })
  found.forEach((gradient, i) => {
    if (gradient === null) return
    const input = by[i]!
    if (!is_zero(gradient)) throw gradcheck_error('backward not multiplied by grad_output')
    if (gradient.dtype !== input.dtype) throw gradcheck_error('grad is incorrect type')
    if (String(gradient.device) !== String(input.device)) throw gradcheck_error('grad is incorrect device')
    if (String(gradient.shape) !== String(input.shape)) throw gradcheck_error('grad is incorrect size')
  })
}

const see = 'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'

function warn(): void {
  warn_once(
    'Backwards compatibility: New undefined gradient support checking feature is enabled by default, but it may break existing callers of this function. If this is true for you, you can call this function with "check_undefined_grad=False" to disable the feature',
  )
}

/** Backward takes outputs that have no gradient, all of them and each alone. */
export function check_undefined_gradients(call: Call, inputs: readonly unknown[]): void {
  const by = inputs.filter(is_differentiable)
  const outputs_now = () => differentiable_outputs(call(...inputs))
  // What stands before the output passes nothing on.
  const undefined_after = (output: Tensor) => hooked_identity([output], () => [null])[0]!
  const check = (outputs: readonly Tensor[]) => {
    let found: (Tensor | null)[]
    try {
      found = grad(outputs, by, outputs.map(zeros_for), { allow_unused: true })
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error
      warn()
      throw gradcheck_error(`Expected backward function to handle undefined output grads. ${see}`)
    }
    if (found.every((gradient) => gradient === null || is_zero(gradient))) return
    warn()
    throw gradcheck_error(
      `Expected all input grads to be undefined or zero when all output grads are undefined or zero. ${see}`,
    )
  }
  const all = outputs_now()
  check(all.map(undefined_after))
  if (all.length < 2) return
  for (let i = 0; i < all.length; i++)
    check(outputs_now().map((output, k) => (k === i ? undefined_after(output) : output)))
}
