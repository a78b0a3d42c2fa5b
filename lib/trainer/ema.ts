import { without_grad } from '../autograd/grad_mode.js'
import { run_then } from '../callback.js'
import { items_of } from '../collections.js'
import { runtime_error } from '../errors.js'
import { IDENTITY, next_identity } from '../identity.js'
import { current_lease } from '../lease_context.js'
import { is_leased, Lease, type LeaseOptions, refuse_in_use, until_free } from '../leases.js'
import type { Module } from '../nn/modules/module.js'
import { metadata_of, type StateDict, type StateDictLike } from '../nn/modules/state_dict.js'
import { operator } from '../ops/operator.js'
import { AveragedModel } from '../optim/swa_utils/averaged_model.js'
import { get_ema_multi_avg_fn } from '../optim/swa_utils/averages.js'
import { own, own_value } from '../own.js'
import { keep } from '../scope.js'
import { check_number, check_numbers } from '../state_numbers.js'
import { Tensor } from '../tensor.js'

/** Options of {@link EMA}. */
export interface EMAOptions {
  /** How much of the old average stays in each step. Default: 0.999. */
  decay?: number
  /**
   * Whether the first averages are over fewer steps: the n-th uses min(decay, (1 + n) / (10 + n)). Default: false.
   */
  warmup?: boolean
  /** Every how many steps averages are taken. Default: 1. */
  update_every?: number
  /** Whether buffers are averaged too, instead of being copied. Default: false. */
  use_buffers?: boolean
}

/** The averages in the model's place of weights. */
interface Lent {
  /** The model's own weights. */
  readonly own: readonly Tensor[]
  /** Who is part of the lease that this one was begun in may have the averages too. */
  readonly lease: Lease
  readonly by: 'store' | 'apply'
  /** Whether a step or the like, which goes on with the model's own weights, has asked for them: nobody else shares them then. */
  readonly is_inside: boolean
  users: number
}

/** Throws for a state whose counts make no sense. */
export function check_averages(state_dict: StateDictLike, steps?: number): void {
  for (const [name, value] of items_of<unknown>(state_dict as never))
    if (name === 'n_averaged') check_number(name, value, 'count')
  check_numbers('', metadata_of(state_dict)?.get(''), { ema_steps: 'count' })
  check_numbers('', { steps }, { steps: 'count' })
}

const lerp_ = operator('aten::_foreach_lerp_.Scalar')

/**
 * The exponential moving average of a model's weights, a ← decay · a + (1 − decay) · w, in an
 * {@link AveragedModel} whose state Python's takes.
 *
 * @param model - the model; it is copied
 * @param options - the decay, whether it warms up, how often averages are taken
 * @throws ValueError for a decay outside [0, 1]
 *
 * @example
 * ```ts
 * const ema = new EMA(model, { decay: 0.999, warmup: true })
 * optimizer.step()
 * ema.update()
 * const images = ema.apply(() => sample(model))
 * ```
 */
export class EMA<M extends Module = Module> {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  /** The model with the averages for weights. */
  readonly averaged: AveragedModel<M>
  readonly #update_every: number
  #steps = 0
  #lent: Lent | null = null

  constructor(
    readonly model: M,
    options: EMAOptions = {},
  ) {
    const { decay = 0.999, warmup = false, update_every = 1, use_buffers = false } = own(options)
    const constant = get_ema_multi_avg_fn(decay)
    const multi_avg_fn: typeof constant = warmup
      ? (averaged, current, count) => {
          const n = count instanceof Tensor ? Number(count.item()) : count
          const now = Math.min(decay, (1 + n) / (10 + n))
          if (averaged[0]!.is_floating_point() || averaged[0]!.is_complex())
            without_grad(() => lerp_(averaged, current, 1 - now))
          else get_ema_multi_avg_fn(now)(averaged, current, count)
        }
      : constant
    this.averaged = new AveragedModel(model, { multi_avg_fn, use_buffers })
    this.#update_every = update_every
  }

  /**
   * Takes the model's weights into the averages; the first time they are copied.
   *
   * @throws RuntimeError while the averages are in the model
   */
  update(): void {
    if (this.#lent !== null)
      throw runtime_error(
        'EMA.update(): the averages are in the model, by store() or apply(): the weights come back by restore(), or when apply() has ended',
      )
    this.#steps++
    if (this.#steps % this.#update_every === 0) this.averaged.update_parameters(this.model)
  }

  #weights(model: Module = this.model): Tensor[] {
    return [...model.parameters(), ...model.buffers()]
  }

  #lend(by: Lent['by'], options: (weights: readonly Tensor[]) => Omit<LeaseOptions, 'operation'>): Lent {
    const weights = this.#weights()
    const operation = `EMA.${by}()`
    const is_inside = is_leased(weights)
    refuse_in_use(`${operation}: the model`, weights)
    const own = without_grad(() => weights.map((weight) => keep(weight.detach().clone())))
    this.#put(this.#weights(this.averaged.module))
    this.#lent = { own, lease: new Lease({ operation, ...options(weights) }), by, is_inside, users: 0 }
    return this.#lent
  }

  #put(values: readonly Tensor[]): void {
    without_grad(() => {
      this.#weights().forEach((weight, i) => {
        weight.copy_(values[i]!)
      })
    })
  }

  /** Puts the model's own weights back. */
  #take_back(lent: Lent): void {
    lent.lease.run(() => this.#put(lent.own))
    this.#lent = null
    lent.lease.end()
  }

  /**
   * Puts the averages in the model's place of weights, which are kept for {@link restore}. Until then whatever would change
   * them is refused: an optimizer's step, `load_state_dict`.
   *
   * @throws RuntimeError where they are there already, or somebody uses the model: a step or a `call_async` under way
   */
  store(): void {
    if (this.#lent !== null) throw runtime_error('EMA.store(): the averages are in the model already')
    this.#lend('store', (weights) => ({
      remedy: 'which has put the averages there: call EMA.restore() first',
      // Buffers may change, as running means do in training mode: restore() puts them back.
      reads: weights.slice(0, [...this.model.parameters()].length),
      is_manual: true,
    }))
  }

  /**
   * Puts the model's own weights back.
   *
   * @throws RuntimeError where {@link store} was not called, or a `call_async` of the model is under way
   */
  restore(): void {
    const lent = this.#lent
    if (lent?.by !== 'store') throw runtime_error('EMA.restore(): store() was not called')
    lent.lease.run(() => refuse_in_use('EMA.restore(): the model', this.#weights()))
    this.#take_back(lent)
  }

  /**
   * Runs a callback, which may be asynchronous, with the averages in the model. Several at a time share them. Meanwhile
   * nobody else may use the model's weights, and `fit` waits with its next step. While `fit` runs, `trainer.between_steps(() =>
   * trainer.ema.apply(callback))` waits for the step under way.
   *
   * @throws RuntimeError where somebody uses the model: an asynchronous step under way, a `call_async`
   */
  apply<T>(callback: () => T): T {
    const lent =
      this.#lent ??
      this.#lend('apply', (weights) => ({
        remedy:
          'which has put the averages there: await it, or use trainer.between_steps(() => …) while fit() runs',
        writes: weights,
      }))
    if (lent.by === 'store')
      throw runtime_error('EMA.apply(): the averages are in the model already, by store()')
    const own = current_lease()
    if (lent.is_inside && own !== lent.lease.outer && !lent.lease.includes(own))
      throw runtime_error(
        'EMA.apply(): the averages are in the model for a step or a callback of fit(): use trainer.between_steps(() => …)',
      )
    lent.users++
    return run_then(
      () => lent.lease.run(callback),
      () => this.#leave(lent),
    )
  }

  /** Runs a callback as part of an {@link apply} under way, where there is one. @internal */
  as_guest<T>(callback: () => T): T {
    return this.#lent?.by === 'apply' ? this.#lent.lease.run(callback) : callback()
  }

  #leave(lent: Lent): void {
    if (--lent.users > 0) return
    // A call of the model that the callback did not wait for reads the averages still.
    const used = lent.lease.run(() =>
      until_free('EMA.apply(): the model', () => ({ writes: this.#weights() })),
    )
    if (used === undefined) this.#take_back(lent)
    else
      void used.free.then(() => {
        if (lent.users === 0 && this.#lent === lent) this.#take_back(lent)
      })
  }

  /**
   * The averages, as Python's `AveragedModel.state_dict()`. How many steps there were stands in its `_metadata`, which
   * goes through files and through Python.
   */
  state_dict(): StateDict {
    const state = this.averaged.state_dict()
    const metadata = metadata_of(state)
    metadata?.set('', { ...metadata.get(''), ema_steps: this.#steps })
    return state
  }

  /**
   * Takes what {@link state_dict} gave.
   *
   * @param state_dict - the averages
   * @param steps - how many steps there were. Default: what the state says; one that does not say it (Python's) was taken
   *   when averages had just been
   * @throws ValueError for a count that is none
   */
  load_state_dict(state_dict: StateDictLike, steps?: number): void {
    check_averages(state_dict, steps)
    this.averaged.load_state_dict(state_dict)
    const saved = own_value(metadata_of(state_dict)?.get(''), 'ema_steps')
    const count = Number(this.averaged.n_averaged.item())
    this.#steps = saved ?? steps ?? count * this.#update_every
  }
}
