import { member } from '../../own.js'
import type { MetricsEvent, StepEnd } from '../callback.js'

/** A line of a log: the step's number, and numbers by name. */
export type Row = { step: number; epoch: number } & Record<string, number>

/** Lines of text as a file has them, each with its end. */
export const bytes_of_lines = (lines: readonly string[]): Uint8Array =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''))

/** A step's row. */
export function row_of_step(end: StepEnd): Row {
  const { step, epoch, loss, lr, metrics } = end
  const grad_norm = member(end, 'grad_norm')
  return { step, epoch, loss, lr, ...(grad_norm === undefined ? {} : { grad_norm }), ...metrics }
}

/** A validation's row: it belongs to the step before it. */
export function row_of_validation({ step, epoch, metrics }: MetricsEvent): Row {
  return { step: step - 1, epoch, ...metrics }
}

/** Whether names are those of a row: the step and the epoch come first, and only numbers before them. */
export function are_of_row(names: readonly string[]): boolean {
  const [first, second] = names.filter((name) => !/^\d+$/.test(name))
  return first === 'step' && second === 'epoch'
}
