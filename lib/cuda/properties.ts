import type { DeviceLike } from '../device.js'
import { native } from '../native.js'
import { check_cuda } from './available.js'
import { index_of } from './memory.js'
import { refuse } from './refuse.js'

// What the devices and the build can do.

/** What a GPU is: bytes, and counts. */
export interface DeviceProperties {
  readonly name: string
  /** The compute capability. */
  readonly major: number
  readonly minor: number
  readonly total_memory: number
  readonly multi_processor_count: number
  readonly max_threads_per_multi_processor: number
  readonly max_threads_per_block: number
  readonly warp_size: number
  readonly regs_per_multiprocessor: number
  readonly shared_memory_per_block: number
  readonly shared_memory_per_block_optin: number
  readonly shared_memory_per_multiprocessor: number
  readonly L2_cache_size: number
  readonly is_integrated: number
  readonly is_multi_gpu_board: number
}

// Numbers of CUDA's cudaDeviceAttr, which do not change from version to version.
const ATTRIBUTES = {
  major: 75,
  minor: 76,
  multi_processor_count: 16,
  max_threads_per_multi_processor: 39,
  max_threads_per_block: 1,
  warp_size: 10,
  regs_per_multiprocessor: 82,
  shared_memory_per_block: 8,
  shared_memory_per_block_optin: 97,
  shared_memory_per_multiprocessor: 81,
  L2_cache_size: 38,
  is_integrated: 18,
  is_multi_gpu_board: 84,
} as const

/**
 * A GPU's properties.
 *
 * @param which the GPU. Default: the current one
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.cuda.get_device_properties.html
 */
export function get_device_properties(which?: DeviceLike | null): DeviceProperties {
  check_cuda()
  const index = index_of(which)
  const [, total_memory] = native.cuda_memory_info(index)
  const attributes = Object.fromEntries(
    Object.entries(ATTRIBUTES).map(([name, attribute]) => [name, native.cuda_attribute(attribute, index)]),
  ) as Record<keyof typeof ATTRIBUTES, number>
  return { name: native.cuda_device_name(index), total_memory, ...attributes }
}

/** A GPU's name. */
export function get_device_name(which?: DeviceLike | null): string {
  check_cuda()
  return native.cuda_device_name(index_of(which))
}

/** A GPU's compute capability: major, minor. */
export function get_device_capability(which?: DeviceLike | null): [major: number, minor: number] {
  check_cuda()
  const index = index_of(which)
  return [native.cuda_attribute(ATTRIBUTES.major, index), native.cuda_attribute(ATTRIBUTES.minor, index)]
}

/** Whether a GPU reads another's memory. */
export function can_device_access_peer(which: DeviceLike, peer: DeviceLike): boolean {
  check_cuda()
  return native.cuda_peer_access(index_of(which) ?? 0, index_of(peer) ?? 0)
}

// From Ampere on.
const is_ampere = () => get_device_capability()[0] >= 8

/** Whether bfloat16 is computed in: by the GPU itself, or (default) emulated. */
export function is_bf16_supported(including_emulation = true): boolean {
  return native.cuda_device_count() > 0 && (including_emulation || is_ampere())
}

/** Whether TF32 is computed in. */
export function is_tf32_supported(): boolean {
  return native.cuda_device_count() > 0 && is_ampere()
}

/** The architectures that the build has kernels for. */
export function get_arch_list(): string[] {
  return native.cuda_device_count() === 0 ? [] : refuse('get_arch_list')
}

/** The compiler flags for the architectures that the build has kernels for. */
export function get_gencode_flags(): string {
  return native.cuda_device_count() === 0 ? '' : refuse('get_gencode_flags')
}

/** Whether half precision can be stored on a GPU: always. */
export const has_half = true
/** Whether MAGMA was built in. */
export const has_magma = false

/** Frees memory that was shared with other processes: none is. */
export function ipc_collect(): void {
  check_cuda()
}

/** How operations that wait for the GPU are reported. */
export function get_sync_debug_mode(): number {
  return refuse('get_sync_debug_mode')
}

/** Sets how operations that wait for the GPU are reported: 0 or `'default'`, 1 or `'warn'`, 2 or `'error'`. */
export function set_sync_debug_mode(_debug_mode: number | string): void {
  refuse('set_sync_debug_mode')
}
