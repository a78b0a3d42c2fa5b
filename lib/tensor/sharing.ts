import type { Tensor } from '../tensor.js'

/** Memory between threads: they share all of it. */
export interface TensorSharing {
  /**
   * Says that other threads use the tensor. The memory stays where it is: threads see all of it.
   *
   * @see https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.share_memory_.html
   */
  share_memory_(): this
  /**
   * Whether {@link share_memory_} was called on this tensor object, or it is on a CUDA device.
   *
   * @see https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.is_shared.html
   */
  is_shared(): boolean
}

const shared = new WeakSet<Tensor>()

export const sharing_methods: { [K in keyof TensorSharing]: unknown } = {
  share_memory_(this: Tensor) {
    shared.add(this)
    return this
  },
  is_shared(this: Tensor) {
    return shared.has(this) || this.device.type === 'cuda'
  },
}
