import { IDENTITY, next_identity } from '../../identity.js'
import { own } from '../../own.js'
import type { MetricsEvent, StepEnd, TrainerCallback } from '../callback.js'
import { type Row, row_of_step, row_of_validation } from './rows.js'

/** Options of the loggers. */
export interface LoggerOptions {
  /** Every how many steps one is written. Default: 1. */
  log_every?: number
}

/** What the loggers share: a row for each step and each validation. */
export abstract class RowLogger implements TrainerCallback {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  readonly #log_every: number

  constructor(options: LoggerOptions) {
    const { log_every = 1 } = own(options)
    this.#log_every = log_every
  }

  on_step_end(_trainer: unknown, end: StepEnd): void {
    if (end.step % this.#log_every === 0) this.write(row_of_step(end))
  }

  on_validation_end(_trainer: unknown, event: MetricsEvent): void {
    this.write(row_of_validation(event))
  }

  protected abstract write(row: Row): void
}
