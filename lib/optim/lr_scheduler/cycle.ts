import { record_of } from '../../collections.js'
import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import { assign_own, own, own_value } from '../../own.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import {
  type Call,
  type GivenBy,
  type KeywordsOf,
  signature,
  type UsualCall,
} from '../../python/signature.js'
import { py_repr } from '../../repr.js'
import { type Optimizer, options_of } from '../optimizer.js'
import { minus, over, plus, type Rate, times } from '../options.js'
import {
  expect_optimizer,
  FirstFields,
  format_param,
  LRScheduler,
  type SchedulerState,
  set_group_value,
} from './scheduler.js'

const { cos, pow } = native.math

function uses_beta1(optimizer: Optimizer): boolean {
  const uses_betas = Object.hasOwn(optimizer.defaults, 'betas')
  if (!uses_betas && !Object.hasOwn(optimizer.defaults, 'momentum'))
    throw value_error('optimizer must support momentum or beta1 with `cycle_momentum` option enabled')
  return uses_betas
}

function set_momentum(group: Record<string, unknown>, use_beta1: boolean, momentum: number): void {
  if (use_beta1) group['betas'] = [momentum, ...(own_value(group, 'betas') as number[]).slice(1)]
  else group['momentum'] = momentum
}

type MomentumRange = Pick<GivenBy<typeof ONE_CYCLE_LR>, 'base_momentum' | 'max_momentum'>

interface Momenta {
  use_beta1: boolean
  base_momentums: number[]
  max_momentums: number[]
}

function take_momenta(optimizer: Optimizer, given: MomentumRange, is_new: boolean): Momenta {
  const use_beta1 = uses_beta1(optimizer)
  const base_momentums = format_param('base_momentum', optimizer, given.base_momentum)
  const max_momentums = format_param('max_momentum', optimizer, given.max_momentum)
  if (is_new)
    optimizer.param_groups.forEach((group: object, i: number) => {
      const options = options_of(group as never)
      set_momentum(options, use_beta1, max_momentums[i]!)
      options['max_momentum'] = max_momentums[i]
      options['base_momentum'] = base_momentums[i]
    })
  return { use_beta1, base_momentums, max_momentums }
}

const CYCLIC_LR = signature(
  'CyclicLR',
  { optimizer: required(expect_optimizer) },
  {
    /** Smallest learning rate, of all groups or of each. */
    base_lr: required<Rate | readonly Rate[]>(),
  },
  {
    /** Largest learning rate, of all groups or of each. */
    max_lr: required<Rate | readonly Rate[]>(),
  },
  {
    /** Steps from the smallest rate to the largest. Default: 2000. */
    step_size_up: optional(2000),
  },
  {
    /** Steps back. Default: step_size_up. */
    step_size_down: optional<number | null>(null),
  },
  {
    /** `'triangular'`, `'triangular2'` (halved each cycle) or `'exp_range'`. Default: `'triangular'`. */
    mode: optional<'triangular' | 'triangular2' | 'exp_range'>('triangular'),
  },
  {
    /** Base of `'exp_range'`. Default: 1. */
    gamma: optional(1),
  },
  {
    /** Custom scaling of a cycle, in place of `mode`. Default: null. */
    scale_fn: optional<((x: number) => number) | null>(null),
  },
  {
    /** Whether `scale_fn` takes the cycle or the step. Default: `'cycle'`. */
    scale_mode: optional<'cycle' | 'iterations'>('cycle'),
  },
  {
    /** Cycle the momentum (or β₁) inversely to the rate. Default: true. */
    cycle_momentum: optional(true),
  },
  {
    /** Smallest momentum, of all groups or of each. Default: 0.8. */
    base_momentum: optional<number | readonly number[]>(0.8),
  },
  {
    /** Largest momentum, of all groups or of each. Default: 0.9. */
    max_momentum: optional<number | readonly number[]>(0.9),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link CyclicLR}. */
export type CyclicLROptions = KeywordsOf<typeof CYCLIC_LR>

/**
 * Each group's rate goes up and down between two rates; stepped after every batch.
 *
 * @param optimizer - the optimizer
 * @param base_lr - the least rate
 * @param max_lr - the greatest rate
 * @throws ValueError for lists of other lengths than the groups', for an unknown mode, and where the optimizer has no momentum
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, { step_size_up: 10 })
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class CyclicLR extends LRScheduler {
  declare max_lrs: Rate[]
  declare total_size: number
  declare step_ratio: number
  declare mode: string
  declare gamma: number
  declare scale_mode: string
  declare cycle_momentum: boolean
  declare use_beta1: boolean
  declare base_momentums: number[]
  declare max_momentums: number[]
  /** @internal */
  declare _scale_fn_custom: ((x: number) => number) | null

  constructor(...args: Call<typeof CYCLIC_LR>)
  constructor(...args: UsualCall<typeof CYCLIC_LR>)
  constructor(...args: unknown[]) {
    const given = CYCLIC_LR.take(args)
    const { optimizer, mode, gamma, scale_fn, cycle_momentum, last_epoch } = given
    const base_lrs = format_param<Rate>('base_lr', optimizer, given.base_lr)
    if (last_epoch === -1)
      optimizer.param_groups.forEach((group: object, i: number) => {
        set_group_value(options_of(group as never), 'lr', base_lrs[i]!)
      })
    const max_lrs = format_param<Rate>('max_lr', optimizer, given.max_lr)
    const total_size = given.step_size_up + (given.step_size_down ?? given.step_size_up)
    if (!['triangular', 'triangular2', 'exp_range'].includes(mode) && scale_fn === null)
      throw value_error('mode is invalid and scale_fn is None')
    const scale_mode = scale_fn !== null ? given.scale_mode : mode === 'exp_range' ? 'iterations' : 'cycle'
    super(
      optimizer,
      last_epoch,
      new FirstFields({
        ...{ max_lrs, total_size, step_ratio: given.step_size_up / total_size, mode, gamma, scale_mode },
        ...{ _scale_fn_custom: scale_fn, cycle_momentum },
        ...(cycle_momentum ? take_momenta(optimizer, given, last_epoch === -1) : {}),
      }),
    )
    this.base_lrs = base_lrs
  }

  /** What a cycle's height is multiplied by. */
  scale_fn(x: number): number {
    if (this._scale_fn_custom !== null) return this._scale_fn_custom(x)
    if (this.mode === 'triangular') return 1
    return this.mode === 'triangular2' ? 1 / pow(2, x - 1) : pow(this.gamma, x)
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const cycle = Math.floor(1 + this.last_epoch / this.total_size)
    const x = 1 + this.last_epoch / this.total_size - cycle
    const part = x <= this.step_ratio ? x / this.step_ratio : (x - 1) / (this.step_ratio - 1)
    const height = this.scale_fn(this.scale_mode === 'cycle' ? cycle : this.last_epoch)
    const rates = this.base_lrs.map((base, i) =>
      plus(base, times(times(minus(this.max_lrs[i]!, base), part), height)),
    )
    if (this.cycle_momentum)
      this.optimizer.param_groups.forEach((group: object, i: number) => {
        const most = this.max_momentums[i]!
        const momentum = most - (most - this.base_momentums[i]!) * part * height
        set_momentum(options_of(group as never), this.use_beta1, momentum)
      })
    return rates
  }

  override state_dict(): SchedulerState {
    const { _scale_fn_custom: own, ...state } = super.state_dict() as { _scale_fn_custom: object | null }
    // A function's own properties are its state.
    const kept = own !== null && Object.keys(own).length > 0 ? { ...own } : null
    return { ...state, _scale_fn_custom: kept }
  }

  override load_state_dict(state_dict: SchedulerState): void {
    const { _scale_fn_custom: custom, ...state } = own(
      record_of('load_state_dict', state_dict) as {
        _scale_fn_custom?: object | null
      },
    )
    super.load_state_dict(state)
    if (custom) assign_own(this._scale_fn_custom!, custom)
  }

  static {
    methods(CyclicLR, {
      get_lr: '',
      load_state_dict: 'state_dict{}',
      scale_fn: 'x',
      state_dict: '',
    })
  }
}

const ONE_CYCLE_LR = signature(
  'OneCycleLR',
  { optimizer: required(expect_optimizer) },
  {
    /** Largest learning rate, of all groups or of each. */
    max_lr: required<number | readonly number[]>(),
  },
  {
    /** Number of steps. Default: epochs · steps_per_epoch. */
    total_steps: optional<number | null>(null),
  },
  {
    /** Number of epochs. Default: null. */
    epochs: optional<number | null>(null),
  },
  {
    /** Steps an epoch. Default: null. */
    steps_per_epoch: optional<number | null>(null),
  },
  {
    /** Fraction of the steps in which the rate grows. Default: 0.3. */
    pct_start: optional(0.3),
  },
  {
    /** Shape of the annealing. Default: `'cos'`. */
    anneal_strategy: optional<'cos' | 'linear'>('cos'),
  },
  {
    /** Cycle the momentum (or β₁) inversely to the rate. Default: true. */
    cycle_momentum: optional(true),
  },
  {
    /** Smallest momentum, of all groups or of each. Default: 0.85. */
    base_momentum: optional<number | readonly number[]>(0.85),
  },
  {
    /** Largest momentum, of all groups or of each. Default: 0.95. */
    max_momentum: optional<number | readonly number[]>(0.95),
  },
  {
    /** The first rate is max_lr divided by this. Default: 25. */
    div_factor: optional(25),
  },
  {
    /** The last rate is the first divided by this. Default: 1e4. */
    final_div_factor: optional(1e4),
  },
  {
    /** Return to the first rate before falling to the last. Default: false. */
    three_phase: optional(false),
  },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** Options of {@link OneCycleLR}. */
export type OneCycleLROptions = KeywordsOf<typeof ONE_CYCLE_LR>

type Momentum = 'max_momentum' | 'base_momentum'
type Lr = 'initial_lr' | 'max_lr' | 'min_lr'
interface Phase {
  end_step: number
  start_lr: Lr
  end_lr: Lr
  start_momentum: Momentum
  end_momentum: Momentum
}

const phase = (
  end_step: number,
  start_lr: Lr,
  end_lr: Lr,
  start_momentum: Momentum,
  end_momentum: Momentum,
): Phase => ({ end_step, start_lr, end_lr, start_momentum, end_momentum })

function phases_of(total_steps: number, pct_start: number, three_phase: boolean): Phase[] {
  const up = phase(pct_start * total_steps - 1, 'initial_lr', 'max_lr', 'max_momentum', 'base_momentum')
  if (!three_phase) return [up, phase(total_steps - 1, 'max_lr', 'min_lr', 'base_momentum', 'max_momentum')]
  const back = 2 * pct_start * total_steps - 2
  return [
    up,
    phase(back, 'max_lr', 'initial_lr', 'base_momentum', 'max_momentum'),
    phase(total_steps - 1, 'initial_lr', 'min_lr', 'max_momentum', 'max_momentum'),
  ]
}

function expect_positive(name: string, value: number): void {
  if (!(value > 0) || !Number.isInteger(value))
    throw value_error(`Expected positive integer ${name}, but got ${py_repr(value)}`)
}

function steps_of({ total_steps, epochs, steps_per_epoch }: GivenBy<typeof ONE_CYCLE_LR>): number {
  if (total_steps !== null) {
    expect_positive('total_steps', total_steps)
    return total_steps
  }
  if (epochs === null || steps_per_epoch === null)
    throw value_error('You must define either total_steps OR (epochs AND steps_per_epoch)')
  expect_positive('epochs', epochs)
  expect_positive('steps_per_epoch', steps_per_epoch)
  return epochs * steps_per_epoch
}

/**
 * Each group's rate grows once to the greatest and falls far below the first; stepped after every batch.
 *
 * @param optimizer - the optimizer
 * @param max_lr - the greatest rate
 * @param total_steps - the number of steps
 * @throws ValueError where the number of steps is not given, for options out of their range, and where the optimizer has no momentum
 *
 * @example
 * ```ts
 * const scheduler = new torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, { steps_per_epoch: 100, epochs: 10 })
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class OneCycleLR extends LRScheduler {
  declare total_steps: number
  declare cycle_momentum: boolean
  declare use_beta1: boolean
  /** @internal */
  declare _schedule_phases: Phase[]
  /** @internal */
  declare _anneal_func_type: 'cos' | 'linear'

  constructor(...args: Call<typeof ONE_CYCLE_LR>)
  constructor(...args: UsualCall<typeof ONE_CYCLE_LR>)
  constructor(...args: unknown[]) {
    const given = ONE_CYCLE_LR.take(args)
    const { optimizer, pct_start, anneal_strategy, cycle_momentum, last_epoch } = given
    const total_steps = steps_of(given)
    if (!(pct_start >= 0 && pct_start <= 1))
      throw value_error(`Expected float between 0 and 1 pct_start, but got ${py_repr(pct_start)}`)
    if (anneal_strategy !== 'cos' && anneal_strategy !== 'linear')
      throw value_error(
        `anneal_strategy must be one of 'cos' or 'linear', instead got ${String(anneal_strategy)}`,
      )
    const max_lrs = format_param<Rate>('max_lr', optimizer, given.max_lr)
    if (last_epoch === -1)
      optimizer.param_groups.forEach((group: object, i: number) => {
        const initial_lr = over(max_lrs[i]!, given.div_factor)
        const min_lr = over(initial_lr, given.final_div_factor)
        Object.assign(group, { initial_lr, max_lr: max_lrs[i], min_lr })
      })
    const momenta = cycle_momentum ? take_momenta(optimizer, given, last_epoch === -1) : null
    super(
      optimizer,
      last_epoch,
      new FirstFields({
        total_steps,
        _schedule_phases: phases_of(total_steps, pct_start, given.three_phase),
        _anneal_func_type: anneal_strategy,
        cycle_momentum,
        ...(momenta === null ? {} : { use_beta1: momenta.use_beta1 }),
      }),
    )
  }

  /** @internal */
  _anneal(start: Rate, end: Rate, pct: number): Rate {
    if (this._anneal_func_type === 'linear') return plus(times(minus(end, start), pct), start)
    return plus(end, times(over(minus(start, end), 2), cos(Math.PI * pct) + 1))
  }

  override get_lr(): Rate[] {
    this.warn_if_called_outside()
    const step = this.last_epoch
    if (step > this.total_steps)
      throw value_error(
        `Tried to step ${step} times. The specified number of total steps is ${this.total_steps}`,
      )
    const phases = this._schedule_phases
    const found = phases.findIndex(({ end_step }) => step <= end_step)
    const place = found < 0 ? phases.length - 1 : found
    const current = phases[place]!
    const start_step = place === 0 ? 0 : phases[place - 1]!.end_step
    const pct = (step - start_step) / (current.end_step - start_step)
    return this.optimizer.param_groups.map((group: object) => {
      const options = options_of(group as never) as Record<Lr, Rate> & Record<Momentum, number>
      if (this.cycle_momentum) {
        const momentum = this._anneal(options[current.start_momentum], options[current.end_momentum], pct)
        set_momentum(options, this.use_beta1, momentum as number)
      }
      return this._anneal(options[current.start_lr], options[current.end_lr], pct)
    })
  }

  static {
    methods(OneCycleLR, {
      get_lr: '',
    })
  }
}
