import { native } from '../native.js'
import { operator } from '../ops/operator.js'
import type { Tensor } from '../tensor.js'

const aten_add_batch_dim = operator('aten::_add_batch_dim')
const aten_remove_batch_dim = operator('aten::_remove_batch_dim')

/**
 * The vmap that PyTorch had before torch.func, and still has for forward mode: under this one dual tensors can be made. The first
 * dimension of each argument is mapped over, and comes first in each result; a null stays one.
 */
export function legacy_vmap<R extends Tensor | null>(
  func: (...args: Tensor[]) => R[],
): (...args: Tensor[]) => R[] {
  return (...args) => {
    const size = args[0]!.size(0)
    const level = native.enter_legacy_vmap()
    try {
      const batched = args.map((arg) => aten_add_batch_dim(arg, 0, level) as Tensor)
      return func(...batched).map((result) =>
        result === null ? result : (aten_remove_batch_dim(result, level, size, 0) as R),
      )
    } finally {
      native.exit_legacy_vmap()
    }
  }
}
