import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from '../../python/signature.js'
import type { Rate } from '../options.js'
import { expect_optimizer, FirstFields, LRScheduler, scale } from './scheduler.js'

// Schedules that bring a factor from one value to another within `total_iters` epochs.

const { pow } = native.math

const CONSTANT_LR = signature(
  'ConstantLR',
  { optimizer: required(expect_optimizer) },
  {
    /** Factor of the learning rate. Default: 1/3. */
    factor: optional(1 / 3),
  },
  {
    /** Number of epochs with the factor. Default: 5. */
    total_iters: optional(5),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link ConstantLR}. */
export type ConstantLROptions = KeywordsOf<typeof CONSTANT_LR>

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

  constructor(...args: Call<typeof CONSTANT_LR>)
  constructor(...args: UsualCall<typeof CONSTANT_LR>)
  constructor(...args: unknown[]) {
    const { optimizer, last_epoch, ...own } = CONSTANT_LR.take(args)
    if (own.factor > 1 || own.factor < 0)
      throw value_error('Constant multiplicative factor expected to be between 0 and 1.')
    super(optimizer, last_epoch, new FirstFields(own))
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

  static {
    methods(ConstantLR, {
      get_lr: '',
    })
  }
}

const LINEAR_LR = signature(
  'LinearLR',
  { optimizer: required(expect_optimizer) },
  {
    /** Factor in the first epoch. Default: 1/3. */
    start_factor: optional(1 / 3),
  },
  {
    /** Factor at the end. Default: 1. */
    end_factor: optional(1),
  },
  {
    /** Epochs from one factor to the other. Default: 5. */
    total_iters: optional(5),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link LinearLR}. */
export type LinearLROptions = KeywordsOf<typeof LINEAR_LR>

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

  constructor(...args: Call<typeof LINEAR_LR>)
  constructor(...args: UsualCall<typeof LINEAR_LR>)
  constructor(...args: unknown[]) {
    const { optimizer, last_epoch, ...own } = LINEAR_LR.take(args)
    if (own.start_factor > 1 || own.start_factor <= 0)
      throw value_error(
        'Starting multiplicative factor expected to be greater than 0 and less or equal to 1.',
      )
    if (own.end_factor > 1 || own.end_factor < 0)
      throw value_error('Ending multiplicative factor expected to be between 0 and 1.')
    super(optimizer, last_epoch, new FirstFields(own))
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

  static {
    methods(LinearLR, {
      get_lr: '',
    })
  }
}

const POLYNOMIAL_LR = signature(
  'PolynomialLR',
  { optimizer: required(expect_optimizer) },
  {
    /** Epochs until the rate is 0. Default: 5. */
    total_iters: optional(5),
  },
  {
    /** Power of the polynomial. Default: 1. */
    power: optional(1),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link PolynomialLR}. */
export type PolynomialLROptions = KeywordsOf<typeof POLYNOMIAL_LR>

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

  constructor(...args: Call<typeof POLYNOMIAL_LR>)
  constructor(...args: UsualCall<typeof POLYNOMIAL_LR>)
  constructor(...args: unknown[]) {
    const { optimizer, last_epoch, ...own } = POLYNOMIAL_LR.take(args)
    super(optimizer, last_epoch, new FirstFields(own))
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

  static {
    methods(PolynomialLR, {
      get_lr: '',
    })
  }
}
