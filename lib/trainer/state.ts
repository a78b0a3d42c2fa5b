import type { GradScalerState } from '../amp/grad_scaler.js'
import { get_rng_state_all, is_available, set_rng_state_all } from '../cuda/index.js'
import type { Generator } from '../generator.js'
import type { StateDict } from '../nn/modules/state_dict.js'
import type { OptimizerStateDict } from '../optim/state_dict.js'
import { member, own_value } from '../own.js'
import { get_rng_state, set_rng_state } from '../random.js'
import type { Tensor } from '../tensor.js'
import { check_state } from './check_state.js'
import type { EarlyStopping, EarlyStoppingState } from './early_stopping.js'
import {
  current_environment,
  enter_environment,
  environment_of,
  type TrainingEnvironment,
} from './environment.js'
import type { AccumulationState, Optimization } from './optimization.js'
import type { Schedule } from './options.js'
import type { Place, PlaceState } from './place.js'
import type { MeanState, Means } from './reading.js'
import type { Trainer } from './trainer.js'
import { FORMAT, VERSION } from './version.js'

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
  /** What the last bits of the numbers depend on besides; not in states of earlier versions. */
  environment?: TrainingEnvironment
}

/** What a Trainer is made of besides its options. */
interface Parts {
  readonly optimization: Optimization
  readonly place: Place
  readonly means: Means
  readonly early_stopping: EarlyStopping | undefined
}

/** The whole state of a Trainer. */
export function pack_state(trainer: Trainer, parts: Parts): TrainerStateDict {
  const { model, optimizer, ema, options } = trainer
  const { schedule, scaler, generators = {}, callbacks = [] } = options
  const schedule_state = schedule && member(schedule, 'state_dict')?.call(schedule)
  return {
    format: FORMAT,
    version: VERSION,
    classes: { model: model.constructor.name, optimizer: optimizer.constructor.name },
    model: model.state_dict(),
    optimizer: optimizer.state_dict(),
    ...(schedule_state && { schedule: schedule_state }),
    ...(scaler && { scaler: scaler.state_dict() }),
    ...(ema && { ema: ema.state_dict() }),
    step: trainer.global_step,
    epoch: trainer.epoch,
    seconds: trainer.seconds,
    place: parts.place.state_dict(),
    accumulation: parts.optimization.state_dict(),
    ...pack_generators(generators),
    means: parts.means.state_dict(),
    metrics: { ...trainer.metrics },
    ...(parts.early_stopping && { early_stopping: parts.early_stopping.state_dict() }),
    callbacks: callbacks.map((callback) => member(callback, 'state_dict')?.call(callback) ?? null),
    environment: current_environment(),
  }
}

/** Takes a state, all but its seconds. Where it does not fit nothing is changed. */
export function load_state(trainer: Trainer, parts: Parts, given: Partial<TrainerStateDict>): void {
  check_state(given, trainer)
  const state: Partial<TrainerStateDict> = given
  const environment = environment_of(given)
  const { schedule, scaler, generators = {}, callbacks = [] } = trainer.options
  trainer.model.load_state_dict(given.model)
  trainer.optimizer.load_state_dict(given.optimizer)
  if (state.schedule) load_schedule(schedule, state.schedule)
  if (state.scaler) scaler?.load_state_dict(state.scaler)
  if (state.ema) trainer.ema?.load_state_dict(state.ema, state.step)
  trainer.global_step = state.step ?? 0
  trainer.epoch = state.epoch ?? 0
  if (state.place) parts.place.load_state_dict(state.place)
  if (state.accumulation) parts.optimization.load_state_dict(state.accumulation)
  parts.means.load_state_dict(state.means ?? {})
  trainer.metrics = { ...state.metrics }
  if (state.early_stopping) parts.early_stopping?.load_state_dict(state.early_stopping)
  for (const [i, callback] of callbacks.entries()) {
    const saved: unknown = state.callbacks?.[i] ?? null
    if (saved !== null) member(callback, 'load_state_dict')?.call(callback, saved as never)
  }
  load_generators(generators, state)
  if (environment !== undefined) enter_environment(environment, trainer.options.restore_threads === true)
}

function load_schedule(schedule: Schedule | undefined, state: Record<string, unknown>): void {
  if (schedule !== undefined) member(schedule, 'load_state_dict')?.call(schedule, state)
}

/** States of all random generators. */
function pack_generators(
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
function load_generators(
  named: Readonly<Record<string, Generator>>,
  { rng_state, cuda_rng_states = [], generators = {} }: Partial<TrainerStateDict>,
): void {
  for (const [name, generator] of Object.entries(named)) generator.set_state(own_value(generators, name)!)
  if (cuda_rng_states.length > 0 && is_available()) set_rng_state_all(cuda_rng_states)
  if (rng_state !== undefined) set_rng_state(rng_state)
}
