import { type Items, items_of, record_of } from '../../collections.js'
import { native } from '../../native.js'
import { take_options } from '../../ops/keywords.js'
import { note_form } from '../../serialization/form.js'
import type { Optimizer } from '../optimizer.js'
import { type Rate, times, to_the } from '../options.js'
import { LRScheduler, type SchedulerOptions, type SchedulerState, scale } from './scheduler.js'

// Schedules whose rate falls by one factor, gamma, again and again.

const { pow } = native.math

/** Options of {@link StepLR}. */
export interface StepLROptions extends SchedulerOptions {
  /** Epochs between two falls. */
  step_size?: number
  /** The factor. Default: 0.1. */
  gamma?: number
}

/**
 * Each group's rate falls by a factor every `step_size` epochs.
 *
 * @param optimizer - the optimizer
 * @param step_size - epochs between two falls
 * @param gamma - the factor. Default: 0.1
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.StepLR(optimizer, 30, 0.1)
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class StepLR extends LRScheduler {
  declare step_size: number
  declare gamma: number

  constructor(
    optimizer: Optimizer,
    step_size: number | StepLROptions,
    gamma?: number | StepLROptions,
    last_epoch?: number | StepLROptions,
  )
  constructor(...args: unknown[]) {
    const { optimizer, last_epoch, ...own } = take_options<
      Required<StepLROptions> & { optimizer: Optimizer }
    >('StepLR', args, ['optimizer', 'step_size', 'gamma', 'last_epoch'], { gamma: 0.1, last_epoch: -1 })
    super(optimizer, last_epoch, own)
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const current = this.current_lrs()
    return this.last_epoch === 0 || this.last_epoch % this.step_size !== 0
      ? current
      : scale(current, this.gamma)
  }

  override _get_closed_form_lr(): Rate[] {
    return scale(this.base_lrs, pow(this.gamma, Math.floor(this.last_epoch / this.step_size)))
  }
}

/** Counts by epoch, which a file holds as Python's Counter. */
function as_counter(counts: Items<number>): Record<string, number> {
  return note_form(Object.fromEntries(items_of(counts)), { kind: 'Counter', keys: 'int' })
}

/** Options of {@link MultiStepLR}. */
export interface MultiStepLROptions extends SchedulerOptions {
  /** The epochs at which the rate falls. */
  milestones?: readonly number[]
  /** The factor. Default: 0.1. */
  gamma?: number
}

/**
 * Each group's rate falls by a factor at given epochs; one that is given twice counts twice.
 *
 * @param optimizer - the optimizer
 * @param milestones - the epochs
 * @param gamma - the factor. Default: 0.1
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 80], 0.1)
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class MultiStepLR extends LRScheduler {
  /** How often each epoch was given. */
  declare milestones: Record<string, number>
  declare gamma: number

  constructor(
    optimizer: Optimizer,
    milestones: readonly number[] | MultiStepLROptions,
    gamma?: number | MultiStepLROptions,
    last_epoch?: number | MultiStepLROptions,
  )
  constructor(...args: unknown[]) {
    const given = take_options<Required<MultiStepLROptions> & { optimizer: Optimizer }>(
      'MultiStepLR',
      args,
      ['optimizer', 'milestones', 'gamma', 'last_epoch'],
      { gamma: 0.1, last_epoch: -1 },
    )
    const counts = new Map<string, number>()
    for (const epoch of given.milestones) counts.set(String(epoch), (counts.get(String(epoch)) ?? 0) + 1)
    super(given.optimizer, given.last_epoch, { milestones: as_counter(counts), gamma: given.gamma })
  }

  // Python's state has them in a Counter, whose keys are ints.
  override load_state_dict(state_dict: SchedulerState): void {
    const { milestones, ...state } = record_of('load_state_dict', state_dict)
    super.load_state_dict(state)
    if (milestones !== undefined) this.milestones = as_counter(milestones as Items<number>)
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const times_given = this.milestones[this.last_epoch]
    const current = this.current_lrs()
    return times_given === undefined ? current : scale(current, pow(this.gamma, times_given))
  }

  override _get_closed_form_lr(): Rate[] {
    let passed = 0
    for (const [epoch, count] of Object.entries(this.milestones))
      if (Number(epoch) <= this.last_epoch) passed += count
    return scale(this.base_lrs, pow(this.gamma, passed))
  }
}

/** Options of {@link ExponentialLR}. */
export interface ExponentialLROptions extends SchedulerOptions {
  /** The factor. */
  gamma?: number
}

/**
 * Each group's rate is multiplied by a factor at every epoch.
 *
 * @param optimizer - the optimizer
 * @param gamma - the factor
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.95)
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class ExponentialLR extends LRScheduler {
  declare gamma: number

  constructor(
    optimizer: Optimizer,
    gamma: number | ExponentialLROptions,
    last_epoch?: number | ExponentialLROptions,
  )
  constructor(...args: unknown[]) {
    const { optimizer, gamma, last_epoch } = take_options<
      Required<ExponentialLROptions> & { optimizer: Optimizer }
    >('ExponentialLR', args, ['optimizer', 'gamma', 'last_epoch'], { last_epoch: -1 })
    super(optimizer, last_epoch, { gamma })
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const current = this.current_lrs()
    return this._is_initial ? current : scale(current, this.gamma)
  }

  override _get_closed_form_lr(): Rate[] {
    return this.base_lrs.map((lr) => times(lr, to_the(this.gamma, this.last_epoch)))
  }
}
