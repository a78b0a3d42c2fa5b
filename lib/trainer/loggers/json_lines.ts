import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { append_whole, make_folder, write_whole } from '../../serialization/atomic.js'
import type { Trainer } from '../trainer.js'
import { type LoggerOptions, RowLogger } from './row_logger.js'
import { bytes_of_lines, type Row } from './rows.js'

/**
 * Writes a line of JSON for each step and each validation: `{"step":0,"epoch":0,"loss":0.5,"lr":0.001}`. Where training
 * goes on from a checkpoint, the lines of later steps go first. A number that is not finite is null.
 *
 * @param path - the file, which is added to
 * @param options - every how many steps a line is written
 *
 * @example
 * ```ts
 * const trainer = new Trainer(model, optimizer, { callbacks: [new JSONLinesLogger('out/log.jsonl')] })
 * ```
 */
export class JSONLinesLogger extends RowLogger {
  constructor(
    readonly path: string,
    options: LoggerOptions = {},
  ) {
    super(options)
  }

  on_fit_start(trainer: Trainer): void {
    make_folder('JSONLinesLogger', dirname(this.path))
    if (!existsSync(this.path)) return
    const lines = readFileSync(this.path, 'utf8').split('\n')
    const kept = lines.filter((line) => step_of(line) < trainer.global_step)
    if (kept.length === lines.length - 1 && lines.at(-1) === '') return
    write_whole('JSONLinesLogger', this.path, bytes_of_lines(kept))
  }

  protected override write(row: Row): void {
    append_whole('JSONLinesLogger', this.path, bytes_of_lines([JSON.stringify(row)]))
  }
}

// The last line of a process that was killed may be half a line.
function step_of(line: string): number {
  try {
    return (JSON.parse(line) as { step: number }).step
  } catch {
    return Number.NaN
  }
}
