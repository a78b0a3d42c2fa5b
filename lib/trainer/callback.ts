import { is_promise } from '../callback.js'
import { member } from '../own.js'
import type { Reading } from './reading.js'
import type { Trainer } from './trainer.js'
import type { Waits } from './waits.js'

/** What a step of training came to. Numbers that are on another device are fetched when they are read first. */
export interface StepEnd {
  /** The step's number in the whole training, from 0. */
  readonly step: number
  /** The epoch's number, from 0. */
  readonly epoch: number
  /** The number of the step's last batch in its epoch, from 0. */
  readonly batch: number
  /** The loss before the parameters were changed; with accumulation, the mean over the step's batches. */
  readonly loss: number
  /** The length of the gradients before clipping, where they are clipped. */
  readonly grad_norm?: number
  /** The first group's learning rate in this step. */
  readonly lr: number
  /** What the step returned beside the loss. */
  readonly metrics: Record<string, number>
  /** Whether the scaler left the step out, because gradients were not finite. */
  readonly skipped: boolean
}

/** What an epoch or a validation came to. */
export interface MetricsEvent {
  /** How many steps were done. */
  readonly step: number
  /** How many epochs were completed. */
  readonly epoch: number
  /** Means by name: `loss` and the step's metrics over the epoch, `val_loss` and the like over the validation. */
  readonly metrics: Readonly<Record<string, number>>
}

/** A checkpoint that was saved or loaded. */
export interface CheckpointEvent {
  readonly path: string
  readonly step: number
  readonly epoch: number
  /** Newer checkpoints that could not be read, and why. */
  readonly damaged: readonly { path: string; reason: string }[]
}

/**
 * A plain object with the methods that it wants. A promise is waited for; what is thrown ends the training. One with
 * `state_dict` and `load_state_dict` has its state in the checkpoints.
 */
export interface TrainerCallback {
  on_fit_start?(trainer: Trainer): void | Promise<void>
  on_checkpoint_load?(trainer: Trainer, event: CheckpointEvent): void | Promise<void>
  /** Called also where training goes on within an epoch. */
  on_epoch_start?(trainer: Trainer): void | Promise<void>
  on_step_end?(trainer: Trainer, end: StepEnd): void | Promise<void>
  on_validation_end?(trainer: Trainer, event: MetricsEvent): void | Promise<void>
  on_checkpoint_save?(trainer: Trainer, event: CheckpointEvent): void | Promise<void>
  on_epoch_end?(trainer: Trainer, event: MetricsEvent): void | Promise<void>
  on_pause?(trainer: Trainer): void | Promise<void>
  on_resume?(trainer: Trainer): void | Promise<void>
  /** Called also where training was stopped, not where an error was thrown. */
  on_fit_end?(trainer: Trainer): void | Promise<void>
  on_error?(trainer: Trainer, error: unknown): void | Promise<void>
  state_dict?(): unknown
  load_state_dict?(state_dict: never): unknown
}

/** The events and what each hands over after the Trainer. */
export type Events = {
  [K in keyof TrainerCallback as K extends `on_${string}` ? K : never]-?: NonNullable<
    TrainerCallback[K]
  > extends (trainer: Trainer, ...rest: infer R) => unknown
    ? R
    : never
}

export type EventName = keyof Events

/** Calls one event's method of each callback, one after the other; a promise only where one has to be waited for. */
export function emit<K extends EventName>(
  waits: Waits,
  trainer: Trainer,
  event: K,
  ...rest: Events[K]
): Promise<void> | undefined {
  const callbacks = trainer.options.callbacks ?? []
  for (const [i, callback] of callbacks.entries()) {
    const result = call(callback, trainer, event, rest)
    if (is_promise(result)) return go_on(waits, result, i, trainer, event, rest)
  }
  return undefined
}

function call<K extends EventName>(
  callback: TrainerCallback,
  trainer: Trainer,
  event: K,
  rest: Events[K],
): unknown {
  const method = member(callback, event) as ((trainer: Trainer, ...rest: Events[K]) => unknown) | undefined
  return method?.call(callback, trainer, ...rest)
}

async function go_on<K extends EventName>(
  waits: Waits,
  first: PromiseLike<unknown>,
  place: number,
  trainer: Trainer,
  event: K,
  rest: Events[K],
): Promise<void> {
  const callbacks = trainer.options.callbacks!
  for (let result: unknown = first, i = place; ; result = call(callbacks[++i]!, trainer, event, rest)) {
    if (is_promise(result)) {
      const name = callbacks[i]!.constructor?.name ?? 'Object'
      await waits.for(result, `${event} of callback ${i}${name === 'Object' ? '' : ` (${name})`}`)
    }
    if (i === callbacks.length - 1) return
  }
}

/** What a {@link StepReport} is made of. */
export interface StepParts {
  readonly step: number
  readonly epoch: number
  readonly batch: number
  readonly lr: number
  readonly skipped: boolean
  readonly loss: Reading
  readonly grad_norm: Reading | undefined
  readonly metrics: Readonly<Record<string, Reading>>
}

/** A {@link StepEnd} whose numbers are read when they are asked for. */
export class StepReport implements StepEnd {
  /** The numbers as they are, with nobody waiting for them. @internal */
  readonly readings: StepParts
  declare readonly grad_norm?: number

  // A report is made in each step, and seldom read: it holds one object.
  constructor(parts: StepParts) {
    this.readings = parts
  }

  get step(): number {
    return this.readings.step
  }
  get epoch(): number {
    return this.readings.epoch
  }
  get batch(): number {
    return this.readings.batch
  }
  get lr(): number {
    return this.readings.lr
  }
  get skipped(): boolean {
    return this.readings.skipped
  }
  get loss(): number {
    return this.readings.loss.value
  }
  get metrics(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.readings.metrics).map(([name, reading]) => [name, reading.value]),
    )
  }
}

/** The report of a step whose gradients were clipped. */
class ClippedStepReport extends StepReport {}

Object.defineProperty(ClippedStepReport.prototype, 'grad_norm', {
  get(this: ClippedStepReport) {
    return this.readings.grad_norm!.value
  },
  enumerable: true,
})

export function report_of(parts: StepParts): StepReport {
  return parts.grad_norm === undefined ? new StepReport(parts) : new ClippedStepReport(parts)
}
