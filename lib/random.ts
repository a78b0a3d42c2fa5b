import { run_then } from './callback.js'
import { expect_seed } from './generator.js'
import { hold_while_pending } from './leases.js'
import { native } from './native.js'
import { type IntLike, int_of } from './python/conversions.js'
import { required, tensor } from './python/parameters.js'
import { callable, signature } from './python/signature.js'
import { keep } from './scope.js'
import { Setting } from './setting.js'
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

let generator_lease: Tensor | undefined

/** Stands for the default generator where leases are on tensors. */
export const default_generator_token = (): Tensor => (generator_lease ??= keep(get_rng_state()))

const generator_state = new Setting<Tensor>(get_rng_state, set_rng_state)

/**
 * Runs a callback and puts the CPU generator's state back, as `torch.random.fork_rng`. Asynchronous ones may overlap: the last
 * to end puts back what the first one found. `Trainer.fit` waits for them with its next step.
 *
 * @throws RuntimeError for an asynchronous callback while an asynchronous step of `fit` is under way, which would draw from
 *   the fork
 */
export function fork_rng<T>(callback: () => T): T {
  const restore = generator_state.begin()
  try {
    return hold_while_pending(
      () => run_then(callback, restore),
      () => ({ operation: 'random.fork_rng()', writes: [default_generator_token()], is_in_turn: true }),
    )
  } catch (error) {
    restore()
    throw error
  }
}

/** The generator of a worker, which other threads cannot disturb: none, as Python has outside of DataLoader's workers. */
export const thread_safe_generator = callable(signature('thread_safe_generator'), (): null => null)
