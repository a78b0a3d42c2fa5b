import type { StepReport } from './callback.js'
import { Pace, type Plan } from './plan.js'
import { numbers_text, short_text, time_text } from './progress_text.js'
import type { Trainer } from './trainer.js'

/** Shows how far training has come. */
export interface Progress {
  step(report: StepReport): void
  /** What a validation between two epochs' ends came to. */
  validated(metrics: Readonly<Record<string, number>>): void
  /** Means over the epoch that has ended, and its validation. */
  epoch_end(epoch: number, metrics: Readonly<Record<string, number>>): void
  /** Ends what is drawn; called also where an error was thrown. */
  stop(): void
}

/** Every epoch has its line, up to so many. */
const MOST_EPOCH_LINES = 100

/** A bar where standard output is a terminal, elsewhere a line every `log_every` steps; in both, a line for each epoch. */
export async function make_progress(plan: Plan, log_every: number): Promise<Progress> {
  if (!process.stdout.isTTY) return new Lines(plan, log_every)
  // Loaded only where it is shown.
  const { Bar } = await import('./bar.js')
  return new Bar(plan)
}

/** What the line of an epoch says, or null where it has none. */
export function epoch_line(
  plan: Plan,
  epoch: number,
  metrics: Readonly<Record<string, number>>,
): string | null {
  const { last_epoch } = plan
  if (!plan.counts_epochs) return null
  const every = Number.isFinite(last_epoch) ? Math.ceil(last_epoch / MOST_EPOCH_LINES) : 1
  if (epoch % every !== 0 && epoch !== last_epoch) return null
  return `Epoch ${of_text(epoch, last_epoch)}: ${numbers_text(metrics)}`
}

export const of_text = (count: number, total: number): string =>
  Number.isFinite(total) ? `${count}/${total}` : String(count)

class Lines implements Progress {
  readonly #pace: Pace
  #unsaid: StepReport | undefined

  constructor(
    readonly plan: Plan,
    readonly log_every: number,
  ) {
    this.#pace = new Pace(plan)
  }

  step(report: StepReport): void {
    this.#pace.note(report.step + 1)
    if (report.step % this.log_every === 0) this.#say(report)
    else this.#unsaid = report
  }

  #say(report: StepReport): void {
    this.#unsaid = undefined
    const { step, loss, metrics, lr, epoch } = report
    const { plan } = this
    const parts = [`Iteration ${step}`, `Loss ${loss}`]
    if (Object.keys(metrics).length > 0) parts.push(numbers_text(metrics))
    if (plan.counts_epochs) parts.push(`epoch ${of_text(epoch + 1, plan.last_epoch)}`)
    if (!Number.isNaN(lr)) parts.push(`lr ${short_text(lr)}`)
    const { rate } = this.#pace
    if (rate !== undefined) parts.push(`${short_text(rate)} steps/s`)
    const left = this.#pace.seconds_left(step + 1)
    if (left !== undefined && rate !== undefined) parts.push(`${time_text(left)} left`)
    console.log(parts.join(', '))
  }

  validated(metrics: Readonly<Record<string, number>>): void {
    console.log(`Validation: ${numbers_text(metrics)}`)
  }

  epoch_end(epoch: number, metrics: Readonly<Record<string, number>>): void {
    const line = epoch_line(this.plan, epoch, metrics)
    if (line === null) return
    if (epoch === this.plan.last_epoch) this.stop()
    console.log(line)
  }

  // The last step has its line in any case.
  stop(): void {
    if (this.#unsaid !== undefined) this.#say(this.#unsaid)
  }
}

const count_text = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`

/** The line at the end: what a call of `fit` came to. */
export function summary(
  trainer: Trainer,
  { done, counts_epochs }: Plan,
  loss: number | undefined,
  seconds: number,
): string {
  const { global_step, epoch, stopped } = trainer
  const steps = global_step - done
  const more = done === 0 ? [] : [`${global_step} in all`]
  if (counts_epochs && epoch > 0) more.push(count_text(epoch, 'epoch'))
  const whole = `${count_text(steps, 'step')}${more.length > 0 ? ` (${more.join(', ')})` : ''}`
  const rate = steps > 0 && seconds > 0 ? `, ${short_text(steps / seconds)} steps/s` : ''
  // Without epochs, means of the last whole one would be those of an earlier step.
  const means = Object.entries(trainer.metrics).filter(([name]) => counts_epochs || name.startsWith('val_'))
  const numbers = loss === undefined ? '' : `: ${numbers_text({ loss, ...Object.fromEntries(means) })}`
  const begin = stopped === undefined ? 'Trained' : `Stopped by ${String(stopped)} after`
  return `${begin} ${whole} in ${short_text(seconds)} s${rate}${numbers}`
}
