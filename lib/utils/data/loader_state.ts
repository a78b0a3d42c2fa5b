import { value_error } from '../../errors.js'
import { default_generator, Generator } from '../../generator.js'
import { member } from '../../own.js'
import { get_rng_state, set_rng_state } from '../../random.js'
import type { Tensor } from '../../tensor.js'
import type { Settings } from './loader_options.js'

/** A DataLoader's place within an epoch, and what its order is drawn from: what `state_dict` gives. */
export interface DataLoaderState {
  /** Batches given out in this epoch. */
  num_yielded: number
  /** Whether an epoch is under way. */
  started: boolean
  /** The seed of the workers' seeds, and whether this epoch drew it: persistent workers keep theirs. */
  base_seed: bigint
  drew_base_seed: boolean
  /** The default generator at the epoch's beginning. */
  rng_state: Tensor
  /** Generators that the loader or a sampler was given, at the epoch's beginning, or now between epochs. */
  generators: Tensor[]
  /** What a sampler with a `state_dict` of its own said, then. */
  sampler: unknown
  /** What a dataset with a `state_dict` of its own says now; without workers only. */
  dataset: unknown
  num_workers: number
  /** The workers' generators after the last batches that were given out; null for one that gave none. */
  worker_rng_states: (Uint8Array | null)[]
}

/** Something with a state of its own. */
interface Stateful {
  state_dict(): unknown
  load_state_dict(state: unknown): void
}

export function is_stateful(value: unknown): value is Stateful {
  const given = Object(value) as Partial<Stateful>
  const [state_dict, load_state_dict] = [member(given, 'state_dict'), member(given, 'load_state_dict')]
  return typeof state_dict === 'function' && typeof load_state_dict === 'function'
}

/** The samplers of a loader, from the outer one inwards. */
function samplers_of({ batch_sampler, sampler }: Settings): unknown[] {
  const found: unknown[] = []
  for (let one: unknown = batch_sampler ?? sampler; one && !found.includes(one); ) {
    found.push(one)
    one = member(one as { sampler?: unknown }, 'sampler')
  }
  return found.includes(sampler) ? found : [...found, sampler]
}

/** The generators that a loader and its samplers were given, the default one left out. */
function generators_of(settings: Settings): Generator[] {
  const given = [settings, ...samplers_of(settings)].map((one) =>
    member(one as { generator?: unknown }, 'generator'),
  )
  return [...new Set(given)].filter(
    (one): one is Generator => one instanceof Generator && one !== default_generator,
  )
}

/** What an epoch begins from. */
export interface EpochStart {
  rng_state: Tensor
  generators: Tensor[]
  sampler: unknown
}

export function note_start(settings: Settings): EpochStart {
  return {
    rng_state: get_rng_state(),
    generators: generators_of(settings).map((generator) => generator.get_state()),
    sampler: samplers_of(settings).map((one) => (is_stateful(one) ? one.state_dict() : null)),
  }
}

/** Puts generators and samplers back to where an epoch began; the default generator is the caller's business. */
export function restore_start(settings: Settings, start: EpochStart): void {
  const generators = generators_of(settings)
  if (generators.length !== start.generators.length) {
    throw value_error(
      `load_state_dict(): the state holds ${start.generators.length} generators, and the DataLoader has ${generators.length}`,
    )
  }
  for (const [i, generator] of generators.entries()) generator.set_state(start.generators[i]!)
  const states = start.sampler as unknown[]
  for (const [i, one] of samplers_of(settings).entries())
    if (is_stateful(one) && states[i] != null) one.load_state_dict(states[i])
}

/** Runs something with the default generator in another state, and puts it back. */
export function with_rng_state<T>(state: Tensor, callback: () => T): T {
  const now = get_rng_state()
  set_rng_state(state)
  try {
    return callback()
  } finally {
    set_rng_state(now)
  }
}
