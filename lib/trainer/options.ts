import { closest_name, type_error, type_name, value_error } from '../errors.js'
import type { TrainerCallback } from './callback.js'

/** What changes the learning rate: called after each of the optimizer's steps. */
export interface Schedule {
  step(): unknown
  state_dict?(): Record<string, unknown>
  load_state_dict?(state_dict: Record<string, unknown>): unknown
}

/** Options of a Trainer. */
export interface TrainerOptions {
  /** How many steps in the whole training, those of a loaded state included. Default: no limit but the epochs. */
  max_steps?: number
  /** How often the data is gone through. Default: once; where `max_steps` is given, until it is reached. */
  max_epochs?: number
  /** What changes the learning rate after each step. */
  schedule?: Schedule
  /** The length that the gradients of all parameters together are clipped to. Default: no clipping. */
  clip_grad_norm?: number
  /** A file that the model's `state_dict` is saved to at the end, also where training was stopped. */
  checkpoint?: string
  /** Whether SIGINT and SIGTERM stop training after the step, with exit code 130 or 143; a second one exits at once. Default: false. */
  handle_signals?: boolean
  /** Whether progress is shown: a bar on a terminal, lines elsewhere. Default: true. */
  progress?: boolean
  /** Every how many steps a line is printed, where there is no terminal. Default: 100. */
  log_every?: number
  /** Plain objects with the methods they want. */
  callbacks?: readonly TrainerCallback[]
}

const NAMES = [
  'max_steps',
  'max_epochs',
  'schedule',
  'clip_grad_norm',
  'checkpoint',
  'handle_signals',
  'progress',
  'log_every',
  'callbacks',
]

/** Throws for an option that does not exist or a number that makes no sense. */
export function check_options(options: TrainerOptions): void {
  for (const name of Object.keys(options)) {
    if (NAMES.includes(name)) continue
    const closest = closest_name(name, NAMES)
    throw type_error(
      `Trainer() got an unexpected keyword argument '${name}'${closest === undefined ? '' : `; did you mean '${closest}'?`}`,
    )
  }
  for (const name of ['max_steps', 'max_epochs', 'log_every', 'clip_grad_norm'] as const) {
    const value: unknown = options[name]
    if (value === undefined) continue
    if (typeof value !== 'number')
      throw type_error(`Trainer(): argument '${name}' must be a number, not ${type_name(value)}`)
    const least = name === 'log_every' ? 1 : 0
    const whole = Number.isInteger(value) || name === 'clip_grad_norm' || value === Number.POSITIVE_INFINITY
    if (!whole || !(value >= least))
      throw value_error(
        `Trainer(): argument '${name}' must be a ${name === 'clip_grad_norm' ? '' : 'whole '}number of at least ${least}, but got ${value}`,
      )
  }
}
