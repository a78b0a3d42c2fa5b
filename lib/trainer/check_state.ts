import { items_of } from '../collections.js'
import { runtime_error, type_error, type_name } from '../errors.js'
import type { StateDict } from '../nn/modules/state_dict.js'
import { check_groups } from '../optim/state_dict.js'
import { Tensor } from '../tensor.js'
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
  for (const name of Object.keys(options.generators ?? {}))
    if (!Object.hasOwn(state.generators ?? {}, name))
      throw runtime_error(`load_state_dict(): the state has no generator '${name}', and the Trainer has one`)
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
