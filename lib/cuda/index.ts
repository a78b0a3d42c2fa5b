import type { DeviceLike } from '../device.js'
import { OutOfMemoryError } from '../errors.js'
import { native } from '../native.js'
import { check_cuda, is_initialized } from './available.js'
import { index_of } from './memory.js'

// torch.cuda: what scripts ask on any machine is answered as Python's PyTorch answers it there.

export * as amp from './amp.js'
export * as jiterator from './jiterator.js'
export {
  empty_cache,
  get_per_process_memory_fraction,
  host_memory_stats,
  max_memory_allocated,
  max_memory_cached,
  max_memory_reserved,
  mem_get_info,
  memory_allocated,
  memory_cached,
  memory_reserved,
  memory_stats,
  memory_summary,
  reset_max_memory_allocated,
  reset_max_memory_cached,
  reset_peak_memory_stats,
  set_per_process_memory_fraction,
} from './memory.js'
export * from './properties.js'
export * from './random.js'
export * from './streams.js'
export * from './tensors.js'
export { is_initialized, OutOfMemoryError }

/** Whether tensors can live on a CUDA device here. */
export function is_available(): boolean {
  return native.cuda_device_count() > 0
}

/** Number of CUDA devices; 0 where the build, the driver or the card is missing. */
export function device_count(): number {
  return native.cuda_device_count()
}

/** The current device's number. */
export function current_device(): number {
  check_cuda()
  return native.accelerator_index()
}

/** Makes another device the current one; a negative number changes nothing. */
export function set_device(which: DeviceLike): void {
  const index = index_of(which, true)!
  if (index < 0) return
  check_cuda()
  native.set_accelerator_index(index)
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
