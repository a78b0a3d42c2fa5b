import { no_grad } from '../autograd/grad_mode.js'
import * as linalg from '../ops/generated/linalg.js'
import * as ops from '../ops/generated/torch.js'
import type { Tensor } from '../tensor.js'

/**
 * Scales gradients in place so that all together are at most `max_norm` long, in the order of operations of PyTorch's
 * `clip_grad_norm_`.
 *
 * @returns how long they were
 */
export function clip_grad_norm(parameters: Iterable<Tensor>, max_norm: number): Tensor {
  return no_grad(() => {
    const gradients: Tensor[] = []
    for (const { grad } of parameters) if (grad !== null) gradients.push(grad)
    if (gradients.length === 0) return ops.full([], 0)
    const { device } = gradients[0]!
    const norms = gradients.map((gradient) => linalg.vector_norm(gradient).to(device))
    const total = linalg.vector_norm(ops.stack(norms))
    const factor = ops.clamp(ops.reciprocal(total.add(1e-6)).mul(max_norm), { max: 1 })
    for (const gradient of gradients) gradient.mul_(factor.to(gradient.device))
    return total
  })
}
