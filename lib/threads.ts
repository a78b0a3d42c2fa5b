import { runtime_error } from './errors.js'
import { native } from './native.js'

/**
 * How many threads an operator works with on the CPU.
 *
 * @param threads at least 1
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.set_num_threads.html
 */
export function set_num_threads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1)
    throw runtime_error('set_num_threads expects a positive integer')
  native.set_num_threads(threads)
}

export function get_num_threads(): number {
  return native.get_num_threads()
}

/** Threads for operators that run side by side. May be set once, before any has run. */
export function set_num_interop_threads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1)
    throw runtime_error('set_num_interop_threads expects a positive integer')
  native.set_num_interop_threads(threads)
}

export function get_num_interop_threads(): number {
  return native.get_num_interop_threads()
}
