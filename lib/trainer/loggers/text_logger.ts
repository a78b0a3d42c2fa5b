import { dirname, resolve } from 'node:path'
import { make_folder } from '../../serialization/atomic.js'
import { dev_steps } from '../options.js'
import type { Trainer } from '../trainer.js'
import { type LoggerOptions, RowLogger } from './row_logger.js'
import type { Row } from './rows.js'

/** What the loggers of text files share: the file's place, and that a run which saves nothing leaves it alone. */
export abstract class TextLogger extends RowLogger {
  readonly path: string
  readonly #name: string
  #is_trial = false

  constructor(name: string, path: string, options: LoggerOptions) {
    super(options)
    this.#name = name
    this.path = resolve(path)
  }

  /** @throws RuntimeError for a file that holds what no such logger has written */
  on_fit_start(trainer: Trainer): void {
    this.#is_trial = dev_steps(trainer.options ?? {}) !== undefined
    if (this.#is_trial) return
    make_folder(this.#name, dirname(this.path))
    this.begin(trainer)
  }

  protected override write(row: Row): void {
    if (!this.#is_trial) this.add(row)
  }

  protected abstract begin(trainer: Trainer): void
  protected abstract add(row: Row): void
}
