import { assertion_error, make_error, type_error, type_name } from '../errors.js'
import { strided } from '../layout.js'
import { native } from '../native.js'
import { methods } from '../python/methods.js'
import { handle_of, type Tensor } from '../tensor.js'

/** A device as DLPack numbers it: `torch.utils.dlpack.DLDeviceType`, and which one. */
export type DlpackDevice = readonly [type: number, index: number]

/** What the consumer of a capsule asks its producer for. */
export interface DlpackRequest {
  /** A stream to wait for: -1 (default) and null wait for none. */
  stream?: number | null
  /** The newest version that the consumer knows. */
  max_version?: readonly [major: number, minor: number] | null
  /** Where the memory shall be (default: where it is). */
  dl_device?: DlpackDevice | null
  /** true copies, false must not; by default only where it has to. */
  copy?: boolean | null
}

/** Between libraries of one process, over the same memory. */
export interface TensorDlpack {
  /**
   * A capsule over the tensor's memory for another library of this process: see `torch.utils.dlpack`.
   *
   * @throws BufferError for a tensor that requires grad, is a conjugate or a negative view, or has no strides
   * @throws AssertionError for a stream of a tensor on the CPU
   * @see https://docs.pytorch.org/docs/2.13/dlpack.html
   */
  __dlpack__(request?: DlpackRequest): object
  /** Where the memory is. */
  __dlpack_device__(): [type: number, index: number]
}

const buffer_error = (message: string): Error => make_error('BufferError', message, '__dlpack__')

function check_stream(x: Tensor, stream: unknown): void {
  if (stream === null || stream === -1) return
  if (typeof stream !== 'number' || !Number.isInteger(stream))
    throw type_error(`__dlpack__(): argument 'stream' must be int or null, not ${type_name(stream)}`)
  if (x.device.type === 'cpu') throw assertion_error('stream should be None on cpu.')
}

export const dlpack_methods: { [K in keyof TensorDlpack]: unknown } = {
  __dlpack__(
    this: Tensor,
    stream: number | null = -1,
    _max_version: DlpackRequest['max_version'] = null,
    dl_device: DlpackDevice | null = null,
    copy: boolean | null = null,
  ) {
    const handle = handle_of(this)
    if (this.requires_grad)
      throw buffer_error("Can't export tensors that require gradient, use tensor.detach()")
    if (this.is_conj()) throw buffer_error("Can't export tensors with the conjugate bit set")
    // Python exports the memory as it is, and so the numbers with the wrong sign.
    if (this.is_neg()) throw buffer_error("Can't export tensors with the negative bit set")
    if (this.layout !== strided)
      throw buffer_error("Can't export tensors with layout other than torch.strided")
    check_stream(this, stream)
    // The tensor's work may still be under way, and another library knows nothing of our streams.
    if (this.device.type === 'cuda') native.accelerator_synchronize(this.device.index ?? 0)
    return native.to_dlpack(handle, dl_device, copy)
  },
  __dlpack_device__(this: Tensor) {
    return native.dlpack_device(handle_of(this))
  },
}

methods(
  { prototype: dlpack_methods },
  { __dlpack__: '*, stream?, max_version?, dl_device?, copy?', __dlpack_device__: '' },
)
