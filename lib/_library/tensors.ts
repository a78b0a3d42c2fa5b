import { native } from '../native.js'
import { handle_of, Tensor } from '../tensor.js'
import { tree_flatten } from '../utils/pytree.js'

/** The tensors of a value, those in lists, too. */
export const tensors_of = (value: unknown): Tensor[] =>
  tree_flatten(value)[0].filter((leaf): leaf is Tensor => leaf instanceof Tensor)

/** What tensors that share memory have in common, also on the meta device; 0 for one that has none. */
export function memory_of(tensor: Tensor): number {
  if (tensor.layout.name !== 'strided') return 0
  const [address, bytes] = native.storage(handle_of(tensor))
  return bytes === 0 ? 0 : address
}
