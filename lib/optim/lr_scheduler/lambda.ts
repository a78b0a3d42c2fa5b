import { record_of } from '../../collections.js'
import { type_error, type_name, value_error } from '../../errors.js'
import { take_options } from '../../ops/keywords.js'
import type { Optimizer } from '../optimizer.js'
import { type Rate, times } from '../options.js'
import { LRScheduler, type SchedulerOptions, type SchedulerState } from './scheduler.js'

// Schedules by functions of the epoch.

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
    const { lr_lambdas, ...state } = record_of('load_state_dict', state_dict) as {
      lr_lambdas?: (object | null)[]
    }
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
