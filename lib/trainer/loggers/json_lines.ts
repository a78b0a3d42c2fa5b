import { appendFileSync, existsSync, mkdirSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { write_atomically } from '../../serialization/atomic.js'
import type { MetricsEvent, StepEnd, TrainerCallback } from '../callback.js'
import type { Trainer } from '../trainer.js'
import { type Row, row_of_step, row_of_validation } from './rows.js'

/** Options of the loggers. */
export interface LoggerOptions {
  /** Every how many steps one is written. Default: 1. */
  log_every?: number
}

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
export class JSONLinesLogger implements TrainerCallback {
  readonly #log_every: number

  constructor(
    readonly path: string,
    { log_every = 1 }: LoggerOptions = {},
  ) {
    this.#log_every = log_every
  }

  on_fit_start(trainer: Trainer): void {
    mkdirSync(dirname(this.path), { recursive: true })
    if (!existsSync(this.path)) return
    const lines = readFileSync(this.path, 'utf8').split('\n')
    const kept = lines.filter((line) => step_of(line) < trainer.global_step)
    if (kept.length === lines.length - 1 && lines.at(-1) === '') return
    replace(this.path, kept.map((line) => `${line}\n`).join(''))
  }

  on_step_end(_trainer: Trainer, end: StepEnd): void {
    if (end.step % this.#log_every === 0) this.#write(row_of_step(end))
  }

  on_validation_end(_trainer: Trainer, event: MetricsEvent): void {
    this.#write(row_of_validation(event))
  }

  #write(row: Row): void {
    appendFileSync(this.path, `${JSON.stringify(row)}\n`)
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

/** Writes a file anew, all of it or nothing. */
export function replace(path: string, text: string): void {
  const bytes = Buffer.from(text)
  write_atomically('Trainer', path, (file) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  })
}
