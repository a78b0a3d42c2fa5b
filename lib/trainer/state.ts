import type { GradScalerState } from '../amp/grad_scaler.js'
import { items_of } from '../collections.js'
import { get_rng_state_all, is_available, set_rng_state_all } from '../cuda/index.js'
import { runtime_error, type_error, type_name } from '../errors.js'
import type { Generator } from '../generator.js'
import type { Module } from '../nn/modules/module.js'
import type { StateDict } from '../nn/modules/state_dict.js'
import type { OptimizerStateDict } from '../optim/state_dict.js'
import { get_rng_state, set_rng_state } from '../random.js'
import type { Tensor } from '../tensor.js'
import type { EarlyStoppingState } from './early_stopping.js'
import type { AccumulationState } from './optimization.js'
import type { PlaceState } from './place.js'
import type { MeanState } from './reading.js'
import { VERSION } from './version.js'

/** What a Trainer needs to go on elsewhere as if nothing had happened. */
export interface TrainerStateDict {
  format: string
  version: number
  /** Names of the classes that made it. */
  classes: { model: string; optimizer: string }
  model: StateDict
  optimizer: OptimizerStateDict
  schedule?: Record<string, unknown>
  scaler?: GradScalerState
  ema?: StateDict
  /** How many steps were done. */
  step: number
  /** How many epochs were completed. */
  epoch: number
  /** How many seconds were trained. */
  seconds: number
  /** Where in the epoch's data. */
  place: PlaceState
  /** What a step that takes several batches has so far. */
  accumulation: AccumulationState
  /** The CPU's default generator. */
  rng_state: Tensor
  /** The CUDA devices' default generators. */
  cuda_rng_states: Tensor[]
  /** Generators that the Trainer was given. */
  generators: Record<string, Tensor>
  /** The means of the epoch under way. */
  means: Record<string, MeanState>
  /** The metrics of the last epoch and the last validation. */
  metrics: Record<string, number>
  early_stopping?: EarlyStoppingState
  /** What the callbacks say of themselves, in their order; null for those that say nothing. */
  callbacks: unknown[]
}

/** States of all random generators. */
export function pack_generators(
  named: Readonly<Record<string, Generator>>,
): Pick<TrainerStateDict, 'rng_state' | 'cuda_rng_states' | 'generators'> {
  return {
    rng_state: get_rng_state(),
    cuda_rng_states: is_available() ? get_rng_state_all() : [],
    generators: Object.fromEntries(
      Object.entries(named).map(([name, generator]) => [name, generator.get_state()]),
    ),
  }
}

/** Puts all random generators where a state says. */
export function load_generators(
  named: Readonly<Record<string, Generator>>,
  { rng_state, cuda_rng_states = [], generators = {} }: Partial<TrainerStateDict>,
): void {
  for (const name of Object.keys(named))
    if (!(name in generators))
      throw runtime_error(`load_state_dict(): the state has no generator '${name}', and the Trainer has one`)
  for (const [name, generator] of Object.entries(named)) generator.set_state(generators[name]!)
  if (cuda_rng_states.length > 0 && is_available()) set_rng_state_all(cuda_rng_states)
  if (rng_state !== undefined) set_rng_state(rng_state)
}

/** Throws where a state is none, is newer than this library, or is of another model or optimizer; nothing is changed. */
export function check_state(
  given: unknown,
  model: Module,
  optimizer_name: string,
): asserts given is TrainerStateDict {
  const state = given as Partial<TrainerStateDict> | null
  if (
    typeof state !== 'object' ||
    state === null ||
    state.model === undefined ||
    state.optimizer === undefined
  )
    throw type_error(
      `load_state_dict(): expected what state_dict() of a Trainer gave, not ${type_name(given)}`,
    )
  if (state.version !== undefined && state.version > VERSION)
    throw runtime_error(
      `load_state_dict(): the state is of format version ${state.version}; this version of typetorch reads up to ${VERSION}`,
    )
  const differences = differences_of(state.model, model.state_dict())
  if (differences.length > 0) {
    const others = differences.length > 5 ? `; and ${differences.length - 5} more` : ''
    const name =
      state.classes === undefined || state.classes.model === model.constructor.name
        ? ''
        : ` (${state.classes.model}, and this one is ${model.constructor.name})`
    throw runtime_error(
      `load_state_dict(): the state is of another model${name}: ${differences.slice(0, 5).join('; ')}${others}`,
    )
  }
  const saved = state.classes?.optimizer
  if (saved !== undefined && saved !== optimizer_name)
    throw runtime_error(
      `load_state_dict(): the state is of another optimizer: ${saved}, and this one is ${optimizer_name}`,
    )
}

function differences_of(saved: StateDict, own: StateDict): string[] {
  const theirs = new Map<string, unknown>(items_of<unknown>(saved))
  const ours = new Map<string, unknown>(items_of<unknown>(own))
  const shape = (value: unknown) => JSON.stringify((value as { shape?: unknown }).shape ?? null)
  return [
    ...[...ours.keys()].filter((name) => !theirs.has(name)).map((name) => `it has no '${name}'`),
    ...[...theirs.keys()].filter((name) => !ours.has(name)).map((name) => `'${name}' is not in the model`),
    ...[...ours]
      .filter(([name, value]) => theirs.has(name) && shape(theirs.get(name)) !== shape(value))
      .map(([name, value]) => `'${name}' is ${shape(theirs.get(name))} there and ${shape(value)} here`),
  ]
}
