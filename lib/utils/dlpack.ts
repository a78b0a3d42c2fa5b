import { types } from 'node:util'
import { type DeviceLike, device as make_device } from '../device.js'
import { assertion_error, type_error, type_name, value_error } from '../errors.js'
import { native } from '../native.js'
import { member, own } from '../own.js'
import type { DlpackDevice, DlpackRequest } from '../tensor/dlpack_methods.js'
import { handle_of, Tensor, wrap } from '../tensor.js'

/** Devices as DLPack numbers them. */
export const DLDeviceType = Object.freeze({
  kDLCPU: 1,
  kDLCUDA: 2,
  kDLCUDAHost: 3,
  kDLOpenCL: 4,
  kDLVulkan: 7,
  kDLMetal: 8,
  kDLVPI: 9,
  kDLROCM: 10,
  kDLROCMHost: 11,
  kDLExtDev: 12,
  kDLCUDAManaged: 13,
  kDLOneAPI: 14,
  kDLWebGPU: 15,
  kDLHexagon: 16,
  kDLMAIA: 17,
})

/** An array of a library that gives DLPack's capsules. */
export interface DlpackExchange {
  __dlpack__(request?: DlpackRequest): unknown
  __dlpack_device__(): DlpackDevice
}

/**
 * A capsule over a tensor's memory: a Node-API External that another native addon of this process takes the tensor out of,
 * once (its form is in docs/worlds.md). One that nobody takes lets go of the memory when it is collected, which Node-API
 * does when the event loop turns.
 *
 * @throws BufferError for a dtype or a device that DLPack does not know
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const { from_dlpack, to_dlpack } = torch.utils.dlpack
 * const x = torch.arange(4)
 * from_dlpack(to_dlpack(x)).fill_(7) // the same memory
 * x.tolist() // [7, 7, 7, 7]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/dlpack.html
 */
export function to_dlpack(tensor: Tensor): object {
  if (!(tensor instanceof Tensor))
    throw type_error(`to_dlpack(): argument 'tensor' must be Tensor, not ${type_name(tensor)}`, 'to_dlpack')
  return native.to_dlpack(handle_of(tensor), null, null)
}

/**
 * A tensor over the memory of another library's array, or of a capsule. What is written to one is seen in the other.
 *
 * @param ext_tensor an object with `__dlpack__` and `__dlpack_device__`, or a capsule
 * @param options.device where the tensor shall be (default: where the memory is)
 * @param options.copy true copies, false refuses where a copy is needed (default: copies where it has to)
 * @throws RuntimeError for what is no capsule, or one that was taken before
 * @throws ValueError for a move to another device with `copy: false`
 * @throws BufferError for a device that is not there, or a dtype that LibTorch has not
 * @see https://docs.pytorch.org/docs/2.13/dlpack.html
 */
export function from_dlpack(
  ext_tensor: DlpackExchange | object,
  options: { device?: DeviceLike | null; copy?: boolean | null } = {},
): Tensor {
  const { device = null, copy = null } = own(options)
  if (types.isExternal(ext_tensor)) {
    if (device !== null || copy !== null)
      throw assertion_error(
        'device and copy kwargs not supported when ext_tensor is already a DLPack capsule.',
      )
    return wrap(native.from_dlpack(ext_tensor))
  }
  if (!is_exchange(ext_tensor))
    throw type_error(
      `from_dlpack(): argument 'ext_tensor' must be a DLPack capsule or have __dlpack__ and __dlpack_device__, not ${type_name(ext_tensor)}`,
      'from_dlpack',
    )
  const [type, index] = ext_tensor.__dlpack_device__()
  const request: DlpackRequest = { max_version: [1, 0], copy }
  const target = device === null ? null : dl_device_of(make_device(device))
  const moves = target !== null && (target[0] !== type || target[1] !== index)
  if (moves && copy === false)
    throw value_error(
      `cannot move DLPack tensor from device (${type}, ${index}) to (${target.join(', ')}) without copying. Set copy=None or copy=True.`,
      'from_dlpack',
    )
  if (target !== null && !moves) request.dl_device = target
  const tensor = wrap(native.from_dlpack(ext_tensor.__dlpack__(request)))
  return moves ? tensor.to(device!) : tensor
}

function is_exchange(value: unknown): value is DlpackExchange {
  const given = Object(value) as Partial<DlpackExchange>
  const [__dlpack__, __dlpack_device__] = [member(given, '__dlpack__'), member(given, '__dlpack_device__')]
  return typeof __dlpack__ === 'function' && typeof __dlpack_device__ === 'function'
}

function dl_device_of({ type, index }: { type: string; index: number | null }): DlpackDevice {
  const found = { cpu: DLDeviceType.kDLCPU, cuda: DLDeviceType.kDLCUDA }[type]
  if (found === undefined) throw value_error(`Unknown device type ${type} for Dlpack`, 'from_dlpack')
  return [found, index ?? 0]
}
