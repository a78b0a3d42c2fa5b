import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import { LOWERED } from '../ops/lowered.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'

/** A tensor on its way to another thread. */
export interface HandedTensor {
  bytes: ArrayBuffer
  dtype: number
  shape: number[]
  device: string
  requires_grad: boolean
}

const NOT_A_LEAF =
  'Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support crossing process ' +
  'boundaries.  If you just want to transfer the data, call detach() on the tensor before serializing (e.g., putting it ' +
  'on the queue).'

/** Takes a tensor's elements for another thread; what must move with the message is added to `transfer`. */
export function hand_over(tensor: Tensor, transfer: ArrayBuffer[]): HandedTensor {
  if (tensor.requires_grad && !tensor.is_leaf) throw runtime_error(NOT_A_LEAF)
  const bytes = native.to_bytes(handle_of(tensor))
  transfer.push(bytes)
  return {
    bytes,
    dtype: tensor.dtype[LOWERED],
    shape: tensor.shape,
    device: String(tensor.device),
    requires_grad: tensor.requires_grad,
  }
}

/** The tensor that arrived. */
export function take_over(handed: HandedTensor): Tensor {
  const made = wrap(native.from_bytes(handed.bytes, handed.dtype, handed.shape))
  const placed = handed.device === 'cpu' ? made : made.to(handed.device)
  return handed.requires_grad ? placed.requires_grad_() : placed
}
