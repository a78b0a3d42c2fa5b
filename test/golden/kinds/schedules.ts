import * as torch from 'typetorch'
import { look_up } from '../call.js'
import type { Case } from '../folder.js'
import { type Bytes, type Json, number_of, revive, revive_keywords } from '../values.js'

interface Group {
  lr: unknown
  momentum?: unknown
}
interface AnyOptimizer {
  param_groups: Group[]
  step(): unknown
}
type SgdClass = new (groups: unknown[], keywords: Record<string, unknown>) => AnyOptimizer
type ScheduleClass = new (
  optimizer: unknown,
  keywords: Record<string, unknown>,
) => { step(metric?: unknown): unknown }

/** A schedule's rates and momenta over forty steps of SGD with two groups. */
export function run_schedule(recorded: Case, memory: Bytes): string | null {
  const name = String(recorded['scheduler'])
  const schedule_class = look_up(torch, `optim.lr_scheduler.${name}`) as ScheduleClass | undefined
  if (schedule_class === undefined) return `there is no optim.lr_scheduler.${name}`
  const sgd_class = look_up(torch, 'optim.SGD') as SgdClass | undefined
  if (sgd_class === undefined) return 'there is no optim.SGD'
  const groups = [0.05, 0.02].map((lr) => ({ params: [torch.zeros(1).requires_grad_()], lr }))
  const optimizer = new sgd_class(groups, { lr: 0.05, momentum: 0.9 })
  const schedule = new schedule_class(optimizer, revive_keywords(recorded['kwargs'], memory))
  const [rates, momenta] = [recorded['lrs'] as Json[][], recorded['momenta'] as Json[][] | null]
  const metrics = recorded['metrics'] as Json[] | null
  for (let step = 0; step < rates.length; step++) {
    if (step > 0) {
      optimizer.step()
      if (metrics === null || metrics === undefined) schedule.step()
      else schedule.step(revive(metrics[step - 1]!, memory))
    }
    for (const [g, group] of optimizer.param_groups.entries()) {
      const wrong =
        differ('lr', group.lr, rates[step]![g]) ?? differ('momentum', group.momentum, momenta?.[step]?.[g])
      if (wrong !== null) return `step ${step}, group ${g}: ${wrong}`
    }
  }
  return null
}

function differ(what: string, ours: unknown, theirs: Json | undefined): string | null {
  if (theirs === undefined || theirs === null) return null
  const expected = number_of(theirs)
  const found = ours instanceof torch.Tensor ? ours.item() : Number(ours)
  return Object.is(found, expected) ? null : `${what} is ${found}, expected ${expected}`
}
