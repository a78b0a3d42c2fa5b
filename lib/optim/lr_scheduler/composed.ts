import { record_of } from '../../collections.js'
import { type_error, value_error } from '../../errors.js'
import { assign_own, has_member, own_value } from '../../own.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { type Optimizer, options_of } from '../optimizer.js'
import type { Rate } from '../options.js'
import { ReduceLROnPlateau } from './plateau.js'
import {
  expect_optimizer,
  FirstFields,
  group_values,
  LRScheduler,
  type SchedulerState,
  set_group_value,
} from './scheduler.js'

function check(name: string, schedulers: readonly LRScheduler[], optimizer: Optimizer): void {
  schedulers.forEach((scheduler, i) => {
    if (typeof scheduler !== 'object' || !has_member(scheduler, 'optimizer'))
      throw type_error(`${name} at index ${i} should have \`optimizer\` as its attribute.`)
    if (scheduler instanceof ReduceLROnPlateau)
      throw value_error(
        `${name} does not support \`ReduceLROnPlateau\` scheduler as it requires additional kwargs to be specified ` +
          `when calling \`step\`, but got one at index ${i} in the given schedulers sequence.`,
      )
    if (scheduler.optimizer !== optimizer)
      throw value_error(
        `${name} expects all schedulers to belong to the same optimizer, but got scheduler ` +
          `${scheduler.constructor.name} at index ${i} has ${String(scheduler.optimizer)}, which is different from ` +
          `${optimizer.constructor.name}.`,
      )
  })
}

/** What schedules made of schedules have in common: their state holds the others'. */
class Composed extends LRScheduler {
  declare _schedulers: LRScheduler[]

  override state_dict(): SchedulerState {
    const { _schedulers, ...state } = { ...this } as { _schedulers: LRScheduler[] }
    return { ...state, _schedulers: _schedulers.map((scheduler) => scheduler.state_dict()) }
  }

  override load_state_dict(state_dict: SchedulerState): void {
    const { _schedulers, ...state } = record_of('load_state_dict', state_dict) as {
      _schedulers: SchedulerState[]
    }
    if (!Array.isArray(_schedulers) || _schedulers.length !== this._schedulers.length)
      throw value_error(
        `load_state_dict(): the state is of ${Array.isArray(_schedulers) ? _schedulers.length : 'no'} schedules, and this one is of ${this._schedulers.length}`,
      )
    this._check_numbers(state)
    assign_own(this, state)
    _schedulers.forEach((own, i) => {
      this._schedulers[i]!.load_state_dict(own)
    })
  }

  static {
    methods(Composed, { load_state_dict: 'state_dict{}', state_dict: '' })
  }
}

const SEQUENTIAL_LR = signature(
  'SequentialLR',
  { optimizer: required(expect_optimizer) },
  { schedulers: required<readonly LRScheduler[]>() },
  { milestones: required<readonly number[]>() },
  { last_epoch: optional(-1) },
)

const CHAINED_SCHEDULER = signature(
  'ChainedScheduler',
  { schedulers: required<readonly LRScheduler[]>() },
  { optimizer: optional<Optimizer | null>(null) },
)

/** How many milestones are at the epoch or before it. */
function passed(milestones: readonly number[], epoch: number): number {
  let count = 0
  while (count < milestones.length && milestones[count]! <= epoch) count++
  return count
}

function undo(scheduler: LRScheduler): void {
  const inner = own_value(scheduler as { _schedulers?: LRScheduler[] }, '_schedulers')
  if (inner !== undefined) for (const item of inner) undo(item)
  else scheduler.last_epoch -= 1
}

/**
 * Schedules one after the other, each until a milestone.
 *
 * @param optimizer - the optimizer
 * @param schedulers - the schedules
 * @param milestones - the epochs at which the next one begins, one fewer
 * @throws ValueError for schedules of other optimizers, and where their number does not fit the milestones'
 *
 * @example
 * ```ts
 * const { ConstantLR, ExponentialLR, SequentialLR } = torch.optim.lr_scheduler
 * const scheduler = new SequentialLR(
 *   optimizer,
 *   [new ConstantLR(optimizer, { factor: 0.1, total_iters: 20 }), new ExponentialLR(optimizer, 0.9)],
 *   [20],
 * )
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class SequentialLR extends Composed {
  declare _milestones: number[]

  constructor(...args: Call<typeof SEQUENTIAL_LR>)
  constructor(...args: UsualCall<typeof SEQUENTIAL_LR>)
  constructor(...args: unknown[]) {
    const { optimizer, schedulers, milestones, last_epoch } = SEQUENTIAL_LR.take(args)
    if (schedulers.length < 1)
      throw value_error('SequentialLR expects at least one scheduler, but got no scheduler.')
    check('SequentialLR', schedulers, optimizer)
    if (milestones.length !== schedulers.length - 1)
      throw value_error(
        'Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone ' +
          `points, but got number of schedulers ${schedulers.length} and the number of milestones to be equal to ` +
          `${milestones.length}`,
      )
    super(
      optimizer,
      last_epoch,
      new FirstFields({ _schedulers: [...schedulers], _milestones: [...milestones] }),
    )
  }
  // All schedules have stepped once when they were made: that is undone, and the first one begins.
  override _begin(last_epoch: number): void {
    this.last_epoch = last_epoch + 1
    for (const group of this.optimizer.param_groups) {
      const options = options_of(group)
      set_group_value(options, 'lr', own_value(options, 'initial_lr') as Rate)
    }
    this.recursive_undo()
    const first = this._schedulers[passed(this._milestones, 0)]!
    first._initial_step()
    this._last_lr = first.get_last_lr()
  }

  /** Takes back one epoch of a schedule and of all that it is made of. */
  recursive_undo(sched: LRScheduler = this): void {
    undo(sched)
  }

  override step(): void {
    this.last_epoch += 1
    const i = passed(this._milestones, this.last_epoch)
    const scheduler = this._schedulers[i]!
    if (i > 0 && this._milestones[i - 1] === this.last_epoch) scheduler._update_lr(0)
    else scheduler.step()
    this._last_lr = scheduler.get_last_lr()
  }

  static {
    methods(SequentialLR, {
      recursive_undo: 'sched?',
      step: '',
    })
  }
}

/**
 * Schedules that all step together: each one's factor comes on top of the others'.
 *
 * @param schedulers - the schedules
 * @param optimizer - their optimizer. Default: the first one's
 * @throws ValueError for no schedules, and for schedules of other optimizers
 *
 * @example
 * ```ts
 * const { ChainedScheduler, ConstantLR, ExponentialLR } = torch.optim.lr_scheduler
 * const scheduler = new ChainedScheduler([
 *   new ConstantLR(optimizer, { factor: 0.1, total_iters: 20 }),
 *   new ExponentialLR(optimizer, 0.9),
 * ])
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class ChainedScheduler extends Composed {
  constructor(...args: Call<typeof CHAINED_SCHEDULER>)
  constructor(...args: UsualCall<typeof CHAINED_SCHEDULER>)
  constructor(...args: unknown[]) {
    const given = CHAINED_SCHEDULER.take(args)
    const { schedulers } = given
    if (schedulers.length < 1)
      throw value_error(
        'ChainedScheduler expects at least one scheduler to be chained, but got no scheduler.',
      )
    const optimizer = given.optimizer ?? schedulers[0]!.optimizer
    check('ChainedScheduler', schedulers, optimizer)
    super(optimizer, -1, new FirstFields({ _schedulers: [...schedulers] }))
  }

  override _begin(): void {
    this._last_lr = group_values(this.optimizer, 'lr')
  }

  override step(): void {
    for (const scheduler of this._schedulers) scheduler.step()
    this._last_lr = group_values(this.optimizer, 'lr')
  }

  static {
    methods(ChainedScheduler, {
      step: '',
    })
  }
}
