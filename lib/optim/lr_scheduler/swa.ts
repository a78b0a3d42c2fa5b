import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import { take_options } from '../../ops/keywords.js'
import { py_repr } from '../../repr.js'
import { type Optimizer, options_of } from '../optimizer.js'
import { minus, over, plus, type Rate, times } from '../options.js'
import { format_param, LRScheduler, type SchedulerOptions } from './scheduler.js'

/** Options of {@link SWALR}. */
export interface SWALROptions extends SchedulerOptions {
  /** The rate at the end, of all groups or of each. */
  swa_lr?: number | readonly number[]
  /** Epochs until then. Default: 10. */
  anneal_epochs?: number
  /** How the rate goes there. Default: `'cos'`. */
  anneal_strategy?: 'cos' | 'linear'
}

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

  constructor(
    optimizer: Optimizer,
    swa_lr: number | readonly number[] | SWALROptions,
    anneal_epochs?: number | SWALROptions,
    anneal_strategy?: 'cos' | 'linear' | SWALROptions,
    last_epoch?: number | SWALROptions,
  )
  constructor(...args: unknown[]) {
    const { optimizer, swa_lr, anneal_epochs, anneal_strategy, last_epoch } = take_options<
      Required<SWALROptions> & { optimizer: Optimizer }
    >('SWALR', args, ['optimizer', 'swa_lr', 'anneal_epochs', 'anneal_strategy', 'last_epoch'], {
      anneal_epochs: 10,
      anneal_strategy: 'cos',
      last_epoch: -1,
    })
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
    super(optimizer, last_epoch, { _anneal_strategy: anneal_strategy, anneal_epochs })
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
}
