import { type Device, type DeviceLike, device } from '../device.js'
import { collect_all } from '../memory.js'
import { native } from '../native.js'
import { check_cuda, is_initialized } from './available.js'

// torch.cuda: what scripts ask on any machine is answered as Python's PyTorch answers it there.

export * as jiterator from './jiterator.js'
export { is_initialized }

/** Whether tensors can live on a CUDA device here. */
export function is_available(): boolean {
  return native.cuda_device_count() > 0
}

/** Number of CUDA devices; 0 where the build, the driver or the card is missing. */
export function device_count(): number {
  return native.cuda_device_count()
}

function index_of(which: DeviceLike | null | undefined): number | undefined {
  if (which === null || which === undefined) return undefined
  const found: Device = device(which)
  return found.index ?? undefined
}

/** The current device's number. */
export function current_device(): number {
  check_cuda()
  return native.accelerator_index()
}

export function set_device(which: DeviceLike): void {
  check_cuda()
  native.set_accelerator_index(index_of(which) ?? 0)
}

/** Starts the CUDA runtime; otherwise the first tensor on a device does. */
export function init(): void {
  check_cuda()
}

/** Waits until all work on a device is done. */
export function synchronize(which?: DeviceLike | null): void {
  check_cuda()
  native.accelerator_synchronize(index_of(which))
}

/** Frees what is dead and gives the caching allocator's unused memory back. */
export function empty_cache(): void {
  if (!is_initialized()) return
  collect_all()
  native.accelerator_empty_cache()
}

function memory(which: DeviceLike | null | undefined, place: 0 | 1 | 2 | 3): number {
  return is_initialized() ? native.accelerator_memory(index_of(which))[place] : 0
}

/** Bytes that tensors hold on a device. */
export function memory_allocated(which?: DeviceLike | null): number {
  return memory(which, 0)
}

/** The most bytes that tensors have held. */
export function max_memory_allocated(which?: DeviceLike | null): number {
  return memory(which, 1)
}

/** Bytes that the caching allocator holds. */
export function memory_reserved(which?: DeviceLike | null): number {
  return memory(which, 2)
}

export function max_memory_reserved(which?: DeviceLike | null): number {
  return memory(which, 3)
}

export function reset_peak_memory_stats(which?: DeviceLike | null): void {
  check_cuda()
  native.accelerator_reset_peak(index_of(which))
}

/** Seeds the current device's generator; without a device, once there is one. */
export function manual_seed(seed: number | bigint): void {
  if (is_available()) native.manual_seed(seed)
}

export const manual_seed_all = manual_seed
