import { type Items, items_of, record_of } from '../../collections.js'
import { native } from '../../native.js'
import { own } from '../../own.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from '../../python/signature.js'
import { note_form } from '../../serialization/form.js'
import { type Rate, times, to_the } from '../options.js'
import { expect_optimizer, FirstFields, LRScheduler, type SchedulerState, scale } from './scheduler.js'

// Schedules whose rate falls by one factor, gamma, again and again.

const { pow } = native.math

const STEP_LR = signature(
  'StepLR',
  { optimizer: required(expect_optimizer) },
  {
    /** Epochs between two decays. */
    step_size: required<number>(),
  },
  {
    /** Decay factor. Default: 0.1. */
    gamma: optional(0.1),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link StepLR}. */
export type StepLROptions = KeywordsOf<typeof STEP_LR>

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

  constructor(...args: Call<typeof STEP_LR>)
  constructor(...args: UsualCall<typeof STEP_LR>)
  constructor(...args: unknown[]) {
    const { optimizer, last_epoch, ...own } = STEP_LR.take(args)
    super(optimizer, last_epoch, new FirstFields(own))
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

  static {
    methods(StepLR, {
      get_lr: '',
    })
  }
}

/** Counts by epoch, which a file holds as Python's Counter. */
function as_counter(counts: Items<number>): Record<string, number> {
  return note_form(Object.fromEntries(items_of(counts)), { kind: 'Counter', keys: 'int' })
}

const MULTI_STEP_LR = signature(
  'MultiStepLR',
  { optimizer: required(expect_optimizer) },
  {
    /** Epochs of the decays. */
    milestones: required<readonly number[]>(),
  },
  {
    /** Decay factor. Default: 0.1. */
    gamma: optional(0.1),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link MultiStepLR}. */
export type MultiStepLROptions = KeywordsOf<typeof MULTI_STEP_LR>

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

  constructor(...args: Call<typeof MULTI_STEP_LR>)
  constructor(...args: UsualCall<typeof MULTI_STEP_LR>)
  constructor(...args: unknown[]) {
    const given = MULTI_STEP_LR.take(args)
    const counts = new Map<string, number>()
    for (const epoch of given.milestones) counts.set(String(epoch), (counts.get(String(epoch)) ?? 0) + 1)
    super(
      given.optimizer,
      given.last_epoch,
      new FirstFields({ milestones: as_counter(counts), gamma: given.gamma }),
    )
  }

  // Python's state has them in a Counter, whose keys are ints.
  override load_state_dict(state_dict: SchedulerState): void {
    const { milestones, ...state } = own(record_of('load_state_dict', state_dict))
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

  static {
    methods(MultiStepLR, {
      get_lr: '',
    })
  }
}

const EXPONENTIAL_LR = signature(
  'ExponentialLR',
  { optimizer: required(expect_optimizer) },
  {
    /** Decay factor of each epoch. */
    gamma: required<number>(),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link ExponentialLR}. */
export type ExponentialLROptions = KeywordsOf<typeof EXPONENTIAL_LR>

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

  constructor(...args: Call<typeof EXPONENTIAL_LR>)
  constructor(...args: UsualCall<typeof EXPONENTIAL_LR>)
  constructor(...args: unknown[]) {
    const { optimizer, gamma, last_epoch } = EXPONENTIAL_LR.take(args)
    super(optimizer, last_epoch, new FirstFields({ gamma }))
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const current = this.current_lrs()
    return this._is_initial ? current : scale(current, this.gamma)
  }

  override _get_closed_form_lr(): Rate[] {
    return this.base_lrs.map((lr) => times(lr, to_the(this.gamma, this.last_epoch)))
  }

  static {
    methods(ExponentialLR, {
      get_lr: '',
    })
  }
}
