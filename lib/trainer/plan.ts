import { member } from '../own.js'
import { DataLoader } from '../utils/data/dataloader.js'
import { IterableDataset } from '../utils/data/dataset.js'
import type { TrainerOptions } from './options.js'
import type { Trainer } from './trainer.js'

/** What `fit` is going to do, as far as it is known. */
export interface Plan {
  /** Steps of the whole training; infinite where that isn't known. */
  total_steps: number
  last_epoch: number
  max_seconds: number
  /** Whether epochs are what training is counted in. */
  counts_epochs: boolean
  /** Steps done before. */
  done: number
  /** Seconds trained so far, those of a loaded state included. */
  seconds: () => number
}

/** How many batches data has, where it says so. */
export function batch_count(data: unknown): number | null {
  // A stream's length is told for nothing: asking has it compared later.
  if (data instanceof DataLoader && data.dataset instanceof IterableDataset) return null
  try {
    const sized = data as { length?: unknown; size?: unknown }
    const [length, size] = [member(sized, 'length'), member(sized, 'size')]
    const count = length ?? size
    return Number.isInteger(count) && (count as number) >= 0 ? (count as number) : null
  } catch {
    // A loader whose sampler has no length.
    return null
  }
}

/** What a call of `fit` has before it. */
export function plan_of(
  data: unknown,
  options: TrainerOptions,
  trainer: Trainer,
  // `batch`: batches done of an epoch that was left.
  { max_steps, last_epoch, batch }: { max_steps: number; last_epoch: number; batch: number },
): Plan {
  const { max_epochs, max_seconds = Number.POSITIVE_INFINITY, accumulate = 1 } = options
  const { global_step: done, epoch } = trainer
  const count = batch_count(data)
  const epochs = last_epoch - epoch
  let by_epochs = Number.POSITIVE_INFINITY
  if (epochs <= 0) by_epochs = done
  else if (count !== null && Number.isFinite(epochs))
    by_epochs = done + Math.ceil((count - batch) / accumulate) + (epochs - 1) * Math.ceil(count / accumulate)
  return {
    total_steps: Math.max(done, Math.min(max_steps, by_epochs)),
    last_epoch,
    max_seconds,
    counts_epochs:
      max_epochs !== undefined || (options.max_steps === undefined && !Number.isFinite(max_seconds)),
    done,
    seconds: () => trainer.seconds,
  }
}

/** Over how many seconds the pace is taken. */
const WINDOW_S = 15
const SAMPLE_S = 0.1

/** Steps a second in the last seconds, and the time that is left. */
export class Pace {
  readonly #samples: [seconds: number, steps: number][] = []

  constructor(readonly plan: Plan) {
    this.#samples.push([plan.seconds(), plan.done])
  }

  /** Takes down how many steps are done. */
  note(steps: number): void {
    const now = this.plan.seconds()
    const samples = this.#samples
    if (samples.length > 1 && now - samples[samples.length - 2]![0] < SAMPLE_S) samples.pop()
    samples.push([now, steps])
    while (samples.length > 2 && now - samples[1]![0] > WINDOW_S) samples.shift()
  }

  /** Steps a second; undefined before the first. */
  get rate(): number | undefined {
    const [first, last] = [this.#samples[0]!, this.#samples.at(-1)!]
    const seconds = last[0] - first[0]
    return last[1] > first[1] && seconds > 0 ? (last[1] - first[1]) / seconds : undefined
  }

  seconds_left(steps: number): number | undefined {
    const { total_steps, max_seconds } = this.plan
    const { rate } = this
    const by_steps = rate === undefined ? Number.POSITIVE_INFINITY : (total_steps - steps) / rate
    const left = Math.min(by_steps, max_seconds - this.plan.seconds())
    return Number.isFinite(left) ? Math.max(left, 0) : undefined
  }

  /** How much of training is done, between 0 and 1; undefined where nobody knows. */
  part(steps: number): number | undefined {
    const { total_steps, max_seconds } = this.plan
    if (!Number.isFinite(total_steps) && !Number.isFinite(max_seconds)) return undefined
    const by_steps = total_steps === 0 ? 1 : steps / total_steps
    return Math.min(1, Math.max(by_steps, this.plan.seconds() / max_seconds))
  }
}
