import { type Autocast, autocast_mode } from '../../amp/autocast_state.js'
import { fork_rng, get_rng_state, set_rng_state } from '../../random.js'

/** Runs a callback as things were when this was made: with its random numbers, and its autocast. */
export function make_replay(preserve_rng_state: boolean): <T>(callback: () => T) => T {
  const state = preserve_rng_state ? get_rng_state() : null
  const autocast: Autocast = autocast_mode.current()
  return (callback) => {
    const run = () => autocast_mode.run(autocast, callback)
    if (state === null) return run()
    return fork_rng(() => {
      set_rng_state(state)
      return run()
    })
  }
}
