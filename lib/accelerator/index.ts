import { run_then } from '../callback.js'
import { check_cuda } from '../cuda/available.js'
import { mem_get_info } from '../cuda/memory.js'
import { type Device, type DeviceLike, device } from '../device.js'
import { device_index as device_index_of } from '../device_index.js'
import { runtime_error, value_error } from '../errors.js'
import { collect_all } from '../memory.js'
import { native } from '../native.js'
import { current_stream_of, Stream, set_current_stream } from '../stream.js'

// torch.accelerator: the same questions whatever the accelerator is. Here it is CUDA, or there is none.

/** Refuses in PyTorch's words where there is no accelerator. */
function check(): void {
  if (!native.has_cuda()) throw runtime_error('Cannot access accelerator device when none is available.')
  check_cuda()
}

function index_of(which: DeviceLike | null | undefined, required = false): number | undefined {
  const check_type = (found: Device) => {
    const type = current_accelerator()?.type
    if (type === undefined) throw runtime_error('Accelerator expected')
    if (found.type !== type) throw value_error(`${found.type} doesn't match the current accelerator ${type}.`)
  }
  return device_index_of(which, check_type, required)
}

/** How many accelerators there are. */
export function device_count(): number {
  return native.cuda_device_count()
}

/** Whether there is an accelerator. */
export function is_available(): boolean {
  return device_count() > 0
}

/**
 * The accelerator's kind as a device, or null where this build has none.
 *
 * @param check_available whether null is the answer too where no such device is found (default false)
 */
export function current_accelerator(check_available = false): Device | null {
  if (!native.has_cuda() || (check_available && !is_available())) return null
  return device('cuda')
}

/** The number of the current accelerator. */
export function current_device_index(): number {
  check()
  return native.accelerator_index()
}
/** As {@link current_device_index}, its old name. */
export const current_device_idx = current_device_index

/** Makes another accelerator the current one. */
export function set_device_index(which: DeviceLike): void {
  const index = index_of(which, true)!
  check()
  native.set_accelerator_index(index)
}
/** As {@link set_device_index}, its old name. */
export const set_device_idx = set_device_index

/**
 * Runs a callback with another current accelerator; null changes nothing.
 *
 * @param which its number or device
 */
export function device_index<T>(which: number | null, callback: () => T): T {
  if (which === null) return callback()
  const before = current_device_index()
  native.set_accelerator_index(which)
  const restore = () => native.set_accelerator_index(before)
  return run_then(callback, restore)
}

/** Waits until all work on an accelerator is done. */
export function synchronize(which?: DeviceLike | null): void {
  const index = index_of(which)
  check()
  native.accelerator_synchronize(index)
}

/** Frees what is dead and gives the caching allocator's unused memory back. */
export function empty_cache(): void {
  check()
  collect_all()
  native.accelerator_empty_cache()
}

function memory(which: DeviceLike | null | undefined, place: 0 | 1 | 2 | 3): number {
  check()
  return native.accelerator_memory(index_of(which))[place]
}

/** Bytes that tensors hold. */
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
/** The most bytes that the caching allocator has held. */
export function max_memory_reserved(which?: DeviceLike | null): number {
  return memory(which, 3)
}

/** Starts the figures of the most memory anew. */
export function reset_peak_memory_stats(which?: DeviceLike | null): void {
  check()
  native.accelerator_reset_peak(index_of(which))
}

/** The stream that work goes to on an accelerator: the current one where none is given. */
export function current_stream(which?: DeviceLike | null): Stream {
  check()
  return current_stream_of(Stream, which)
}

/** Sets the stream that work goes to, and its device as the current one. */
export function set_stream(stream: Stream): void {
  check()
  set_current_stream(stream)
}

/** Free and total bytes of an accelerator. */
export function get_memory_info(which?: DeviceLike | null): [free: number, total: number] {
  check()
  return mem_get_info(which)
}
