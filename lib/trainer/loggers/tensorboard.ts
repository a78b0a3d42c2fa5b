import { resolve } from 'node:path'
import { SummaryWriter } from '../../utils/tensorboard/index.js'
import type { Trainer } from '../trainer.js'
import { type LoggerOptions, RowLogger } from './row_logger.js'
import type { Row } from './rows.js'

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
export class TensorBoardLogger extends RowLogger {
  /** Open while `fit` runs, for images and texts of one's own. */
  writer: SummaryWriter | null = null

  readonly log_dir: string

  constructor(log_dir: string, options: LoggerOptions = {}) {
    super(options)
    this.log_dir = resolve(log_dir)
  }

  on_fit_start(trainer: Trainer): void {
    const { global_step } = trainer
    this.writer = new SummaryWriter(this.log_dir, { purge_step: global_step === 0 ? null : global_step })
  }

  protected override write({ step, ...numbers }: Row): void {
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
