import { SCALER_NUMBERS } from '../amp/grad_scaler.js'
import { items_of, record_of } from '../collections.js'
import { runtime_error, type_error, type_name, value_error } from '../errors.js'
import type { StateDict } from '../nn/modules/state_dict.js'
import { LRScheduler } from '../optim/lr_scheduler/scheduler.js'
import { check_groups, check_state_numbers } from '../optim/state_dict.js'
import { check_numbers } from '../state_numbers.js'
import { Tensor } from '../tensor.js'
import { check_averages } from './ema.js'
import type { TrainerStateDict } from './state.js'
import type { Trainer } from './trainer.js'
import { VERSION } from './version.js'

/** Throws where a state is none, is newer than this library, or is of another model, optimizer or set of generators. */
export function check_state(
  given: unknown,
  { model, optimizer, options }: Trainer,
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
  const optimizer_name = optimizer.constructor.name
  const saved = state.classes?.optimizer
  if (saved !== undefined && saved !== optimizer_name)
    throw runtime_error(
      `load_state_dict(): the state is of another optimizer: ${saved}, and this one is ${optimizer_name}`,
    )
  check_groups(optimizer, state.optimizer.param_groups)
  check_state_numbers(state.optimizer)
  check_own_numbers(state)
  const { schedule, scaler } = options
  if (state.schedule && schedule instanceof LRScheduler)
    schedule._check_numbers(record_of('load_state_dict', state.schedule))
  if (scaler?.is_enabled()) check_numbers('scaler', state.scaler, SCALER_NUMBERS)
  if (state.ema) check_averages(state.ema)
  for (const name of Object.keys(options.generators ?? {}))
    if (!Object.hasOwn(state.generators ?? {}, name))
      throw runtime_error(`load_state_dict(): the state has no generator '${name}', and the Trainer has one`)
}

/** Counts, times and means of the Trainer's own. Losses and metrics may be anything, as they may be in training. */
function check_own_numbers(state: Partial<TrainerStateDict>): void {
  check_numbers('', state, { version: 'positive_whole', step: 'count', epoch: 'count', seconds: 'duration' })
  check_numbers('place', state.place, { batch: 'count', length: 'count' })
  check_numbers('accumulation', state.accumulation, { batches: 'count', losses: 'any', skipped: 'count' })
  const { batches = 0, losses = [], gradients = [] } = state.accumulation ?? {}
  if (batches !== losses.length || (batches === 0 && gradients.length > 0))
    throw value_error(
      `load_state_dict(): 'accumulation' of the state says ${batches} batches, and has ${losses.length} losses and ${gradients.length} gradients`,
    )
  for (const [name, mean] of items_of<unknown>((state.means ?? {}) as never))
    check_numbers(`means.${name}`, mean, { sum: 'any', count: 'count' })
  check_numbers('early_stopping', state.early_stopping, { best: 'not_nan', failures: 'count' })
}

function differences_of(saved: StateDict, own: StateDict): string[] {
  const theirs = new Map<string, unknown>(items_of<unknown>(saved))
  const ours = new Map<string, unknown>(items_of<unknown>(own))
  const shape = (value: unknown) => JSON.stringify((value instanceof Tensor ? value.shape : null) ?? null)
  return [
    ...[...ours.keys()].filter((name) => !theirs.has(name)).map((name) => `it has no '${name}'`),
    ...[...theirs.keys()].filter((name) => !ours.has(name)).map((name) => `'${name}' is not in the model`),
    ...[...ours]
      .filter(([name, value]) => theirs.has(name) && shape(theirs.get(name)) !== shape(value))
      .map(([name, value]) => `'${name}' is ${shape(theirs.get(name))} there and ${shape(value)} here`),
  ]
}
