import type { DeviceLike } from '../device.js'
import { native } from '../native.js'
import { check_cuda } from './available.js'
import { refuse } from './refuse.js'

// What the devices and the build can do.

/** What a GPU is. */
export interface DeviceProperties {
  readonly name: string
  readonly major: number
  readonly minor: number
  readonly total_memory: number
  readonly multi_processor_count: number
}

/** A GPU's properties. */
export function get_device_properties(_device?: DeviceLike | null): DeviceProperties {
  return refuse('get_device_properties')
}

/** A GPU's name. */
export function get_device_name(which?: DeviceLike | null): string {
  return get_device_properties(which).name
}

/** A GPU's compute capability: major, minor. */
export function get_device_capability(which?: DeviceLike | null): [major: number, minor: number] {
  const { major, minor } = get_device_properties(which)
  return [major, minor]
}

/** Whether a GPU reads another's memory. */
export function can_device_access_peer(_device: DeviceLike, _peer: DeviceLike): boolean {
  return refuse('can_device_access_peer')
}

/** Whether bfloat16 is computed in: by the GPU itself, or (default) emulated. */
export function is_bf16_supported(_including_emulation = true): boolean {
  return native.cuda_device_count() > 0 && refuse('is_bf16_supported')
}

/** Whether TF32 is computed in. */
export function is_tf32_supported(): boolean {
  return native.cuda_device_count() > 0 && refuse('is_tf32_supported')
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
