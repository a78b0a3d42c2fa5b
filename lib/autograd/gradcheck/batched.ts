import { RuntimeError } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { grad } from '../backward.js'
import { legacy_vmap } from '../legacy_vmap.js'
import { tangents_by } from './forward.js'
import { type Call, gradcheck_error, is_differentiable, is_float_or_complex, zeros_of } from './shared.js'

type Product = (vector: Tensor) => Tensor[]

const BACKWARD = `gradcheck or gradgradcheck failed while testing batched gradients: a backward under vmap gives what it does not give for each gradient alone, or it calls an operator that vmap cannot map. Where that is known, set \`check_batched_grad=False\`.`
const FORWARD = `gradcheck failed while testing batched gradients of forward mode: a call under vmap gives what it does not give for each tangent alone, or it calls an operator that vmap cannot map. Where that is known, set \`check_batched_forward_grad=False\`.`

// Compares two calls with one call for both.
function compare(
  product: Product,
  like: Tensor,
  words: string,
  place: (i: number) => [number, number],
): void {
  const vectors = [ops.randn_like(like), ops.randn_like(like)]
  const alone = vectors.map(product)
  const expected = alone[0]!.map((_, i) => ops.stack(alone.map((found) => found[i]!)))
  let batched: Tensor[]
  try {
    batched = legacy_vmap(product)(ops.stack(vectors))
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error
    throw gradcheck_error(`While computing batched gradients, got: ${error.message}\n\n${words}`)
  }
  batched.forEach((found, i) => {
    if (ops.allclose(found, expected[i]!)) return
    const [output, input] = place(i)
    throw gradcheck_error(
      `For output ${output} and input ${input}:\n\n${words}\n\nGot:\n${found}\n\nExpected:\n${expected[i]!}`,
    )
  })
}

/** Backward from one output for several gradients at once gives what it gives for each. */
export function check_batched_backward(inputs: readonly unknown[], output: Tensor, index: number): void {
  const by = inputs.filter(is_differentiable)
  const product = (gradient: Tensor) => {
    const found: (Tensor | null)[] = grad(output, by, gradient, { retain_graph: true, allow_unused: true })
    return found.map((one, i) => one ?? zeros_of(by[i]!))
  }
  compare(product, output, BACKWARD, (i) => [index, i])
}

/** Forward mode for several tangents of an input at once gives what it gives for each. */
export function check_batched_forward(call: Call, inputs: readonly unknown[]): void {
  inputs.forEach((input, place) => {
    if (!is_differentiable(input) || !is_float_or_complex(input)) return
    const product = (tangent: Tensor) => tangents_by(call, inputs, place, tangent)
    compare(product, input, FORWARD, (i) => [i, i])
  })
}
