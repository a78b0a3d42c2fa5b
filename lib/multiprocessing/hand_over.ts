import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'

/** The number of a channel between two threads: what lost messages carried goes with it. */
export type Channel = number

/** A tensor on its way to another thread, over the same memory. */
export interface HandedTensor {
  parcel: number
  requires_grad: boolean
  /** It is the tensor itself, with its gradient and its past: for one call of this environment's own. */
  whole: boolean
}

const NOT_A_LEAF =
  'Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support crossing process ' +
  'boundaries.  If you just want to transfer the data, call detach() on the tensor before serializing (e.g., putting it ' +
  'on the queue).'

/** Opens a channel; this thread's end closes it at the latest. */
export const open_channel = (): Channel => native.open_channel()

/** Closes a channel, and lets go of the tensors in it that were not taken. */
export const close_channel = (channel: Channel): void => native.close_channel(channel)

/** Puts a tensor into a channel, without a copy. */
export function hand_over(tensor: Tensor, channel: Channel, whole = false): HandedTensor {
  const { requires_grad } = tensor
  if (!whole && requires_grad && !tensor.is_leaf) throw runtime_error(NOT_A_LEAF)
  return { parcel: native.share_tensor(handle_of(tensor), channel, whole), requires_grad, whole }
}

/** The tensor that arrived: both threads now see the same elements. */
export function take_over({ parcel, requires_grad, whole }: HandedTensor, channel: Channel): Tensor {
  const tensor = wrap(native.adopt_tensor(channel, parcel))
  return requires_grad && !whole ? tensor.requires_grad_() : tensor
}
