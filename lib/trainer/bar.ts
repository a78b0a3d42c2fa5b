import { clearLine, cursorTo } from 'node:readline'
import cli_progress from 'cli-progress'
import type { StepReport } from './callback.js'
import { Pace, type Plan } from './plan.js'
import { epoch_line, of_text, type Progress } from './progress.js'
import { numbers_text, short_text, time_text } from './progress_text.js'

/** Columns of the bar itself. */
const WIDEST_BAR = 24
const NARROWEST_BAR = 8
/** Columns below which words are left out. */
const NARROW = 60

/**
 * The line that cli-progress draws on. It puts the terminal in no mode (no hidden cursor, wrapping as it is), so that
 * nothing has to be undone, however the program ends.
 */
class Line {
  constructor(readonly stream: NodeJS.WriteStream) {}

  isTTY(): boolean {
    return true
  }
  /** One less than there are, so that the cursor stays on the line. */
  getWidth(): number {
    return Math.max(1, (this.stream.columns || 80) - 1)
  }
  cursorTo(x: number): void {
    cursorTo(this.stream, x)
  }
  write(text: string): void {
    this.stream.write(text.slice(0, this.getWidth()))
  }
  clearRight(): void {
    clearLine(this.stream, 1)
  }
  newline(): void {
    this.stream.write('\n')
  }
  cursorSave(): void {}
  cursorRestore(): void {}
  lineWrapping(): void {}
}

interface Drawn {
  plan: Plan
  pace: Pace
  report: StepReport | undefined
  /** Numbers of the last validation. */
  validation: string
}

/** What is said beside the bar, the most important first. */
function texts_of({ plan, pace, report, validation }: Drawn, is_narrow: boolean): string[] {
  const steps = report === undefined ? plan.done : report.step + 1
  const unit = is_narrow || Number.isFinite(plan.total_steps) ? '' : ' steps'
  const texts = [`${of_text(steps, plan.total_steps)}${unit}`]
  const left = pace.seconds_left(steps)
  if (pace.part(steps) !== undefined)
    texts.push(`${left === undefined ? '-:--' : time_text(left)}${is_narrow ? '' : ' left'}`)
  if (report === undefined) return texts
  texts.push(`loss ${short_text(report.loss)}`)
  if (pace.rate !== undefined) texts.push(`${short_text(Number(pace.rate.toPrecision(3)))} steps/s`)
  if (!Number.isNaN(report.lr)) texts.push(`lr ${short_text(report.lr)}`)
  texts.push(...[numbers_text(report.metrics), validation].filter((text) => text !== ''))
  return texts
}

/** One line about a training in the given columns: what does not fit is left out from the end. */
export function bar_text(columns: number, drawn: Drawn): string {
  const { plan, pace, report } = drawn
  const is_narrow = columns < NARROW
  const epoch = plan.counts_epochs && report !== undefined ? of_text(report.epoch + 1, plan.last_epoch) : ''
  const head = epoch === '' ? '' : `${is_narrow ? '' : 'Epoch '}${epoch} `
  const part = pace.part(report === undefined ? plan.done : report.step + 1)
  const least = part === undefined ? 0 : (is_narrow ? NARROWEST_BAR / 2 : NARROWEST_BAR) + 1
  const [first, ...others] = texts_of(drawn, is_narrow)
  let text = first!
  for (const next of others) {
    const longer = `${text}${is_narrow ? ' ' : ' | '}${next}`
    if (head.length + least + longer.length > columns) break
    text = longer
  }
  const size = Math.min(columns - head.length - text.length - 1, WIDEST_BAR)
  if (part === undefined || size < least - 1) return head + text
  const full = Math.round(part * size)
  return `${head}${'█'.repeat(full)}${'░'.repeat(size - full)} ${text}`
}

/** A bar on a terminal. */
export class Bar implements Progress {
  readonly #line = new Line(process.stdout)
  readonly #pace: Pace
  readonly #shown: cli_progress.SingleBar
  readonly #on_exit = () => this.#line.newline()
  #report: StepReport | undefined
  #validation = ''

  constructor(readonly plan: Plan) {
    this.#pace = new Pace(plan)
    this.#shown = new cli_progress.SingleBar({
      stream: process.stdout,
      format: () => this.#text(),
      gracefulExit: false,
      linewrap: true,
      // Not among its types: what it draws on.
      ...{ terminal: this.#line },
    })
    this.#shown.start(1, 0)
    // What ends the process goes on below the line.
    process.once('exit', this.#on_exit)
  }

  #text(): string {
    return bar_text(this.#line.getWidth(), {
      plan: this.plan,
      pace: this.#pace,
      report: this.#report,
      validation: this.#validation,
    })
  }

  step(report: StepReport): void {
    this.#report = report
    this.#pace.note(report.step + 1)
    this.#shown.update(0)
  }

  validated(metrics: Readonly<Record<string, number>>): void {
    this.#validation = numbers_text(metrics)
    this.#above(`Validation: ${this.#validation}`)
  }

  epoch_end(epoch: number, metrics: Readonly<Record<string, number>>): void {
    const validation = Object.entries(metrics).filter(([name]) => name.startsWith('val_'))
    if (validation.length > 0) this.#validation = numbers_text(Object.fromEntries(validation))
    const line = epoch_line(this.plan, epoch, metrics)
    if (line !== null) this.#above(line)
  }

  /** Writes a line that stays, above the bar. */
  #above(line: string): void {
    this.#line.cursorTo(0)
    this.#line.clearRight()
    console.log(line)
    this.#line.write(this.#text())
  }

  stop(): void {
    process.off('exit', this.#on_exit)
    this.#shown.stop()
  }
}
