import { run_then } from '../callback.js'
import type { DeviceLike } from '../device.js'
import { runtime_error } from '../errors.js'
import { expect_bool, expect_int } from '../expect.js'
import { native } from '../native.js'
import { methods } from '../python/methods.js'
import { optional } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { Event as AnyEvent, Stream as AnyStream, current_stream_of, set_current_stream } from '../stream.js'
import type { Tensor } from '../tensor.js'
import { check_cuda } from './available.js'
import { index_of } from './memory.js'
import { refuse } from './refuse.js'

// Streams, events and the current device.

const dummy = (name: string) => runtime_error(`Tried to instantiate dummy base class ${name}`)

const cuda_device = (where: DeviceLike | null | undefined): DeviceLike => where ?? 'cuda'

const STREAM = signature(
  'Stream',
  {
    /** The GPU. Default: the current one. */
    device: optional<DeviceLike | null>(null),
  },
  {
    /** Lower numbers are served first. Default: 0. */
    priority: optional(0, expect_int),
  },
)
const EVENT = signature(
  'Event',
  {
    /** If true, the event measures time, for `elapsed_time`. Default: false. */
    enable_timing: optional(false, expect_bool),
  },
  {
    /** Accepted; waiting is LibTorch's own. */
    blocking: optional(false, expect_bool),
  },
  {
    /** Accepted; other processes do not see it. */
    interprocess: optional(false, expect_bool),
  },
)

/**
 * A queue of work on a GPU.
 *
 * @throws RuntimeError where there is no GPU
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.cuda.Stream.html
 */
export class Stream extends AnyStream {
  static {
    methods(Stream, { record_event: 'event?' })
  }

  constructor(...args: Call<typeof STREAM>)
  constructor(...args: UsualCall<typeof STREAM>)
  constructor(...args: unknown[]) {
    const given = STREAM.take(args)
    if (!native.has_cuda()) throw runtime_error('torch.cuda.Stream requires CUDA support')
    check_cuda()
    super(cuda_device(given.device), given.priority)
  }

  override record_event(event: AnyEvent = new Event()): AnyEvent {
    return super.record_event(event)
  }

  override toString(): string {
    return `<torch.cuda.Stream device=${this.device} stream_id=${this.stream_id}>`
  }
}

/**
 * A mark in a {@link Stream}, to wait for or to measure time with. `blocking` and `interprocess` are accepted; LibTorch
 * waits as it does for all devices, and other processes do not see the event.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.cuda.Event.html
 */
export class Event extends AnyEvent {
  constructor(...args: Call<typeof EVENT>)
  constructor(...args: UsualCall<typeof EVENT>)
  constructor(...args: unknown[]) {
    const options = EVENT.take(args)
    if (!native.has_cuda()) throw dummy('Event')
    check_cuda()
    super('cuda', options)
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
export function current_stream(where?: DeviceLike | null): Stream {
  check_cuda()
  return current_stream_of(Stream, cuda_device(where))
}

/** The stream that work goes to where nothing else was chosen. */
export function default_stream(where?: DeviceLike | null): Stream {
  check_cuda()
  return current_stream_of(Stream, cuda_device(where), true)
}

/** Chooses the stream that work goes to, and its device; null changes nothing. */
export function set_stream(chosen: AnyStream | null): void {
  if (chosen === null) return
  check_cuda()
  set_current_stream(chosen)
}

/**
 * Runs a callback with another current stream; null changes nothing. The stream is the thread's: until a promise that
 * the callback returns is settled, all work of this thread goes there.
 */
export function stream<T>(chosen: AnyStream | null, callback: () => T): T {
  if (chosen === null) return callback()
  check_cuda()
  // The stream that its own device had, and the one of the device that was current, which is the last to be set.
  const before = [current_stream(chosen.device), current_stream()]
  set_current_stream(chosen)
  return run_then(callback, () => {
    for (const one of before) set_current_stream(one)
  })
}

/** Runs a callback with another current device; null and negative numbers change nothing. */
export function device<T>(which: DeviceLike | null, callback: () => T): T {
  const index = index_of(which) ?? -1
  if (index < 0) return callback()
  if (!native.has_cuda()) throw runtime_error('PyTorch was compiled without CUDA support')
  check_cuda()
  const before = native.accelerator_index()
  native.set_accelerator_index(index)
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
