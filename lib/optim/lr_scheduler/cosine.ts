import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from '../../python/signature.js'
import { py_repr } from '../../repr.js'
import { minus, over, plus, type Rate, times } from '../options.js'
import { expect_optimizer, FirstFields, LRScheduler } from './scheduler.js'

const { cos, log, pow } = native.math

const COSINE_ANNEALING_LR = signature(
  'CosineAnnealingLR',
  { optimizer: required(expect_optimizer) },
  {
    /** Epochs from the largest rate to the smallest. */
    T_max: required<number>(),
  },
  {
    /** Smallest learning rate. Default: 0. */
    eta_min: optional(0),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link CosineAnnealingLR}. */
export type CosineAnnealingLROptions = KeywordsOf<typeof COSINE_ANNEALING_LR>

// eta_min + (base − eta_min)(1 + cos(angle)) / 2
function cosine(base: Rate, eta_min: number, angle: number): Rate {
  return plus(eta_min, over(times(minus(base, eta_min), 1 + cos(angle)), 2))
}

/**
 * Each group's rate follows a cosine: η = η_min + ½ (η₀ − η_min)(1 + cos(π t / T_max)).
 *
 * @param optimizer - the optimizer
 * @param T_max - epochs from the greatest rate to the least
 * @param eta_min - the least rate. Default: 0
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class CosineAnnealingLR extends LRScheduler {
  declare T_max: number
  declare eta_min: number

  constructor(...args: Call<typeof COSINE_ANNEALING_LR>)
  constructor(...args: UsualCall<typeof COSINE_ANNEALING_LR>)
  constructor(...args: unknown[]) {
    const { optimizer, last_epoch, ...own } = COSINE_ANNEALING_LR.take(args)
    super(optimizer, last_epoch, new FirstFields(own))
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const { T_max, eta_min, last_epoch, base_lrs } = this
    const current = this.current_lrs()
    if (this._is_initial) return current
    if (this._step_count === 1 && last_epoch > 0)
      return base_lrs.map((base) => cosine(base, eta_min, (last_epoch * Math.PI) / T_max))
    // At the least rate the ratio below divides by 0; JavaScript's % keeps the sign, which 0 has not.
    if ((last_epoch - 1 - T_max) % (2 * T_max) === 0)
      return current.map((lr, i) =>
        plus(lr, over(times(minus(base_lrs[i]!, eta_min), 1 - cos(Math.PI / T_max)), 2)),
      )
    const ratio = (1 + cos((Math.PI * last_epoch) / T_max)) / (1 + cos((Math.PI * (last_epoch - 1)) / T_max))
    return current.map((lr) => plus(times(ratio, minus(lr, eta_min)), eta_min))
  }

  override _get_closed_form_lr(): Rate[] {
    const angle = (Math.PI * this.last_epoch) / this.T_max
    return this.base_lrs.map((base) => cosine(base, this.eta_min, angle))
  }

  static {
    methods(CosineAnnealingLR, {
      get_lr: '',
    })
  }
}

const COSINE_ANNEALING_WARM_RESTARTS = signature(
  'CosineAnnealingWarmRestarts',
  { optimizer: required(expect_optimizer) },
  {
    /** Epochs until the first restart. */
    T_0: required<number>(),
  },
  {
    /** Factor of the epochs between restarts. Default: 1. */
    T_mult: optional(1),
  },
  {
    /** Smallest learning rate. Default: 0. */
    eta_min: optional(0),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link CosineAnnealingWarmRestarts}. */
export type WarmRestartsOptions = KeywordsOf<typeof COSINE_ANNEALING_WARM_RESTARTS>

/**
 * Each group's rate follows a cosine down, and begins anew at restarts.
 *
 * @param optimizer - the optimizer
 * @param T_0 - epochs until the first restart
 * @param T_mult - what they are multiplied by at each. Default: 1
 * @param eta_min - the least rate. Default: 0
 * @throws ValueError for epochs that are no positive whole numbers
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 20)
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  declare T_0: number
  declare T_i: number
  declare T_mult: number
  declare eta_min: number
  declare T_cur: number

  constructor(...args: Call<typeof COSINE_ANNEALING_WARM_RESTARTS>)
  constructor(...args: UsualCall<typeof COSINE_ANNEALING_WARM_RESTARTS>)
  constructor(...args: unknown[]) {
    const { optimizer, T_0, T_mult, eta_min, last_epoch } = COSINE_ANNEALING_WARM_RESTARTS.take(args)
    if (!(T_0 > 0) || !Number.isInteger(T_0))
      throw value_error(`Expected positive integer T_0, but got ${py_repr(T_0)}`)
    if (!(T_mult >= 1) || !Number.isInteger(T_mult))
      throw value_error(`Expected integer T_mult >= 1, but got ${py_repr(T_mult)}`)
    if (typeof eta_min !== 'number')
      throw value_error(`Expected float or int eta_min, but got ${String(eta_min)} of type ${typeof eta_min}`)
    super(optimizer, last_epoch, new FirstFields({ T_0, T_i: T_0, T_mult, eta_min, T_cur: last_epoch }))
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    return this.base_lrs.map((base) => cosine(base, this.eta_min, (Math.PI * this.T_cur) / this.T_i))
  }

  /** Goes to the next epoch, or to any, which need not be whole: `epoch + batch / batches`. */
  override step(epoch?: number | null): void {
    let at = epoch ?? (this.last_epoch < 0 ? 0 : null)
    if (at === null) {
      at = this.last_epoch + 1
      this.T_cur += 1
      if (this.T_cur >= this.T_i) {
        this.T_cur %= this.T_i
        this.T_i *= this.T_mult
      }
    } else {
      if (at < 0) throw value_error(`Expected non-negative epoch, but got ${py_repr(at)}`)
      this._jump(at)
    }
    this.last_epoch = Math.floor(at)
    this._set_lrs(this._within_step(() => this.get_lr()))
  }

  /** Any epoch, from the number of restarts before it. @internal */
  _jump(epoch: number): void {
    const { T_0, T_mult } = this
    if (epoch < T_0) {
      this.T_i = T_0
      this.T_cur = epoch
    } else if (T_mult === 1) {
      this.T_cur = epoch % T_0
    } else {
      const n = Math.trunc(log((epoch / T_0) * (T_mult - 1) + 1) / log(T_mult))
      this.T_cur = epoch - (T_0 * (pow(T_mult, n) - 1)) / (T_mult - 1)
      this.T_i = T_0 * pow(T_mult, n)
    }
  }

  static {
    methods(CosineAnnealingWarmRestarts, {
      get_lr: '',
      step: 'epoch?',
    })
  }
}
