import { own_value } from '../own.js'

// A schedule's first step sets the rates of the optimizer's groups. A class of a program's own takes it only when its
// fields are set, which is after the constructor of the library's class: at the first look at a rate or at the schedule.

const waiting = new WeakMap<object, Set<() => void>>()

/** Takes the first steps of an optimizer's schedules that have not taken them. */
export function take_first_steps(optimizer: object): void {
  for (const take of waiting.get(optimizer) ?? []) take()
}

/** An own property that calls a function before it is read or written for the first time. */
function call_before(object: object, name: string, call: () => void): () => void {
  const before = Object.getOwnPropertyDescriptor(object, name)
  const restore = (): void => {
    if (before === undefined) delete (object as Record<string, unknown>)[name]
    else Object.defineProperty(object, name, before)
  }
  Object.defineProperty(object, name, {
    get(): unknown {
      call()
      return own_value(object as Record<string, unknown>, name)
    },
    set(value: unknown) {
      call()
      ;(object as Record<string, unknown>)[name] = value
    },
    enumerable: before?.enumerable ?? true,
    configurable: true,
  })
  return restore
}

/**
 * Puts off a schedule's first step until somebody looks.
 *
 * @param schedule - the schedule, some of whose fields the step sets
 * @param fields - these fields
 * @param optimizer - whose groups have the rates that the step sets
 */
export function put_off_first_step(
  schedule: object,
  fields: readonly string[],
  optimizer: { param_groups: readonly object[] },
  step: () => void,
): void {
  const restore: (() => void)[] = []
  const take = (): void => {
    steps.delete(take)
    for (const put_back of restore.reverse()) put_back()
    step()
  }
  const steps = waiting.get(optimizer) ?? new Set()
  waiting.set(optimizer, steps.add(take))
  for (const field of fields) restore.push(call_before(schedule, field, take))
  for (const group of optimizer.param_groups) restore.push(call_before(group, 'lr', take))
}
