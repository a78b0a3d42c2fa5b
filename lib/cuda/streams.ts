import { run_then } from '../callback.js'
import type { DeviceLike } from '../device.js'
import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import type { Tensor } from '../tensor.js'
import { check_cuda } from './available.js'
import { refuse } from './refuse.js'

// Streams, events and the current device. Work goes to the device's default stream.

const dummy = (name: string) => runtime_error(`Tried to instantiate dummy base class ${name}`)

/** A queue of work on a GPU. */
export class Stream {
  constructor(_device?: DeviceLike | null, _priority = 0) {
    if (!native.has_cuda()) throw runtime_error('torch.cuda.Stream requires CUDA support')
    refuse('Stream')
  }
}

/** A mark in a {@link Stream}, to wait for or to measure time with. */
export class Event {
  constructor(_options: { enable_timing?: boolean; blocking?: boolean; interprocess?: boolean } = {}) {
    if (!native.has_cuda()) throw dummy('Event')
    refuse('Event')
  }
}

/** Work on a GPU recorded once to be run many times. */
export class CUDAGraph {
  constructor() {
    if (!native.has_cuda()) throw dummy('CUDAGraph')
    refuse('CUDAGraph')
  }
}

/** The stream that work goes to. */
export function current_stream(_device?: DeviceLike | null): Stream {
  return refuse('current_stream')
}

/** The stream that work goes to where nothing else was chosen. */
export function default_stream(_device?: DeviceLike | null): Stream {
  return refuse('default_stream')
}

/** Chooses the stream that work goes to; null changes nothing. */
export function set_stream(chosen: Stream | null): void {
  if (chosen !== null) refuse('set_stream')
}

/** Runs a callback with another current stream; null changes nothing. */
export function stream<T>(chosen: Stream | null, callback: () => T): T {
  if (chosen === null) return callback()
  return refuse('stream')
}

/** Runs a callback with another current device; null and negative numbers change nothing. */
export function device<T>(which: number | null, callback: () => T): T {
  if (which === null || which < 0) return callback()
  if (!native.has_cuda()) throw runtime_error('PyTorch was compiled without CUDA support')
  check_cuda()
  const before = native.accelerator_index()
  native.set_accelerator_index(which)
  return run_then(callback, () => native.set_accelerator_index(before))
}

/** Runs a callback with a tensor's device as the current one, where the tensor is on a GPU. */
export function device_of<T>(tensor: Tensor, callback: () => T): T {
  return device(tensor.is_cuda ? tensor.get_device() : null, callback)
}

/** Whether the current stream is being captured into a graph. */
export function is_current_stream_capturing(): boolean {
  if (!native.has_cuda()) throw dummy('_cuda_isCurrentStreamCapturing')
  // Nothing here captures.
  return false
}

/** Gives a graph's memory pool a name. */
export function graph_pool_handle(): never {
  if (!native.has_cuda()) throw dummy('_graph_pool_handle')
  return refuse('graph_pool_handle')
}
