import { type_error, type_name, value_error } from '../../errors.js'
import { native } from '../../native.js'
import { take_options } from '../../ops/keywords.js'
import type { Optimizer } from '../optimizer.js'
import { type Rate, times, to_the } from '../options.js'
import { LRScheduler, type SchedulerOptions, type SchedulerState, scale } from './scheduler.js'

const { pow } = native.math

/** A factor by epoch. */
export type Lambda = (epoch: number) => number

interface LambdaArguments {
  optimizer: Optimizer
  lr_lambda: Lambda | readonly Lambda[]
  last_epoch: number
}

function lambdas_of({ optimizer, lr_lambda }: LambdaArguments): Lambda[] {
  const groups = optimizer.param_groups.length
  if (!Array.isArray(lr_lambda)) return Array<Lambda>(groups).fill(lr_lambda as Lambda)
  if (lr_lambda.length !== groups)
    throw value_error(`Expected ${groups} lr_lambdas, but got ${lr_lambda.length}`)
  return [...(lr_lambda as Lambda[])]
}

/** What schedules by functions have in common: functions are not part of the state. */
class ByLambda extends LRScheduler {
  declare lr_lambdas: Lambda[]

  constructor(name: string, args: unknown[], check?: (lambdas: Lambda[]) => void) {
    const given = take_options<LambdaArguments>(name, args, ['optimizer', 'lr_lambda', 'last_epoch'], {
      last_epoch: -1,
    })
    const lr_lambdas = lambdas_of(given)
    check?.(lr_lambdas)
    super(given.optimizer, given.last_epoch, { lr_lambdas })
  }

  override state_dict(): SchedulerState {
    const { lr_lambdas, ...state } = super.state_dict() as { lr_lambdas: Lambda[] }
    // A function's own properties are its state, as those of a callable object are in Python.
    return {
      ...state,
      lr_lambdas: lr_lambdas.map((call) => (Object.keys(call).length > 0 ? { ...call } : null)),
    }
  }

  override load_state_dict(state_dict: SchedulerState): void {
    const { lr_lambdas, ...state } = state_dict as { lr_lambdas?: (object | null)[] }
    super.load_state_dict(state)
    lr_lambdas?.forEach((properties, i) => {
      if (properties !== null) Object.assign(this.lr_lambdas[i]!, properties)
    })
  }
}

/**
 * Each group's rate is its initial one times a function of the epoch.
 *
 * @param optimizer - the optimizer
 * @param lr_lambda - the function, or one for each group
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.LambdaLR(optimizer, (epoch) => 1 / (epoch + 1))
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class LambdaLR extends ByLambda {
  constructor(
    optimizer: Optimizer,
    lr_lambda: Lambda | readonly Lambda[] | (SchedulerOptions & { lr_lambda: Lambda | readonly Lambda[] }),
    last_epoch?: number | SchedulerOptions,
  )
  constructor(...args: unknown[]) {
    super('LambdaLR', args)
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    return this.base_lrs.map((lr, i) => times(lr, this.lr_lambdas[i]!(this.last_epoch)))
  }
}

/**
 * Each group's rate is multiplied by a function of the epoch at every step.
 *
 * @param optimizer - the optimizer
 * @param lr_lambda - the function, or one for each group
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.MultiplicativeLR(optimizer, () => 0.95)
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class MultiplicativeLR extends ByLambda {
  constructor(
    optimizer: Optimizer,
    lr_lambda: Lambda | readonly Lambda[] | (SchedulerOptions & { lr_lambda: Lambda | readonly Lambda[] }),
    last_epoch?: number | SchedulerOptions,
  )
  constructor(...args: unknown[]) {
    super('MultiplicativeLR', args, (lambdas) => {
      for (const call of lambdas)
        if (typeof call !== 'function')
          throw type_error(`lr_lambda should be a function, but got ${type_name(call)}`)
    })
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const current = this.current_lrs()
    if (this._is_initial) return current
    return current.map((lr, i) => times(lr, this.lr_lambdas[i]!(this.last_epoch)))
  }
}

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
    const milestones: Record<string, number> = {}
    for (const epoch of given.milestones) milestones[epoch] = (milestones[epoch] ?? 0) + 1
    super(given.optimizer, given.last_epoch, { milestones, gamma: given.gamma })
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

/** Options of {@link ConstantLR}. */
export interface ConstantLROptions extends SchedulerOptions {
  /** The factor. Default: 1/3. */
  factor?: number
  /** For how many epochs. Default: 5. */
  total_iters?: number
}

/**
 * Each group's rate is multiplied by a factor for the first epochs.
 *
 * @param optimizer - the optimizer
 * @param factor - the factor. Default: 1/3
 * @param total_iters - for how many epochs. Default: 5
 * @throws ValueError for a factor outside [0, 1]
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.ConstantLR(optimizer, { factor: 0.5, total_iters: 40 })
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class ConstantLR extends LRScheduler {
  declare factor: number
  declare total_iters: number

  constructor(
    optimizer: Optimizer,
    factor?: number | ConstantLROptions,
    total_iters?: number | ConstantLROptions,
    last_epoch?: number | ConstantLROptions,
  )
  constructor(...args: unknown[]) {
    const { optimizer, last_epoch, ...own } = take_options<
      Required<ConstantLROptions> & { optimizer: Optimizer }
    >('ConstantLR', args, ['optimizer', 'factor', 'total_iters', 'last_epoch'], {
      factor: 1 / 3,
      total_iters: 5,
      last_epoch: -1,
    })
    if (own.factor > 1 || own.factor < 0)
      throw value_error('Constant multiplicative factor expected to be between 0 and 1.')
    super(optimizer, last_epoch, own)
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const current = this.current_lrs()
    if (this.last_epoch === 0) return scale(current, this.factor)
    return this.last_epoch === this.total_iters ? scale(current, 1 / this.factor) : current
  }

  override _get_closed_form_lr(): Rate[] {
    return scale(this.base_lrs, this.factor + Number(this.last_epoch >= this.total_iters) * (1 - this.factor))
  }
}

/** Options of {@link LinearLR}. */
export interface LinearLROptions extends SchedulerOptions {
  /** The factor at the start. Default: 1/3. */
  start_factor?: number
  /** The factor at the end. Default: 1. */
  end_factor?: number
  /** Epochs from one to the other. Default: 5. */
  total_iters?: number
}

/**
 * Each group's rate goes linearly from one factor of it to another.
 *
 * @param optimizer - the optimizer
 * @param start_factor - Default: 1/3
 * @param end_factor - Default: 1
 * @param total_iters - epochs from one to the other. Default: 5
 * @throws ValueError for factors outside (0, 1] and [0, 1]
 *
 * @example
 * ```ts
 * const warmup = new torch.optim.lr_scheduler.LinearLR(optimizer, { start_factor: 0.05, total_iters: 20 })
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class LinearLR extends LRScheduler {
  declare start_factor: number
  declare end_factor: number
  declare total_iters: number

  constructor(
    optimizer: Optimizer,
    start_factor?: number | LinearLROptions,
    end_factor?: number | LinearLROptions,
    total_iters?: number | LinearLROptions,
    last_epoch?: number | LinearLROptions,
  )
  constructor(...args: unknown[]) {
    const { optimizer, last_epoch, ...own } = take_options<
      Required<LinearLROptions> & { optimizer: Optimizer }
    >('LinearLR', args, ['optimizer', 'start_factor', 'end_factor', 'total_iters', 'last_epoch'], {
      start_factor: 1 / 3,
      end_factor: 1,
      total_iters: 5,
      last_epoch: -1,
    })
    if (own.start_factor > 1 || own.start_factor <= 0)
      throw value_error(
        'Starting multiplicative factor expected to be greater than 0 and less or equal to 1.',
      )
    if (own.end_factor > 1 || own.end_factor < 0)
      throw value_error('Ending multiplicative factor expected to be between 0 and 1.')
    super(optimizer, last_epoch, own)
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const { start_factor: start, end_factor: end, total_iters, last_epoch } = this
    const current = this.current_lrs()
    if (last_epoch === 0) return scale(current, start)
    if (this._is_initial || last_epoch > total_iters) return current
    return scale(current, 1 + (end - start) / (total_iters * start + (last_epoch - 1) * (end - start)))
  }

  override _get_closed_form_lr(): Rate[] {
    const { start_factor: start, end_factor: end, total_iters } = this
    return scale(
      this.base_lrs,
      start + ((end - start) * Math.min(total_iters, this.last_epoch)) / total_iters,
    )
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

/** Options of {@link PolynomialLR}. */
export interface PolynomialLROptions extends SchedulerOptions {
  /** Epochs until the rate is 0. Default: 5. */
  total_iters?: number
  /** The power. Default: 1. */
  power?: number
}

/**
 * Each group's rate falls to 0 as a power of the epochs that are left.
 *
 * @param optimizer - the optimizer
 * @param total_iters - epochs until it is 0. Default: 5
 * @param power - the power. Default: 1
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.PolynomialLR(optimizer, { total_iters: 4, power: 2 })
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class PolynomialLR extends LRScheduler {
  declare total_iters: number
  declare power: number

  constructor(
    optimizer: Optimizer,
    total_iters?: number | PolynomialLROptions,
    power?: number | PolynomialLROptions,
    last_epoch?: number | PolynomialLROptions,
  )
  constructor(...args: unknown[]) {
    const { optimizer, last_epoch, ...own } = take_options<
      Required<PolynomialLROptions> & { optimizer: Optimizer }
    >('PolynomialLR', args, ['optimizer', 'total_iters', 'power', 'last_epoch'], {
      total_iters: 5,
      power: 1,
      last_epoch: -1,
    })
    super(optimizer, last_epoch, own)
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const { total_iters, last_epoch } = this
    const current = this.current_lrs()
    if (this._is_initial || last_epoch > total_iters) return current
    return scale(
      current,
      pow((1 - last_epoch / total_iters) / (1 - (last_epoch - 1) / total_iters), this.power),
    )
  }

  override _get_closed_form_lr(): Rate[] {
    const { total_iters } = this
    return scale(this.base_lrs, pow(1 - Math.min(total_iters, this.last_epoch) / total_iters, this.power))
  }
}
