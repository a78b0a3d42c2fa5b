import { type DeviceLike, device } from '../device.js'
import { device_generator, expect_seed, type Generator } from '../generator.js'
import { native } from '../native.js'
import { traps } from '../own.js'
import type { Tensor } from '../tensor.js'
import { check_cuda } from './available.js'

// The random numbers that GPUs draw: a generator for each.

const count = () => native.cuda_device_count()
const generators: Generator[] = []

function generator_of(where: DeviceLike): Generator {
  check_cuda()
  const index = device(where).index ?? native.accelerator_index()
  return (generators[index] ??= device_generator(`cuda:${index}`))
}

const all = () => Array.from({ length: count() }, (_, i) => generator_of(i))

/** Seeds the current GPU's generator; without a GPU, nothing. */
export function manual_seed(seed: number | bigint): void {
  expect_seed(seed)
  if (count() > 0) generator_of('cuda').manual_seed(seed)
}

/** As {@link manual_seed}, of all GPUs. */
export function manual_seed_all(seed: number | bigint): void {
  expect_seed(seed)
  for (const generator of all()) generator.manual_seed(seed)
}

/** Seeds the current GPU's generator from the system's entropy; without a GPU, nothing. */
export function seed(): void {
  if (count() > 0) generator_of('cuda').seed()
}

/** As {@link seed}, of all GPUs: one seed for all. */
export function seed_all(): void {
  const [first, ...rest] = all()
  const drawn = first?.seed()
  for (const generator of rest) generator.manual_seed(drawn!)
}

/** What the current GPU's generator was last seeded with. */
export function initial_seed(): bigint {
  return generator_of('cuda').initial_seed()
}

/** The GPUs' generators; none where there is no GPU. */
export const default_generators: readonly Generator[] = new Proxy(
  generators,
  traps({
    get: (target, key) => {
      if (target.length < count()) all()
      return Reflect.get(target, key) as unknown
    },
  }),
)

/**
 * The state of a GPU's generator.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.cuda.get_rng_state.html
 */
export function get_rng_state(where: DeviceLike = 'cuda'): Tensor {
  return generator_of(where).get_state()
}

/** The states of all GPUs' generators. */
export function get_rng_state_all(): Tensor[] {
  return all().map((generator) => generator.get_state())
}

/** Sets the state of a GPU's generator; without a GPU, nothing. */
export function set_rng_state(state: Tensor, where: DeviceLike = 'cuda'): void {
  if (count() > 0) generator_of(where).set_state(state)
}

/** Sets the states of all GPUs' generators. */
export function set_rng_state_all(states: Iterable<Tensor>): void {
  let index = 0
  for (const state of states) set_rng_state(state, index++)
}
