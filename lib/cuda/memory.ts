import type { Device, DeviceLike } from '../device.js'
import { device_index } from '../device_index.js'
import { key_error, value_error } from '../errors.js'
import { collect_all } from '../memory.js'
import { native } from '../native.js'
import { check_cuda, is_initialized } from './available.js'
import { refuse } from './refuse.js'

// torch.cuda.memory: what the caching allocator of a GPU holds.

/** The number of a GPU; undefined stands for the current one. */
export function index_of(which: DeviceLike | null | undefined, required = false): number | undefined {
  const check = (found: Device) => {
    if (found.type !== 'cuda') throw value_error(`Expected a cuda device, but got: ${found.type}`)
  }
  return device_index(which, check, required)
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
/** Deprecated: {@link memory_reserved}. */
export const memory_cached = memory_reserved

export function max_memory_reserved(which?: DeviceLike | null): number {
  return memory(which, 3)
}
/** Deprecated: {@link max_memory_reserved}. */
export const max_memory_cached = max_memory_reserved

export function reset_peak_memory_stats(which?: DeviceLike | null): void {
  const index = index_of(which)
  check_cuda()
  native.accelerator_reset_peak(index)
}
/** Deprecated: {@link reset_peak_memory_stats}. */
export const reset_max_memory_allocated = reset_peak_memory_stats
/** Deprecated: {@link reset_peak_memory_stats}. */
export const reset_max_memory_cached = reset_peak_memory_stats

/** Four of the caching allocator's figures, by PyTorch's names; empty before CUDA has started. */
export function memory_stats(which?: DeviceLike | null): Record<string, number> {
  if (!is_initialized()) return {}
  const [allocated, most_allocated, reserved, most_reserved] = native.accelerator_memory(index_of(which))
  return {
    'allocated_bytes.all.current': allocated,
    'allocated_bytes.all.peak': most_allocated,
    'reserved_bytes.all.current': reserved,
    'reserved_bytes.all.peak': most_reserved,
  }
}

/** The figures as a table of text. */
export function memory_summary(which?: DeviceLike | null, _abbreviated = false): string {
  const stats = memory_stats(which)
  if (!Object.hasOwn(stats, 'allocated_bytes.all.current')) throw key_error('allocated_bytes.all.current')
  const line = (name: string, kind: string) =>
    `| ${name} | ${stats[`${kind}.all.current`]} B | ${stats[`${kind}.all.peak`]} B |`
  return [
    '| Metric | Cur Usage | Peak Usage |',
    line('Allocated memory', 'allocated_bytes'),
    line('GPU reserved memory', 'reserved_bytes'),
  ].join('\n')
}

/** Free and total bytes of a device. */
export function mem_get_info(which?: DeviceLike | null): [free: number, total: number] {
  const index = index_of(which)
  check_cuda()
  return native.cuda_memory_info(index)
}

/** Bounds what this process may take of a device's memory. */
export function set_per_process_memory_fraction(_fraction: number, _device?: DeviceLike | null): void {
  refuse('set_per_process_memory_fraction')
}

/** What this process may take of a device's memory. */
export function get_per_process_memory_fraction(_device?: DeviceLike | null): number {
  return refuse('get_per_process_memory_fraction')
}

/** Figures of pinned memory on the host; empty before CUDA has started. */
export function host_memory_stats(): Record<string, number> {
  return is_initialized() ? refuse('host_memory_stats') : {}
}
