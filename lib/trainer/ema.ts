import { without_grad } from '../autograd/grad_mode.js'
import { run_then } from '../callback.js'
import { runtime_error } from '../errors.js'
import { IDENTITY, next_identity } from '../identity.js'
import type { Module } from '../nn/modules/module.js'
import { metadata_of, type StateDict, type StateDictLike } from '../nn/modules/state_dict.js'
import { operator } from '../ops/operator.js'
import { AveragedModel } from '../optim/swa_utils/averaged_model.js'
import { get_ema_multi_avg_fn } from '../optim/swa_utils/averages.js'
import { own, own_value } from '../own.js'
import { keep } from '../scope.js'
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
  #stored: Tensor[] | null = null

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

  /** Takes the model's weights into the averages; the first time they are copied. */
  update(): void {
    this.#steps++
    if (this.#steps % this.#update_every === 0) this.averaged.update_parameters(this.model)
  }

  #weights(model: Module): Tensor[] {
    return [...model.parameters(), ...model.buffers()]
  }

  /**
   * Puts the averages in the model's place of weights, which are kept for {@link restore}.
   *
   * @throws RuntimeError where they are there already
   */
  store(): void {
    if (this.#stored !== null) throw runtime_error('EMA.store(): the averages are in the model already')
    without_grad(() => {
      this.#stored = this.#weights(this.model).map((weight) => keep(weight.detach().clone()))
      const averages = this.#weights(this.averaged.module)
      this.#weights(this.model).forEach((weight, i) => {
        weight.copy_(averages[i]!)
      })
    })
  }

  /**
   * Puts the model's own weights back.
   *
   * @throws RuntimeError where {@link store} was not called
   */
  restore(): void {
    const stored = this.#stored
    if (stored === null) throw runtime_error('EMA.restore(): store() was not called')
    without_grad(() => {
      this.#weights(this.model).forEach((weight, i) => {
        weight.copy_(stored[i]!)
      })
    })
    this.#stored = null
  }

  /** Runs a callback, which may be asynchronous, with the averages in the model. */
  apply<T>(callback: () => T): T {
    this.store()
    return run_then(callback, () => this.restore())
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
   */
  load_state_dict(state_dict: StateDictLike, steps?: number): void {
    this.averaged.load_state_dict(state_dict)
    const saved = own_value(metadata_of(state_dict)?.get(''), 'ema_steps')
    const count = Number(this.averaged.n_averaged.item())
    this.#steps = saved ?? steps ?? count * this.#update_every
  }
}
