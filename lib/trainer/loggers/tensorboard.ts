import { SummaryWriter } from '../../utils/tensorboard/index.js'
import type { MetricsEvent, StepEnd, TrainerCallback } from '../callback.js'
import type { Trainer } from '../trainer.js'
import type { LoggerOptions } from './json_lines.js'
import { row_of_step, row_of_validation } from './rows.js'

/**
 * Writes each step's and each validation's numbers to TensorBoard's event files. Where training goes on from a
 * checkpoint, TensorBoard leaves out what was written for later steps.
 *
 * @param log_dir - the folder
 * @param options - every how many steps numbers are written
 *
 * @example
 * ```ts
 * const board = new TensorBoardLogger('runs/first', { log_every: 10 })
 * const trainer = new Trainer(model, optimizer, { callbacks: [board] })
 * ```
 */
export class TensorBoardLogger implements TrainerCallback {
  /** Open while `fit` runs, for images and texts of one's own. */
  writer: SummaryWriter | null = null
  readonly #log_every: number

  constructor(
    readonly log_dir: string,
    { log_every = 1 }: LoggerOptions = {},
  ) {
    this.#log_every = log_every
  }

  on_fit_start(trainer: Trainer): void {
    const { global_step } = trainer
    this.writer = new SummaryWriter(this.log_dir, { purge_step: global_step === 0 ? null : global_step })
  }

  on_step_end(_trainer: Trainer, end: StepEnd): void {
    if (end.step % this.#log_every === 0) this.#write(row_of_step(end))
  }

  on_validation_end(_trainer: Trainer, event: MetricsEvent): void {
    this.#write(row_of_validation(event))
  }

  #write({ step, ...numbers }: { step: number } & Record<string, number>): void {
    for (const [name, value] of Object.entries(numbers)) this.writer?.add_scalar(name, value, step)
  }

  on_fit_end(): void {
    this.writer?.close()
    this.writer = null
  }

  on_error(): void {
    this.on_fit_end()
  }
}
