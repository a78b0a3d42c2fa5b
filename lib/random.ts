import { run_then } from './callback.js'
import { expect_seed } from './generator.js'
import { native } from './native.js'
import { type IntLike, int_of } from './python/conversions.js'
import { required, tensor } from './python/parameters.js'
import { callable, signature } from './python/signature.js'
import { handle_of, type Tensor, wrap } from './tensor.js'

export { Generator } from './generator.js'

// torch.random: the default generator. A worker thread has one of its own.

/**
 * Seeds every device's default generator: the numbers that follow are Python's under the same seed.
 *
 * @param seed an integer of 64 bits
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.manual_seed.html
 */
export const manual_seed = callable(signature('manual_seed', { seed: required<IntLike>() }), (seed): void => {
  native.manual_seed(expect_seed(int_of(seed)))
})

/** Seeds from the system's entropy and returns the seed. */
export const seed = callable(signature('seed'), (): bigint => native.generator_seed(0))

/** What the default generator was last seeded with. */
export const initial_seed = callable(signature('initial_seed'), (): bigint =>
  native.generator_initial_seed(0),
)

/** The CPU generator's state, as a ByteTensor. */
export const get_rng_state = callable(
  signature('get_rng_state'),
  (): Tensor => wrap(native.generator_get_state(0)),
)

/**
 * Puts the CPU generator in a state.
 *
 * @param new_state - a ByteTensor, as {@link get_rng_state} gives
 */
export const set_rng_state = callable(
  signature('set_rng_state', { new_state: tensor }),
  (new_state): void => {
    native.generator_set_state(0, handle_of(new_state))
  },
)

/** Runs a callback and puts the CPU generator's state back, as `torch.random.fork_rng`. */
export function fork_rng<T>(callback: () => T): T {
  const state = get_rng_state()
  const restore = () => set_rng_state(state)
  return run_then(callback, restore)
}

/** The generator of a worker, which other threads cannot disturb: none, as Python has outside of DataLoader's workers. */
export const thread_safe_generator = callable(signature('thread_safe_generator'), (): null => null)
