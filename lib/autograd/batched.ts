import { runtime_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { py_size } from '../repr.js'
import type { Tensor } from '../tensor.js'

/** PyTorch's own check of batched gradients, in its words. */
function check_shapes(outputs: readonly (Tensor | null)[], gradients: readonly (Tensor | null)[]): void {
  outputs.forEach((output, i) => {
    const gradient = gradients[i]
    if (output === null || !gradient) return
    const [given, wanted] = [gradient.at(0).shape, output.shape]
    if (given.length === wanted.length && wanted.every((size, d) => size === given[d])) return
    throw runtime_error(
      `If \`is_grads_batched=True\`, we interpret the first dimension of each grad_output as the batch dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding output, but a mismatch was detected: grad_output[${i}] has a shape of ${py_size(given)} and output[${i}] has a shape of ${py_size(wanted)}. If you only want some tensors in \`grad_output\` to be considered batched, consider using vmap.`,
    )
  })
}

/**
 * Gradients for a batch of gradients given, one pass for each of them.
 *
 * @param differentiate - one pass: the gradients given, and whether the graph must be kept for another
 */
export function batched_gradients(
  outputs: readonly (Tensor | null)[],
  gradients: readonly (Tensor | null)[],
  differentiate: (gradients: (Tensor | null)[], keep: boolean) => (Tensor | null)[],
): (Tensor | null)[] {
  check_shapes(outputs, gradients)
  const sizes = new Set(gradients.flatMap((gradient) => (gradient === null ? [] : [gradient.shape[0]!])))
  if (sizes.size > 1)
    throw runtime_error(
      `vmap: Expected all tensors to have the same size in the mapped dimension, got sizes ${[...sizes].join(', ')} for the mapped dimension`,
    )
  const [count = 1] = sizes
  const rows = Array.from({ length: count }, (_, i) =>
    differentiate(
      gradients.map((gradient) => gradient?.select(0, i) ?? null),
      i < count - 1,
    ),
  )
  return rows[0]!.map((first, k) => (first === null ? null : ops.stack(rows.map((row) => row[k]!))))
}
