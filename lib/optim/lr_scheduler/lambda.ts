import { record_of } from '../../collections.js'
import { type_error, type_name, value_error } from '../../errors.js'
import { assign_own, own } from '../../own.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, type GivenBy, signature, type UsualCall } from '../../python/signature.js'
import { type Rate, times } from '../options.js'
import { expect_optimizer, FirstFields, LRScheduler, type SchedulerState } from './scheduler.js'

// Schedules by functions of the epoch.

/** A factor by epoch. */
export type Lambda = (epoch: number) => number

const by_lambda = (name: string) =>
  signature(
    name,
    { optimizer: required(expect_optimizer) },
    {
      /** Factor by epoch, of all groups or of each. */
      lr_lambda: required<Lambda | readonly Lambda[]>(),
    },
    {
      /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
      last_epoch: optional(-1),
    },
  )
type LambdaSignature = ReturnType<typeof by_lambda>

const LAMBDA_LR = by_lambda('LambdaLR')
const MULTIPLICATIVE_LR = by_lambda('MultiplicativeLR')

function lambdas_of({ optimizer, lr_lambda }: GivenBy<LambdaSignature>): Lambda[] {
  const groups = optimizer.param_groups.length
  if (!Array.isArray(lr_lambda)) return Array<Lambda>(groups).fill(lr_lambda as Lambda)
  if (lr_lambda.length !== groups)
    throw value_error(`Expected ${groups} lr_lambdas, but got ${lr_lambda.length}`)
  return [...(lr_lambda as Lambda[])]
}

/** What schedules by functions have in common: functions are not part of the state. */
class ByLambda extends LRScheduler {
  declare lr_lambdas: Lambda[]

  constructor(parameters: LambdaSignature, args: unknown[], check?: (lambdas: Lambda[]) => void) {
    const given = parameters.take(args)
    const lr_lambdas = lambdas_of(given)
    check?.(lr_lambdas)
    super(given.optimizer, given.last_epoch, new FirstFields({ lr_lambdas }))
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
    const { lr_lambdas, ...state } = own(
      record_of('load_state_dict', state_dict) as {
        lr_lambdas?: (object | null)[]
      },
    )
    super.load_state_dict(state)
    lr_lambdas?.forEach((properties, i) => {
      if (properties !== null) assign_own(this.lr_lambdas[i]!, properties)
    })
  }

  static {
    methods(ByLambda, { load_state_dict: 'state_dict{}', state_dict: '' })
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
  constructor(...args: Call<typeof LAMBDA_LR>)
  constructor(...args: UsualCall<typeof LAMBDA_LR>)
  constructor(...args: unknown[]) {
    super(LAMBDA_LR, args)
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    return this.base_lrs.map((lr, i) => times(lr, this.lr_lambdas[i]!(this.last_epoch)))
  }

  static {
    methods(LambdaLR, {
      get_lr: '',
    })
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
  constructor(...args: Call<typeof MULTIPLICATIVE_LR>)
  constructor(...args: UsualCall<typeof MULTIPLICATIVE_LR>)
  constructor(...args: unknown[]) {
    super(MULTIPLICATIVE_LR, args, (lambdas) => {
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

  static {
    methods(MultiplicativeLR, {
      get_lr: '',
    })
  }
}
