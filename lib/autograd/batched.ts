import { runtime_error, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { py_size } from '../repr.js'
import type { Tensor } from '../tensor.js'
import { legacy_vmap } from './legacy_vmap.js'

const WHERE = 'vmap(vjp, in_dims=0, ...)(<inputs>): '

/** PyTorch's own check of a batch of gradients, in its words. What is not given for one number is one, as elsewhere. */
function complete(output: Tensor | null, gradient: Tensor | null, place: number): Tensor | null {
  if (output === null) {
    if (gradient !== null) throw runtime_error('Batched grads are not supported with GradientEdge')
    return null
  }
  if (gradient === null) {
    if (!output.requires_grad) return null
    if (output.numel() !== 1) throw runtime_error('grad can be implicitly created only for scalar outputs')
    return ops.ones_like(output)
  }
  const [given, wanted] = [gradient.at(0).shape, output.shape]
  if (given.length === wanted.length && wanted.every((size, d) => size === given[d])) return gradient
  // Python leaves a dimension out twice here.
  throw runtime_error(
    `If \`is_grads_batched=True\`, we interpret the first dimension of each grad_output as the batch dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding output, but a mismatch was detected: grad_output[${place}] has a shape of ${py_size(given.slice(1))} and output[${place}] has a shape of ${py_size(wanted)}. If you only want some tensors in \`grad_output\` to be considered batched, consider using vmap.`,
  )
}

function check_mapped(gradients: readonly (Tensor | null)[]): asserts gradients is readonly Tensor[] {
  for (const gradient of gradients) {
    if (gradient === null)
      throw value_error(
        `${WHERE}Got in_dim=0 for an input but the input is of type <class 'NoneType'>. We cannot vmap over non-Tensor arguments, please use None as the respective in_dim`,
      )
    if (gradient.ndim === 0)
      throw value_error(
        `${WHERE}Got in_dim=0 for some input, but that input is a Tensor of dimensionality 0 so expected in_dim to satisfy 0 <= in_dim < 0.`,
      )
  }
  const sizes = gradients.map((gradient) => gradient!.size(0))
  if (sizes.some((size) => size !== sizes[0]))
    throw value_error(
      `vmap: Expected all tensors to have the same size in the mapped dimension, got sizes [${sizes.join(', ')}] for the mapped dimension`,
    )
}

/**
 * Gradients for a batch of gradients given, by one pass through the graph under vmap.
 *
 * @param differentiate - the pass
 */
export function batched_gradients(
  outputs: readonly (Tensor | null)[],
  gradients: readonly (Tensor | null)[],
  differentiate: (gradients: Tensor[]) => (Tensor | null)[],
): (Tensor | null)[] {
  const given = outputs.map((output, i) => complete(output, gradients[i] ?? null, i))
  check_mapped(given)
  return legacy_vmap((...batched) => differentiate(batched))(...given)
}
