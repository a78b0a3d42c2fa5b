import type { Trainer } from './trainer.js'

/** What a step of training came to. */
export interface StepEnd {
  /** The step's number in the whole training, from 0. */
  step: number
  /** The epoch's number, from 0. */
  epoch: number
  /** The loss before the parameters were changed. */
  loss: number
  /** The length of the gradients before clipping, where they are clipped. */
  grad_norm?: number
  /** What the step returned beside the loss. */
  metrics: Record<string, number>
}

/** A plain object with the methods that it wants. A promise is waited for; what is thrown ends the training. */
export interface TrainerCallback {
  on_fit_start?(trainer: Trainer): void | Promise<void>
  on_epoch_start?(trainer: Trainer): void | Promise<void>
  on_step_end?(trainer: Trainer, end: StepEnd): void | Promise<void>
  on_epoch_end?(trainer: Trainer): void | Promise<void>
  /** Called also where training was stopped, not where an error was thrown. */
  on_fit_end?(trainer: Trainer): void | Promise<void>
}
