import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { own_value } from '../../own.js'
import { append_whole, make_folder, write_whole } from '../../serialization/atomic.js'
import type { Trainer } from '../trainer.js'
import { type LoggerOptions, RowLogger } from './row_logger.js'
import { bytes_of_lines, type Row } from './rows.js'

const quote = (name: string): string => (/[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)

// Only names may be quoted, and only in the first line.
function split_names(line: string): string[] {
  return Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replaceAll('""', '"'),
  )
}

/**
 * Writes a table with a row for each step and each validation. Where a metric turns up later, the table is written anew
 * with one more column; where training goes on from a checkpoint, the rows of later steps go first.
 *
 * @param path - the file, which is added to
 * @param options - every how many steps a row is written
 *
 * @example
 * ```ts
 * const trainer = new Trainer(model, optimizer, { callbacks: [new CSVLogger('out/log.csv', { log_every: 10 })] })
 * ```
 */
export class CSVLogger extends RowLogger {
  #columns: string[] = []

  constructor(
    readonly path: string,
    options: LoggerOptions = {},
  ) {
    super(options)
  }

  on_fit_start(trainer: Trainer): void {
    make_folder('CSVLogger', dirname(this.path))
    this.#columns = []
    if (!existsSync(this.path)) return
    const [head = '', ...lines] = readFileSync(this.path, 'utf8').split('\n')
    if (head === '') return
    this.#columns = split_names(head)
    const width = this.#columns.length
    const place = this.#columns.indexOf('step')
    const kept = lines.filter((line) => {
      const cells = line.split(',')
      // The last row of a process that was killed may be half a row.
      return cells.length === width && cells[place] !== '' && Number(cells[place]) < trainer.global_step
    })
    write_whole('CSVLogger', this.path, bytes_of_lines([head, ...kept]))
  }

  protected override write(row: Row): void {
    const added = Object.keys(row).filter((name) => !this.#columns.includes(name))
    if (added.length > 0) this.#widen(added)
    const cells = this.#columns.map((name) => own_value(row, name) ?? '')
    append_whole('CSVLogger', this.path, bytes_of_lines([cells.join(',')]))
  }

  #widen(added: readonly string[]): void {
    this.#columns.push(...added)
    const old = existsSync(this.path) ? readFileSync(this.path, 'utf8').split('\n').slice(1, -1) : []
    const rows = [this.#columns.map(quote).join(','), ...old.map((line) => line + ','.repeat(added.length))]
    write_whole('CSVLogger', this.path, bytes_of_lines(rows))
  }
}
