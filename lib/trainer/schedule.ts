import { value_error } from '../errors.js'
import { own_value } from '../own.js'
import type { TrainerOptions } from './options.js'

/** Lets the schedule take its step at the end of an epoch, with the metric that it goes by where there is one. */
export function step_schedule(
  { schedule, schedule_metric: metric }: TrainerOptions,
  metrics: Readonly<Record<string, number>>,
): void {
  if (metric === undefined) {
    schedule?.step()
    return
  }
  const value = own_value(metrics, metric)
  if (value === undefined)
    throw value_error(
      `Trainer: schedule_metric '${metric}' is none of the metrics: ${Object.keys(metrics).join(', ')}`,
    )
  ;(schedule as { step(metric: number): unknown } | undefined)?.step(value)
}
