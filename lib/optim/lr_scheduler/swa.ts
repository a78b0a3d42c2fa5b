import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from '../../python/signature.js'
import { py_repr } from '../../repr.js'
import { options_of } from '../optimizer.js'
import { minus, over, plus, type Rate, times } from '../options.js'
import { expect_optimizer, FirstFields, format_param, LRScheduler } from './scheduler.js'

const SWA_LR = signature(
  'SWALR',
  { optimizer: required(expect_optimizer) },
  {
    /** Final learning rate, of all groups or of each. */
    swa_lr: required<number | readonly number[]>(),
  },
  {
    /** Epochs until the final rate. Default: 10. */
    anneal_epochs: optional(10),
  },
  {
    /** Shape of the annealing. Default: `'cos'`. */
    anneal_strategy: optional<'cos' | 'linear'>('cos'),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link SWALR}. */
export type SWALROptions = KeywordsOf<typeof SWA_LR>

/**
 * Each group's rate goes to a fixed one and stays there, while weights are averaged.
 *
 * @param optimizer - the optimizer
 * @param swa_lr - the rate at the end
 * @param anneal_epochs - epochs until then. Default: 10
 * @param anneal_strategy - `'cos'` or `'linear'`. Default: `'cos'`
 * @throws ValueError for an unknown strategy and a negative number of epochs
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.swa_utils.SWALR(optimizer, 0.05, { anneal_epochs: 20 })
 * ```
 *
 * @see torch/optim/swa_utils.py
 */
export class SWALR extends LRScheduler {
  declare anneal_epochs: number
  /** @internal */
  declare _anneal_strategy: 'cos' | 'linear'

  constructor(...args: Call<typeof SWA_LR>)
  constructor(...args: UsualCall<typeof SWA_LR>)
  constructor(...args: unknown[]) {
    const { optimizer, swa_lr, anneal_epochs, anneal_strategy, last_epoch } = SWA_LR.take(args)
    const rates = format_param<number>('swa_lr', optimizer, swa_lr)
    optimizer.param_groups.forEach((group: object, i: number) => {
      options_of(group as never)['swa_lr'] = rates[i]
    })
    if (anneal_strategy !== 'cos' && anneal_strategy !== 'linear')
      throw value_error(
        `anneal_strategy must be one of 'cos' or 'linear', instead got ${String(anneal_strategy)}`,
      )
    if (!Number.isInteger(anneal_epochs) || anneal_epochs < 0)
      throw value_error(`anneal_epochs must be equal or greater than 0, got ${py_repr(anneal_epochs)}`)
    super(optimizer, last_epoch, new FirstFields({ _anneal_strategy: anneal_strategy, anneal_epochs }))
  }

  /** How much of the way is gone at a part t of the epochs. */
  anneal_func(t: number): number {
    return this._anneal_strategy === 'cos' ? (1 - native.math.cos(Math.PI * t)) / 2 : t
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const count = this._step_count - 1
    const step = this.anneal_epochs === 0 ? Math.max(1, count) : count
    const part = (at: number) => Math.max(0, Math.min(1, at / Math.max(1, this.anneal_epochs)))
    const before = this.anneal_func(part(step - 1))
    const alpha = this.anneal_func(part(step))
    return this.optimizer.param_groups.map((group: object) => {
      const { lr, swa_lr } = options_of(group as never) as { lr: Rate; swa_lr: number }
      // The rate that the way began with.
      const initial = before === 1 ? swa_lr : over(minus(lr, before * swa_lr), 1 - before)
      return plus(swa_lr * alpha, times(initial, 1 - alpha))
    })
  }

  static {
    methods(SWALR, {
      get_lr: '',
    })
  }
}
