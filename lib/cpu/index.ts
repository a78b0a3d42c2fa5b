import { arch, cpus } from 'node:os'
import { run_then } from '../callback.js'
import type { DeviceLike } from '../device.js'
import { native } from '../native.js'

export * as amp from './amp.js'

// torch.cpu: what device-agnostic code asks of any device. The CPU has one stream, and work on it is done when a call
// returns.

/** A stream of the CPU, on which all work is done already. */
export class Stream {
  /** @param priority taken for the other devices' sake */
  constructor(readonly priority: number = -1) {}
  wait_stream(_stream: Stream): void {}
  record_event(): void {}
  wait_event(_event: Event): void {}
}

/** An event of the CPU: it has always happened. */
export class Event {
  query(): boolean {
    return true
  }
  record(_stream: Stream | null = null): void {}
  synchronize(): void {}
  wait(_stream: Stream | null = null): void {}
}

const default_stream = new Stream()
let current = default_stream

/** Whether there is a CPU: yes. */
export function is_available(): boolean {
  return true
}
/** Whether the CPU was initialized: yes. */
export function is_initialized(): boolean {
  return true
}
/** Waits until all work is done: it is. */
export function synchronize(_device?: DeviceLike | null): void {}

/** The stream that work goes to. */
export function current_stream(_device?: DeviceLike | null): Stream {
  return current
}

/** Runs a callback with another current stream. */
export function stream<T>(chosen: Stream | null, callback: () => T): T {
  const before = current
  if (chosen !== null) current = chosen
  const restore = () => {
    current = before
  }
  return run_then(callback, restore)
}

/** How many CPUs tensors can live on: one. */
export function device_count(): number {
  return 1
}
/** Chooses the CPU: nothing to choose from. */
export function set_device(_device: DeviceLike): void {}
/** `'cpu'`. */
export function current_device(): string {
  return 'cpu'
}

/** Some of what PyTorch says of the processor, by its names. */
export interface Capabilities {
  readonly architecture: string
  readonly cpu_name: string
  readonly num_logical_cores: number
  /** Whether LibTorch's kernels use them here. */
  readonly avx2: boolean
  readonly avx512_f: boolean
}

/** What the processor can do, as far as it decides which kernels run. */
export function get_capabilities(): Capabilities {
  const capability = native.cpu_capability()
  return Object.freeze({
    architecture: arch() === 'x64' ? 'x86_64' : arch(),
    cpu_name: cpus()[0]?.model ?? '',
    num_logical_cores: cpus().length,
    avx2: capability !== 'DEFAULT',
    avx512_f: capability === 'AVX512',
  })
}
