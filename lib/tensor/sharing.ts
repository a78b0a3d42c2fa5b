import { native } from '../native.js'
import { methods } from '../python/methods.js'
import { handle_of, type Tensor } from '../tensor.js'

/** Memory between threads: they share all of it. */
export interface TensorSharing {
  /**
   * Says that other threads use the tensor's memory, and so that of all views of it. The memory stays where it is: threads
   * see all of it. A tensor on its way to another thread is shared by itself.
   *
   * @throws NotImplementedError for a tensor without a storage, as a sparse one
   * @see https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.share_memory_.html
   */
  share_memory_(): this
  /**
   * Whether the tensor's memory is shared: by {@link share_memory_} on it or on a view, by having been sent to another
   * thread, or by being on a CUDA device.
   *
   * @throws NotImplementedError for a tensor without a storage, as a sparse one
   * @see https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.is_shared.html
   */
  is_shared(): boolean
}

export const sharing_methods: { [K in keyof TensorSharing]: unknown } = {
  share_memory_(this: Tensor) {
    native.share_memory(handle_of(this))
    return this
  },
  is_shared(this: Tensor) {
    return native.is_shared(handle_of(this))
  },
}

methods({ prototype: sharing_methods }, { share_memory_: '', is_shared: '' })
