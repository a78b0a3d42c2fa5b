import { run_then } from './callback.js'
import { expect_seed } from './generator.js'
import { native } from './native.js'

import { handle_of, type Tensor, wrap } from './tensor.js'

export { Generator } from './generator.js'

// torch.random: the default generator. A worker thread has one of its own.

/**
 * Seeds every device's default generator: the numbers that follow are Python's under the same seed.
 *
 * @param seed an integer of 64 bits
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.manual_seed.html
 */
export function manual_seed(seed: number | bigint): void {
  native.manual_seed(expect_seed(seed))
}

/** Seeds from the system's entropy and returns the seed. */
export function seed(): bigint {
  return native.generator_seed(0)
}

/** What the default generator was last seeded with. */
export function initial_seed(): bigint {
  return native.generator_initial_seed(0)
}

/** The CPU generator's state, as a ByteTensor. */
export function get_rng_state(): Tensor {
  return wrap(native.generator_get_state(0))
}

/** @param state what {@link get_rng_state} gave */
export function set_rng_state(state: Tensor): void {
  native.generator_set_state(0, handle_of(state))
}

/** Runs a callback and puts the CPU generator's state back, as `torch.random.fork_rng`. */
export function fork_rng<T>(callback: () => T): T {
  const state = get_rng_state()
  const restore = () => set_rng_state(state)
  return run_then(callback, restore)
}

/** The generator of a worker, which other threads cannot disturb: none, as Python has outside of DataLoader's workers. */
export function thread_safe_generator(): null {
  return null
}
