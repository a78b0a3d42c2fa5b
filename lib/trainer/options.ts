import { resolve } from 'node:path'
import type { AutocastOptions } from '../amp/autocast_mode.js'
import type { GradScaler } from '../amp/grad_scaler.js'
import { type_error, type_name, value_error } from '../errors.js'
import type { Generator } from '../generator.js'
import { own, own_value, traps } from '../own.js'
import { unexpected_keyword } from '../python/words.js'
import type { TrainerCallback } from './callback.js'
import type { Retention } from './checkpoints/folder.js'
import type { EarlyStoppingOptions } from './early_stopping.js'
import type { EMA, EMAOptions } from './ema.js'

/** What changes the learning rate: called after each of the optimizer's steps, or after each epoch. */
export interface Schedule {
  // Not `step(metric?: number)`: schedules take a number, a tensor, or nothing.
  step(...args: never[]): unknown
  state_dict?(): Record<string, unknown>
  load_state_dict?(state_dict: Record<string, unknown>): unknown
}

/** When checkpoints are saved, where, and which are kept. */
export interface CheckpointOptions extends Retention {
  /** The folder, made where there is none; one Trainer at a time writes to it. */
  folder: string
  /** Every how many steps. Default: each epoch, where nothing else is said; the last state is saved always. */
  every_steps?: number
  /** Every how many epochs. */
  every_epochs?: number
  /** Every how many seconds, after the step under way. */
  every_seconds?: number
  /** Whether `fit` goes on from the newest one. Default: true; with false, a folder that holds some is refused. */
  resume?: boolean
}

/** Options of a Trainer. */
export interface TrainerOptions {
  /** How many steps in the whole training, those of a loaded state included. Default: no limit but the epochs. */
  max_steps?: number
  /** How often the data is gone through. Default: once; where another limit is given, until it is reached. */
  max_epochs?: number
  /** How many seconds in the whole training, those of a loaded state included. */
  max_seconds?: number
  /** What changes the learning rate. */
  schedule?: Schedule
  /** When the schedule takes its step. Default: `'step'`. */
  schedule_by?: 'step' | 'epoch'
  /** The metric that the schedule's step is given, as ReduceLROnPlateau needs it: `loss`, `val_loss`, …; by epoch only. */
  schedule_metric?: string
  /** The length that the gradients of all parameters together are clipped to. Default: no clipping. */
  clip_grad_norm?: number
  /** What each number of the gradients is clipped to, before their length is. Default: no clipping. */
  clip_grad_value?: number
  /** How many batches make a step; each one's loss is divided by it. An epoch's last step may have fewer. Default: 1. */
  accumulate?: number
  /** Runs the step in {@link torch.autocast}: a type of device, or its options. */
  autocast?: string | (AutocastOptions & { device_type: string })
  /** Scales the loss, for float16. */
  scaler?: GradScaler
  /** Averages of the weights, taken after each step: an {@link EMA}, or its options. */
  ema?: EMA | EMAOptions
  /** Every how many steps there is a validation. Default: after each epoch. */
  validate_every?: number
  /** Ends training when a metric gets no better. */
  early_stopping?: EarlyStoppingOptions
  /**
   * Whether a loss that is not finite ends training with an Error that names step, batch and the first operator that gave
   * such a number. Default: where the loss is on the CPU; elsewhere `true` has each step wait for the device.
   */
  nan_guard?: boolean
  /** Tries everything once: this many steps (true: one) and batches of validation; nothing is saved. */
  fast_dev_run?: boolean | number
  /** Trains on the first n batches over and over. */
  overfit_batches?: number
  /** Whether each batch's tensors are freed at its end, by {@link torch.scope}; the step must be synchronous. Default: false. */
  memory_scope?: boolean
  /** A file that the model's `state_dict` is saved to at the end, also where training was stopped. */
  checkpoint?: string
  /** Where the whole state is saved to and training goes on from: a folder, or options. */
  checkpoints?: string | CheckpointOptions
  /** Generators that the step uses, by name, to be saved with the state. */
  generators?: Readonly<Record<string, Generator>>
  /**
   * Whether a loaded state's number of threads is set again, by {@link torch.set_num_threads} for the whole process: with
   * another number the last bits differ, of which a warning tells. Default: false.
   */
  restore_threads?: boolean
  /**
   * Stops training after the step at SIGINT and SIGTERM, with exit code 130 or 143; one that comes more than a second later
   * exits at once. Default: false.
   */
  handle_signals?: boolean
  /**
   * After how many milliseconds timers, sockets and signals get their turn, at a batch's end: a request to this program waits
   * for so long or one batch, whichever is more. 0: after each batch. Default: 50.
   */
  yield_every_ms?: number
  /**
   * For how many milliseconds `fit` waits for a step, a callback or the data once it was stopped: then it ends with an Error
   * that names what has not settled. Infinity: for ever. Default: 60000.
   */
  stop_timeout_ms?: number
  /** Shows progress: a bar on a terminal, lines elsewhere; epochs, and a summary. Default: true. */
  progress?: boolean
  /** Every how many steps a line is printed, where there is no terminal; the last step has one as well. Default: 100. */
  log_every?: number
  /** Plain objects with the methods they want. */
  callbacks?: readonly TrainerCallback[]
}

/** Every option; the numbers with the least that each may be, and whether they are whole. */
const KINDS: Record<keyof TrainerOptions, { least: number; whole: boolean } | null> = {
  max_steps: { least: 0, whole: true },
  max_epochs: { least: 0, whole: true },
  max_seconds: { least: 0, whole: false },
  schedule: null,
  schedule_by: null,
  schedule_metric: null,
  clip_grad_norm: { least: 0, whole: false },
  clip_grad_value: { least: 0, whole: false },
  accumulate: { least: 1, whole: true },
  autocast: null,
  scaler: null,
  ema: null,
  validate_every: { least: 1, whole: true },
  early_stopping: null,
  nan_guard: null,
  fast_dev_run: null,
  overfit_batches: { least: 1, whole: true },
  memory_scope: null,
  checkpoint: null,
  checkpoints: null,
  generators: null,
  restore_threads: null,
  handle_signals: null,
  yield_every_ms: { least: 0, whole: false },
  stop_timeout_ms: { least: 0, whole: false },
  progress: null,
  log_every: { least: 1, whole: true },
  callbacks: null,
}

const CHECKPOINT_KINDS: Record<keyof CheckpointOptions, { least: number; whole: boolean } | null> = {
  folder: null,
  every_steps: { least: 1, whole: true },
  every_epochs: { least: 1, whole: true },
  every_seconds: { least: 0, whole: false },
  resume: null,
  keep_last: { least: 1, whole: true },
  best_by: null,
  keep_best: { least: 0, whole: true },
  mode: null,
}

function check(
  operator: string,
  options: object,
  kinds: Readonly<Record<string, { least: number; whole: boolean } | null>>,
): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!Object.hasOwn(kinds, name)) throw type_error(unexpected_keyword(operator, name, Object.keys(kinds)))
    const kind = kinds[name]!
    if (kind === null || value === undefined) continue
    if (typeof value !== 'number')
      throw type_error(`${operator}(): argument '${name}' must be a number, not ${type_name(value)}`)
    const whole = Number.isInteger(value) || !kind.whole || value === Number.POSITIVE_INFINITY
    if (!whole || !(value >= kind.least))
      throw value_error(
        `${operator}(): argument '${name}' must be a ${kind.whole ? 'whole ' : ''}number of at least ${kind.least}, but got ${value}`,
      )
  }
}

function check_choice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return
  throw value_error(
    `Trainer(): argument '${name}' must be ${choices.map((one) => `'${one}'`).join(' or ')}, but got ${typeof value === 'string' ? `'${value}'` : type_name(value)}`,
  )
}

/** Options that are options themselves. */
const NESTED: ReadonlySet<string | symbol> = new Set(['early_stopping', 'ema', 'autocast'])

function with_whole_path(here: string, given: unknown): unknown {
  if (typeof given === 'string') return resolve(here, given)
  const folder = own_value(given, 'folder')
  return typeof folder === 'string'
    ? own({ ...(given as object), folder: resolve(here, folder) })
    : own(given)
}

/**
 * A Trainer's options after their check, as they are when they are read: a program may change its object. Names that
 * others have put on `Object.prototype` are none of them.
 *
 * @throws as {@link Trainer}'s constructor
 */
export function own_options(given: TrainerOptions): TrainerOptions {
  // Relative paths stay where they are when the program changes its folder.
  const has_paths = Object.hasOwn(given, 'checkpoint') || Object.hasOwn(given, 'checkpoints')
  const here = has_paths ? process.cwd() : ''
  const options = new Proxy(
    given,
    traps({
      get: (target, name) => {
        const value = own_value(target, name)
        // Some twenty are asked for in each step, and most are not given.
        if (value === undefined) return undefined
        if (name === 'checkpoint' || name === 'checkpoints') return with_whole_path(here, value)
        return NESTED.has(name) ? own(value) : value
      },
    }),
  )
  check_options(options)
  return options
}

/** Throws for an option that does not exist, a number that makes no sense, and options that do not go together. */
function check_options(options: TrainerOptions): void {
  check('Trainer', options, KINDS)
  check_choice('schedule_by', options.schedule_by, ['step', 'epoch'])
  const { checkpoints } = options
  if (checkpoints !== undefined && typeof checkpoints !== 'string') {
    check('Trainer.checkpoints', checkpoints, CHECKPOINT_KINDS)
    if (typeof checkpoints.folder !== 'string')
      throw type_error(
        `Trainer.checkpoints(): argument 'folder' must be string, not ${type_name(checkpoints.folder)}`,
      )
    check_choice('checkpoints.mode', checkpoints.mode, ['min', 'max'])
  }
  check_choice('early_stopping.mode', options.early_stopping?.mode, ['min', 'max'])
  if (options.schedule_metric !== undefined && options.schedule_by !== 'epoch')
    throw value_error("Trainer(): argument 'schedule_metric' needs schedule_by: 'epoch'")
  const { fast_dev_run } = options
  if (typeof fast_dev_run === 'number' && !(Number.isInteger(fast_dev_run) && fast_dev_run >= 1))
    throw value_error(
      `Trainer(): argument 'fast_dev_run' must be a whole number of at least 1, but got ${fast_dev_run}`,
    )
}

/** How many steps a fast_dev_run has; undefined where it is none. */
export function dev_steps({ fast_dev_run }: TrainerOptions): number | undefined {
  if (fast_dev_run === undefined || fast_dev_run === false) return undefined
  return fast_dev_run === true ? 1 : fast_dev_run
}
