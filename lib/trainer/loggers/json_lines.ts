import { own_value } from '../../own.js'
import { is_plain_object } from '../../realm.js'
import { append_whole, write_whole } from '../../serialization/atomic.js'
import type { Trainer } from '../trainer.js'
import { keep_log, not_own, text_of_log } from './own_file.js'
import type { LoggerOptions } from './row_logger.js'
import { are_of_row, bytes_of_lines, type Row } from './rows.js'
import { TextLogger } from './text_logger.js'

const LOGGER = 'JSONLinesLogger'

/**
 * Writes a line of JSON for each step and each validation: `{"step":0,"epoch":0,"loss":0.5,"lr":0.001}`. Where training
 * goes on from a checkpoint, the lines of later steps go first; where it begins, an earlier log is kept as `NAME.1`,
 * `NAME.2`, … A number that is not finite is null.
 *
 * @param path - the file, which is added to; one that holds something else is refused
 * @param options - every how many steps a line is written
 *
 * @example
 * ```ts
 * const trainer = new Trainer(model, optimizer, { callbacks: [new JSONLinesLogger('out/log.jsonl')] })
 * ```
 */
export class JSONLinesLogger extends TextLogger {
  constructor(path: string, options: LoggerOptions = {}) {
    super(LOGGER, path, options)
  }

  protected override begin(trainer: Trainer): void {
    const lines = text_of_log(LOGGER, this.path).split('\n')
    let rows = 0
    const kept = lines.filter((line, i) => {
      const step = step_of(line)
      if (step !== undefined) rows++
      // The last line of a process that was killed may be half a line, and of a machine that lost its power zeros.
      if (step === undefined && !(i === lines.length - 1 && /^(\{(".*)?)?\0*$/.test(line)))
        throw not_own(LOGGER, this.path, i + 1, line)
      return step !== undefined && step < trainer.global_step
    })
    if (rows > 0 && trainer.global_step === 0) {
      keep_log(LOGGER, this.path)
      return
    }
    if (kept.length === lines.length - 1 && lines.at(-1) === '') return
    write_whole(LOGGER, this.path, bytes_of_lines(kept))
  }

  protected override add(row: Row): void {
    append_whole(LOGGER, this.path, bytes_of_lines([JSON.stringify(row)]))
  }
}

/** The step of a row; undefined for a line that is none: a row's values are numbers, and those that are not finite null. */
function step_of(line: string): number | undefined {
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!is_plain_object(row) || !are_of_row(Object.keys(row))) return undefined
  const is_row = Object.values(row).every((value) => value === null || typeof value === 'number')
  const step = own_value(row, 'step')
  return is_row && typeof step === 'number' ? step : undefined
}
