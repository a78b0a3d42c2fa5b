import type { Reading } from './reading.js'
import type { Trainer } from './trainer.js'

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
type Events = {
  [K in keyof TrainerCallback as K extends `on_${string}` ? K : never]-?: NonNullable<
    TrainerCallback[K]
  > extends (trainer: Trainer, ...rest: infer R) => unknown
    ? R
    : never
}

/** Calls one event's method of each callback, one after the other. */
export async function emit<K extends keyof Events>(
  callbacks: readonly TrainerCallback[],
  trainer: Trainer,
  event: K,
  ...rest: Events[K]
): Promise<void> {
  for (const callback of callbacks)
    await (callback[event] as ((trainer: Trainer, ...rest: Events[K]) => unknown) | undefined)?.call(
      callback,
      trainer,
      ...rest,
    )
}

interface StepParts {
  step: number
  epoch: number
  batch: number
  lr: number
  skipped: boolean
  loss: Reading
  grad_norm: Reading | undefined
  metrics: Readonly<Record<string, Reading>>
}

/** A {@link StepEnd} whose numbers are read when they are asked for. */
export class StepReport implements StepEnd {
  readonly step: number
  readonly epoch: number
  readonly batch: number
  readonly lr: number
  readonly skipped: boolean
  declare readonly grad_norm?: number
  readonly #parts: StepParts

  constructor(parts: StepParts) {
    this.step = parts.step
    this.epoch = parts.epoch
    this.batch = parts.batch
    this.lr = parts.lr
    this.skipped = parts.skipped
    this.#parts = parts
    const { grad_norm } = parts
    if (grad_norm !== undefined)
      Object.defineProperty(this, 'grad_norm', { get: () => grad_norm.value, enumerable: true })
  }

  get loss(): number {
    return this.#parts.loss.value
  }

  get metrics(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.#parts.metrics).map(([name, reading]) => [name, reading.value]),
    )
  }

  /** The numbers as they are, with nobody waiting for them. @internal */
  get readings(): Readonly<Record<string, Reading>> {
    return { ...this.#parts.metrics, loss: this.#parts.loss }
  }
}
