import { runtime_error, value_error } from '../../errors.js'
import { own_value } from '../../own.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { options_of } from '../optimizer.js'
import { number_of, type Rate } from '../options.js'
import {
  expect_optimizer,
  FirstFields,
  group_values,
  LRScheduler,
  type SchedulerState,
  set_group_value,
  warn_of_epoch,
} from './scheduler.js'

const REDUCE_LR_ON_PLATEAU = signature(
  'ReduceLROnPlateau',
  { optimizer: required(expect_optimizer) },
  {
    /** Whether a smaller or a larger metric is better. Default: `'min'`. */
    mode: optional<'min' | 'max'>('min'),
  },
  {
    /** Decay factor. Default: 0.1. */
    factor: optional(0.1),
  },
  {
    /** Epochs without improvement before a decay. Default: 10. */
    patience: optional(10),
  },
  {
    /** Smallest change that counts as improvement. Default: 1e-4. */
    threshold: optional(1e-4),
  },
  {
    /** Whether the threshold is relative to the best metric. Default: `'rel'`. */
    threshold_mode: optional<'rel' | 'abs'>('rel'),
  },
  {
    /** Epochs after a decay that do not count. Default: 0. */
    cooldown: optional(0),
  },
  {
    /** Smallest learning rate, of all groups or of each. Default: 0. */
    min_lr: optional<number | readonly number[]>(0),
  },
  {
    /** Smallest decay that is applied. Default: 1e-8. */
    eps: optional(1e-8),
  },
)

/** Options of {@link ReduceLROnPlateau}. */
export type PlateauOptions = KeywordsOf<typeof REDUCE_LR_ON_PLATEAU>

/**
 * Each group's rate falls by a factor when a metric has stopped improving.
 *
 * @param optimizer - the optimizer
 * @param mode - `'min'` or `'max'`. Default: `'min'`
 * @param factor - what the rate is multiplied by. Default: 0.1
 * @param patience - epochs without improvement that are borne. Default: 10
 * @throws ValueError for a factor of 1 or more and for unknown modes
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, 'min')
 * for (const epoch of range(10)) {
 *   train()
 *   scheduler.step(validate())
 * }
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class ReduceLROnPlateau extends LRScheduler {
  declare mode: 'min' | 'max'
  declare factor: number
  declare patience: number
  declare threshold: number
  declare threshold_mode: 'rel' | 'abs'
  declare cooldown: number
  declare cooldown_counter: number
  declare num_bad_epochs: number
  declare best: number
  declare eps: number
  declare min_lrs: number[]
  declare default_min_lr: number | null
  declare mode_worse: number

  constructor(...args: Call<typeof REDUCE_LR_ON_PLATEAU>)
  constructor(...args: UsualCall<typeof REDUCE_LR_ON_PLATEAU>)
  constructor(...args: unknown[]) {
    const { optimizer, min_lr, ...own } = REDUCE_LR_ON_PLATEAU.take(args)
    if (own.factor >= 1) throw value_error('Factor should be < 1.0.')
    const groups = optimizer.param_groups.length
    const listed = Array.isArray(min_lr)
    if (listed && min_lr.length !== groups)
      throw value_error(`expected ${groups} min_lrs, got ${min_lr.length}`)
    super(
      optimizer,
      -1,
      new FirstFields({
        ...own,
        default_min_lr: listed ? null : min_lr,
        min_lrs: listed ? [...(min_lr as number[])] : Array<number>(groups).fill(min_lr as number),
      }),
    )
  }

  override _begin(): void {
    this.last_epoch = 0
    this._last_lr = group_values(this.optimizer, 'lr')
    this._check_modes()
    this._reset()
  }

  /** @internal */
  _check_modes(): void {
    if (this.mode !== 'min' && this.mode !== 'max') throw value_error(`mode ${String(this.mode)} is unknown!`)
    if (this.threshold_mode !== 'rel' && this.threshold_mode !== 'abs')
      throw value_error(`threshold mode ${String(this.threshold_mode)} is unknown!`)
    this.mode_worse = this.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }

  /** Forgets the best metric and all counts. @internal */
  _reset(): void {
    this.best = this.mode_worse
    this.cooldown_counter = 0
    this.num_bad_epochs = 0
  }

  /**
   * Looks at the metric of an epoch.
   *
   * @param metrics - the metric
   */
  override step(metrics: number | Tensor | null | undefined, epoch?: number | null): void {
    const current = number_of(metrics as Rate)
    if (epoch !== undefined && epoch !== null) warn_of_epoch()
    this.last_epoch = epoch ?? this.last_epoch + 1
    if (this._is_better(current, this.best)) {
      this.best = current
      this.num_bad_epochs = 0
    } else {
      this.num_bad_epochs += 1
    }
    if (this.in_cooldown) {
      this.cooldown_counter -= 1
      this.num_bad_epochs = 0
    }
    if (this.num_bad_epochs > this.patience) {
      this._reduce_lr()
      this.cooldown_counter = this.cooldown
      this.num_bad_epochs = 0
    }
    this._last_lr = group_values(this.optimizer, 'lr')
  }

  /** @internal */
  _reduce_lr(): void {
    const groups = this.optimizer.param_groups
    if (groups.length !== this.min_lrs.length) {
      if (this.default_min_lr === null)
        throw runtime_error(
          `The number of param groups in the \`optimizer\` (${groups.length}) differs from when ` +
            `\`ReduceLROnPlateau\` was initialized (${this.min_lrs.length}), usually due to a new param group being ` +
            'added to the optimizer. Please modify the `min_lrs` field to match the length of the `optimizer` param groups.',
        )
      this.min_lrs = Array<number>(groups.length).fill(this.default_min_lr)
    }
    groups.forEach((group: object, i: number) => {
      const options = options_of(group as never)
      const old = number_of(own_value(options, 'lr') as Rate)
      const lowered = Math.max(old * this.factor, this.min_lrs[i]!)
      if (old - lowered > this.eps) set_group_value(options, 'lr', lowered)
    })
  }

  /** Whether metrics are not counted now. */
  get in_cooldown(): boolean {
    return this.cooldown_counter > 0
  }

  /** Whether a metric is better than the best, by enough. @internal */
  _is_better(a: number, best: number): boolean {
    if (this.threshold_mode === 'abs')
      return this.mode === 'min' ? a < best - this.threshold : a > best + this.threshold
    return this.mode === 'min' ? a < best * (1 - this.threshold) : a > best * (this.threshold + 1)
  }

  override load_state_dict(state_dict: SchedulerState): void {
    super.load_state_dict(state_dict)
    this._check_modes()
  }

  static {
    methods(ReduceLROnPlateau, {
      load_state_dict: 'state_dict{}',
      step: 'metrics, epoch?',
    })
  }
}
