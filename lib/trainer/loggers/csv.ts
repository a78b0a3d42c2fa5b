import { own_value } from '../../own.js'
import { append_whole, write_whole } from '../../serialization/atomic.js'
import type { Trainer } from '../trainer.js'
import { keep_log, not_own, text_of_log } from './own_file.js'
import type { LoggerOptions } from './row_logger.js'
import { are_of_row, bytes_of_lines, type Row } from './rows.js'
import { TextLogger } from './text_logger.js'

const LOGGER = 'CSVLogger'

const quote = (name: string): string => (/[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)

// Only names may be quoted, and only in the first line.
function split_names(line: string): string[] {
  return Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replaceAll('""', '"'),
  )
}

const is_number = (cell: string): boolean => cell === 'NaN' || !Number.isNaN(Number(cell))

/**
 * Writes a table with a row for each step and each validation. Where a metric turns up later, the table is written anew
 * with one more column; where training goes on from a checkpoint, the rows of later steps go first; where it begins, an
 * earlier log is kept as `NAME.1`, `NAME.2`, …
 *
 * @param path - the file, which is added to; one that holds something else is refused
 * @param options - every how many steps a row is written
 *
 * @example
 * ```ts
 * const trainer = new Trainer(model, optimizer, { callbacks: [new CSVLogger('out/log.csv', { log_every: 10 })] })
 * ```
 */
export class CSVLogger extends TextLogger {
  #columns: string[] = []

  constructor(path: string, options: LoggerOptions = {}) {
    super(LOGGER, path, options)
  }

  protected override begin(trainer: Trainer): void {
    this.#columns = []
    const [head = '', ...lines] = text_of_log(LOGGER, this.path).split('\n')
    if (head === '' && lines.length === 0) return
    const columns = split_names(head)
    if (!are_of_row(columns)) throw not_own(LOGGER, this.path, 1, head)
    const place = columns.indexOf('step')
    let has_rows = false
    const kept = lines.filter((line, i) => {
      const cells = line.split(',')
      const is_row = cells.length === columns.length && cells.every(is_number) && cells[place] !== ''
      // The last row of a process that was killed may be half a row, and of a machine that lost its power zeros.
      if (!is_row && !(i === lines.length - 1 && /^[-+.,\w]*\0*$/.test(line)))
        throw not_own(LOGGER, this.path, i + 2, line)
      has_rows ||= is_row
      return is_row && Number(cells[place]) < trainer.global_step
    })
    if (has_rows && trainer.global_step === 0) {
      keep_log(LOGGER, this.path)
      return
    }
    this.#columns = columns
    write_whole(LOGGER, this.path, bytes_of_lines([head, ...kept]))
  }

  protected override add(row: Row): void {
    const added = Object.keys(row).filter((name) => !this.#columns.includes(name))
    if (added.length > 0) this.#widen(added)
    const cells = this.#columns.map((name) => own_value(row, name) ?? '')
    append_whole(LOGGER, this.path, bytes_of_lines([cells.join(',')]))
  }

  #widen(added: readonly string[]): void {
    this.#columns.push(...added)
    const old = text_of_log(LOGGER, this.path).split('\n').slice(1, -1)
    const rows = [this.#columns.map(quote).join(','), ...old.map((line) => line + ','.repeat(added.length))]
    write_whole(LOGGER, this.path, bytes_of_lines(rows))
  }
}
