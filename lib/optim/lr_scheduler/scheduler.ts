import { record_of } from '../../collections.js'
import { key_error, not_implemented_error, type_error, type_name, value_error } from '../../errors.js'
import { full_like } from '../../ops/generated/torch.js'
import { assign_own, own_value, set_own } from '../../own.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { keep } from '../../scope.js'
import { check_number, check_numbers, type NumberKinds } from '../../state_numbers.js'
import type { Several } from '../../tensor/several.js'
import { Tensor } from '../../tensor.js'
import { not_json } from '../../uncloneable.js'
import { warn_once } from '../../warn.js'
import { put_off_first_step, take_first_steps } from '../first_steps.js'
import { guard_new_fields } from '../new_fields.js'
import { Optimizer, options_of } from '../optimizer.js'
import { type Rate, scalar_rate } from '../options.js'

/** A schedule's state: its properties by name. */
export type SchedulerState = Record<string, unknown>

const LR_SCHEDULER = signature(
  'LRScheduler',
  { optimizer: required(expect_optimizer) },
  {
    /** Last epoch of a resumed run; −1 starts anew. Default: −1. */
    last_epoch: optional(-1),
  },
)

/** The kind of number that each entry of a state must be, for all schedules. */
const NUMBERS: NumberKinds = {
  last_epoch: 'epoch',
  _step_count: 'count',
  base_lrs: 'finite',
  _last_lr: 'finite',
  num_bad_epochs: 'count',
  cooldown_counter: 'count',
}

/** Fields that the library's own schedules need before their first step. */
export class FirstFields {
  constructor(readonly values: object) {}
}

const EPOCH_DEPRECATION_WARNING =
  'The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use ' +
  '`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed form ' +
  'is used instead of the new chainable form, where available. Please open an issue if you are unable to replicate your ' +
  'use case: https://github.com/pytorch/pytorch/issues/new/choose.'

export function warn_of_epoch(): void {
  warn_once(EPOCH_DEPRECATION_WARNING)
}

function copy<T>(value: T): T {
  return value instanceof Tensor ? (keep(value.detach().clone()) as T) : value
}

/** One value for each group: a list as it is, anything else for all. */
export function format_param<T>(name: string, optimizer: Optimizer, param: T | readonly T[]): T[] {
  const groups = optimizer.param_groups.length
  if (!Array.isArray(param)) return Array.from({ length: groups }, () => copy(param as T))
  if (param.length !== groups)
    throw value_error(
      `${name} must have the same length as optimizer.param_groups. ${name} has ${param.length} values, ` +
        `param_groups has ${groups}.`,
    )
  return (param as T[]).map(copy)
}

/** An option of all groups; tensors are copied. */
export function group_values(optimizer: Optimizer, name: string): Rate[] {
  return optimizer.param_groups.map((group) => copy(own_value(options_of(group), name) as Rate))
}

/** Sets an option of a group; a tensor stays the same tensor. */
export function set_group_value(group: Record<string, unknown>, name: string, value: Rate): void {
  if (!(value instanceof Tensor) && !Number.isFinite(value))
    throw value_error(
      `a schedule gave ${String(value)} for '${name}' of a parameter group: it must be finite`,
    )
  const old = own_value(group, name)
  if (old instanceof Tensor)
    old.detach().copy_(value instanceof Tensor ? scalar_rate(value) : full_like(old, value))
  else group[name] = value
}

/** An argument that must be an Optimizer. */
export function expect_optimizer(optimizer: unknown): Optimizer {
  if (!(optimizer instanceof Optimizer)) throw type_error(`${type_name(optimizer)} is not an Optimizer`)
  return optimizer
}

const stepped = new WeakSet<object>()
const watched = new WeakMap<object, unknown>()

// Notes that the optimizer has stepped; its `step` becomes a property of its own.
function watch_steps(optimizer: Optimizer): void {
  if (watched.get(optimizer) === optimizer.step) return
  const { step } = optimizer
  const watching = function (this: object, ...args: unknown[]): unknown {
    stepped.add(this)
    return (step as (...args: unknown[]) => unknown).apply(this, args)
  }
  Object.defineProperty(optimizer, 'step', {
    value: watching,
    writable: true,
    configurable: true,
    enumerable: false,
  })
  watched.set(optimizer, watching)
}

const SET_BY_FIRST_STEP = ['last_epoch', '_step_count', '_last_lr']
const library_methods = new WeakSet<object>()

/** Notes the classes whose methods need nothing but what their constructors hand to the base class. */
export function note_schedules(classes: readonly { prototype: LRScheduler }[]): void {
  for (const { prototype } of classes)
    for (const method of [prototype.get_lr, prototype.step, prototype._get_closed_form_lr])
      library_methods.add(method)
}

function is_library_schedule({ get_lr, step, _get_closed_form_lr }: LRScheduler): boolean {
  return [get_lr, step, _get_closed_form_lr].every((method) => library_methods.has(method))
}

/**
 * Base class of the schedules of learning rates. A subclass defines `get_lr`, which gives each group's rate for
 * `last_epoch`, and, where there is one, a closed form.
 *
 * @param optimizer - whose groups' `lr` is set
 * @param last_epoch - the last epoch of a run that goes on. Default: −1, a new run
 * @throws TypeError for something else than an Optimizer; KeyError where a run goes on without `initial_lr`; ValueError
 * for a rate that is not finite
 *
 * @example
 * ```ts
 * class Warmup extends torch.optim.lr_scheduler.LRScheduler {
 *   constructor(optimizer: torch.optim.Optimizer, readonly steps: number) {
 *     super(optimizer)
 *   }
 *   override get_lr() {
 *     return this.base_lrs.map((lr) => Number(lr) * Math.min(1, (this.last_epoch + 1) / this.steps))
 *   }
 * }
 * const scheduler = new Warmup(optimizer, 100)
 * for (const batch of batches) {
 *   train(batch)
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 *
 * @see torch/optim/lr_scheduler.py
 */
export class LRScheduler {
  declare readonly optimizer: Optimizer
  /** Each group's rate at the start. */
  declare base_lrs: Rate[]
  declare last_epoch: number
  /** @internal */
  declare _step_count: number
  /** @internal */
  declare _is_initial: boolean
  /** @internal */
  declare _get_lr_called_within_step: boolean
  /** @internal */
  declare _last_lr: Rate[]

  constructor(...args: Call<typeof LR_SCHEDULER>)
  constructor(...args: UsualCall<typeof LR_SCHEDULER>)
  /** @internal */
  constructor(optimizer: Optimizer, last_epoch: number, fields: FirstFields)
  constructor(...args: unknown[]) {
    const fields = args[2] instanceof FirstFields ? args[2].values : null
    const { optimizer, last_epoch } = LR_SCHEDULER.take(fields === null ? args : args.slice(0, 2))
    Object.defineProperty(this, 'optimizer', { value: optimizer, writable: true, configurable: true })
    assign_own(this, fields)
    this._begin(last_epoch)
  }

  /** The first step; schedules made of others begin otherwise. @internal */
  _begin(last_epoch: number): void {
    const { optimizer } = this
    optimizer.param_groups.forEach((group: object, i: number) => {
      const options = group as Record<string, unknown>
      if (last_epoch === -1)
        set_own(options, 'initial_lr', own_value(options, 'initial_lr') ?? copy(own_value(options, 'lr')))
      else if (!Object.hasOwn(options, 'initial_lr'))
        throw key_error(
          `param 'initial_lr' is not specified in param_groups[${i}] when resuming scheduler with last_epoch >= 0.\n` +
            "This typically happens when:\n1. You're trying to resume training from a checkpoint but haven't properly " +
            "loaded the optimizer state\n2. You're using last_epoch >= 0 for a fresh training run (not recommended)",
        )
    })
    this.base_lrs = group_values(optimizer, 'initial_lr')
    this.last_epoch = last_epoch
    watch_steps(optimizer)
    if (is_library_schedule(this)) this._initial_step()
    else put_off_first_step(this, SET_BY_FIRST_STEP, optimizer, () => this._initial_step())
  }

  /** @internal */
  _initial_step(): void {
    this._step_count = 0
    this._is_initial = true
    try {
      this.step()
    } finally {
      this._is_initial = false
    }
  }

  /** The schedule's properties but the optimizer. */
  state_dict(): SchedulerState {
    take_first_steps(this.optimizer)
    return { ...(this as unknown as SchedulerState) }
  }

  /**
   * Takes what {@link state_dict} gave, also through a file, and what Python's gave.
   *
   * @throws TypeError for something else than an object of properties; ValueError for an epoch, a count or a rate that makes no
   *   sense
   */
  load_state_dict(state_dict: SchedulerState): void {
    take_first_steps(this.optimizer)
    const state = record_of('load_state_dict', state_dict)
    this._check_numbers(state)
    assign_own(this, state)
  }

  /** Throws for numbers of a state that make no sense. @internal */
  _check_numbers(state: SchedulerState): void {
    check_numbers('', state, NUMBERS)
    if (!is_library_schedule(this)) return
    for (const [name, value] of Object.entries(state))
      if (typeof value === 'number') check_number(name, value, 'not_nan')
  }

  /** Refuses `JSON.stringify`. */
  toJSON(): never {
    throw not_json(this, 'use its state_dict()')
  }

  /** Each group's rate as the last step set it: numbers, or tensors where the optimizer was given such (`get_last_lr<Tensor>()`). */
  get_last_lr<R extends Rate = number>(): Several<R> {
    return this._last_lr as Several<R>
  }

  /** Each group's rate for `last_epoch`. */
  get_lr(): Rate[] {
    throw not_implemented_error(`${this.constructor.name}.get_lr() is not defined`)
  }

  /** Each group's rate from the epoch alone; null where that is not known. */
  _get_closed_form_lr(): Rate[] | null {
    return null
  }

  /** Goes to the next epoch; to be called after `optimizer.step()`. */
  step(epoch?: number | null): void {
    if (this._step_count === 1) this._check_order()
    this._step_count += 1
    if (epoch !== undefined && epoch !== null) warn_of_epoch()
    this._update_lr(epoch)
  }

  /** @internal */
  _check_order(): void {
    const page = 'See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate'
    if (watched.get(this.optimizer) !== this.optimizer.step)
      warn_once(
        'Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, make ' +
          `sure to call \`optimizer.step()\` before \`lr_scheduler.step()\`. ${page}`,
      )
    else if (!stepped.has(this.optimizer))
      warn_once(
        'Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call ' +
          'them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result ' +
          `in PyTorch skipping the first value of the learning rate schedule. ${page}`,
      )
  }

  /** @internal */
  _update_lr(epoch?: number | null): void {
    const values = this._within_step(() => {
      if (epoch === undefined || epoch === null) {
        this.last_epoch += 1
        return this.get_lr()
      }
      this.last_epoch = epoch
      return this._get_closed_form_lr() ?? this.get_lr()
    })
    this._set_lrs(values)
  }

  /** @internal */
  _within_step<T>(call: () => T): T {
    this._get_lr_called_within_step = true
    try {
      return call()
    } finally {
      this._get_lr_called_within_step = false
    }
  }

  /** @internal */
  _set_lrs(values: readonly Rate[]): void {
    check_rates(this, values)
    this.optimizer.param_groups.forEach((group: object, i: number) => {
      set_group_value(group as Record<string, unknown>, 'lr', values[i]!)
    })
    this._last_lr = group_values(this.optimizer, 'lr')
  }

  /** Each group's current rate. */
  protected current_lrs(): Rate[] {
    return group_values(this.optimizer, 'lr')
  }

  /** To be called first by every `get_lr`. */
  protected warn_if_called_outside(): void {
    if (!this._get_lr_called_within_step)
      warn_once('To get the last learning rate computed by the scheduler, please use `get_last_lr()`.')
  }

  static {
    methods(LRScheduler, {
      get_last_lr: '',
      get_lr: '',
      load_state_dict: 'state_dict{}',
      state_dict: '',
      step: 'epoch?',
    })
  }
}

guard_new_fields(
  LRScheduler.prototype,
  // Nothing is refused before the constructor is through.
  (schedule) => (Object.hasOwn(schedule, '_last_lr') ? ['lr', ...Object.keys(schedule)] : []),
  (name) =>
    name === 'lr'
      ? 'rates belong to optimizer.param_groups, and a schedule sets them'
      : `did you mean '${name}'?`,
)

function check_rates(schedule: LRScheduler, values: unknown): asserts values is readonly Rate[] {
  const groups = schedule.optimizer.param_groups.length
  const who = `${schedule.constructor.name}.get_lr()`
  if (!Array.isArray(values) || values.length !== groups)
    throw type_error(
      `${who} must return an array with a rate for each of the optimizer's ${groups} parameter groups, not ` +
        (Array.isArray(values) ? `${values.length} of them` : type_name(values)),
    )
  values.forEach((rate: unknown, i) => {
    // One on another device would have to be waited for.
    if (rate instanceof Tensor && (rate.device.type !== 'cpu' || Number.isFinite(Number(rate.item())))) return
    if (typeof rate !== 'number' && !(rate instanceof Tensor))
      throw type_error(
        `${who} gave a ${type_name(rate)} for parameter group ${i}: a rate is a number or a Tensor`,
      )
    if (rate instanceof Tensor || !Number.isFinite(rate))
      throw value_error(
        `${who} gave ${rate instanceof Tensor ? String(rate.item()) : rate} for parameter group ${i} at epoch ${schedule.last_epoch}: a rate must be finite. Is a ` +
          'field that it reads not set yet, or undefined?',
      )
  })
}

/** Each rate times a factor. */
export function scale(rates: readonly Rate[], factor: number): Rate[] {
  return rates.map((rate) => (rate instanceof Tensor ? keep(rate.mul(factor)) : rate * factor))
}
