import { autocast } from '../amp/autocast_mode.js'
import { without_grad } from '../autograd/grad_mode.js'
import { is_promise } from '../callback.js'
import { runtime_error, type_error, type_name, value_error } from '../errors.js'
import { default_generator, Generator } from '../generator.js'
import { leases, until_free } from '../leases.js'
import type { Module } from '../nn/modules/module.js'
import { clip_grad_norm_, clip_grad_value_ } from '../nn/utils/clip_grad.js'
import { is_options } from '../ops/keywords.js'
import { LBFGS } from '../optim/lbfgs.js'
import { type Optimizer, options_of } from '../optim/optimizer.js'
import { member, own_value } from '../own.js'
import { default_generator_token } from '../random.js'
import { keep, scope } from '../scope.js'
import { Tensor } from '../tensor.js'
import { report_of, type StepReport } from './callback.js'
import type { EMA } from './ema.js'
import { type BadStep, bad_gradients, bad_loss } from './nan_guard.js'
import type { TrainerOptions } from './options.js'
import { Reading } from './reading.js'
import type { Waits } from './waits.js'

/** The loss of a step, or the loss and numbers to be reported beside it. */
export type StepResult = Tensor | { loss: Tensor; [metric: string]: Tensor | number }

/** What a step that takes several batches has so far. */
export interface AccumulationState {
  batches: number
  losses: number[]
  metrics: Record<string, number>[]
  /** The gradients of the optimizer's parameters, in their order. */
  gradients: (Tensor | null)[]
  /** How many steps in a row the scaler has left out. */
  skipped: number
}

interface BatchPlace {
  step: number
  epoch: number
  batch: number
}

const NO_METRICS: Readonly<Record<string, Reading>> = {}

/** After so many steps in a row that the scaler left out, something else than its scale is wrong. */
const MOST_SKIPPED = 20

export function check_result(result: unknown): { loss: Tensor; [metric: string]: Tensor | number } {
  if (result instanceof Tensor) return { loss: result }
  if (is_options(result) && own_value(result, 'loss') instanceof Tensor) return result as { loss: Tensor }
  throw type_error(
    `fit(): the step must return the loss (Tensor) or { loss, …metrics }, not ${type_name(result)}`,
  )
}

export function readings_of(metrics: Readonly<Record<string, Tensor | number>>): Record<string, Reading> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Reading.of(value)]))
}

/** Runs a step's forward pass with the casts that were asked for. */
export function with_autocast<T>(option: TrainerOptions['autocast'], callback: () => T): T {
  if (option === undefined) return callback()
  return typeof option === 'string' ? autocast(option, callback) : autocast(option, callback)
}

/** From a batch to changed parameters: forward, backward, clipping, scaler, optimizer, schedule, averages. */
export class Optimization {
  #losses: Reading[] = []
  #metrics: Readonly<Record<string, Reading>>[] = []
  #skipped = 0
  /** The random numbers of the batch under way, should it have to be run again. */
  readonly #before = new Generator()

  constructor(
    readonly model: Module,
    readonly optimizer: Optimizer,
    readonly options: TrainerOptions,
    readonly ema: EMA | undefined,
    readonly waits: Waits,
  ) {
    if (!(optimizer instanceof LBFGS)) return
    const { accumulate = 1, scaler } = options
    const refused = accumulate > 1 ? 'accumulate' : scaler?.is_enabled() ? 'scaler' : undefined
    if (refused !== undefined)
      throw value_error(
        `Trainer(): argument '${refused}' does not go with LBFGS, which computes the loss anew within its step`,
      )
  }

  /** How many batches the step under way has so far. */
  get batches(): number {
    return this.#losses.length
  }

  /**
   * Takes one batch in; the report of the step, where it was the step's last. A promise only where the step gave one.
   *
   * @param run - runs the step on the batch
   */
  batch<Batch>(
    run: (batch: Batch) => unknown,
    batch: Batch,
    place: BatchPlace,
  ): StepReport | null | Promise<StepReport | null> {
    if (this.options.nan_guard !== false) this.#before.copy_from(default_generator)
    if (this.optimizer instanceof LBFGS)
      return this.options.memory_scope
        ? scope(() => this.#closure_step(run, batch, place))
        : this.#closure_step(run, batch, place)
    if (this.batches === 0) this.optimizer.zero_grad()
    if (this.options.memory_scope) return scope(() => this.#batch_in_scope(run, batch, place))
    const result = this.#cast(run, batch)
    if (result instanceof Tensor || !is_promise(result)) return this.#finish(run, batch, place, result)
    return this.#await_step(run, batch, place, result)
  }

  async #await_step<Batch>(
    run: (batch: Batch) => unknown,
    batch: Batch,
    place: BatchPlace,
    pending: PromiseLike<unknown>,
  ): Promise<StepReport | null> {
    const result = await this.waits.for(pending, `the step of batch ${place.batch} in epoch ${place.epoch}`)
    // Beside the step's own there may be calls that read the parameters.
    if (leases.open > 1) await this.until_free()
    return this.#finish(run, batch, place, result)
  }

  /** What a step changes: the weights, and what is computed from them. */
  weights(): Tensor[] {
    const modules: Module[] = [this.model]
    if (this.ema !== undefined) modules.push(this.ema.averaged)
    return modules.flatMap((module) => [...module.parameters(), ...module.buffers()])
  }

  /** Waits until nobody else uses the weights; undefined where nobody does. */
  until_free(): Promise<void> | undefined {
    const used = until_free('fit(): the model', () => ({
      writes: this.weights(),
      reads: [default_generator_token()],
    }))
    if (used === undefined) return undefined
    return this.waits.for(used.free, `${used.user}, which uses the model,`).then(() => this.until_free())
  }

  #cast<Batch>(run: (batch: Batch) => unknown, batch: Batch): unknown {
    const { autocast } = this.options
    return autocast === undefined ? run(batch) : with_autocast(autocast, () => run(batch))
  }

  #batch_in_scope<Batch>(run: (batch: Batch) => unknown, batch: Batch, place: BatchPlace): StepReport | null {
    return this.#finish(run, batch, place, this.#at_once(run, batch, 'memory_scope'))
  }

  /** What a step gives where it cannot be waited for. */
  #at_once<Batch>(run: (batch: Batch) => unknown, batch: Batch, why: string): unknown {
    const result = this.#cast(run, batch)
    if (is_promise(result)) {
      Promise.resolve(result).catch(() => {})
      throw type_error(`fit(): with ${why} the step must be synchronous, not return a Promise`)
    }
    return result
  }

  /** The step of an optimizer that asks for the loss as often as it wants: what is reported is the first one. */
  #closure_step<Batch>(run: (batch: Batch) => unknown, batch: Batch, place: BatchPlace): StepReport {
    const rate = this.#rate()
    let first:
      | { loss: Reading; grad_norm: Reading | undefined; metrics: Readonly<Record<string, Reading>> }
      | undefined
    this.optimizer.step(() => {
      this.optimizer.zero_grad()
      const { loss, ...metrics } = check_result(this.#at_once(run, batch, this.optimizer.constructor.name))
      const reading = Reading.of(loss)
      // One that is not finite further on is the search's own, which goes back.
      if (first === undefined && this.#is_checked(reading) && !Number.isFinite(reading.value))
        throw bad_loss(this.model, this.#bad_step(run, batch, place, reading.value))
      loss.backward()
      const grad_norm = this.#clip()
      first ??= { loss: reading, grad_norm, metrics: readings_of(metrics) }
      return loss
    })
    this.#after_step()
    return report_of({ ...place, lr: rate, skipped: false, ...first! })
  }

  /** Whether a loss is looked at: one on another device would have to be waited for; with a scaler, they are its own. */
  #is_checked(loss: Reading): boolean {
    const { nan_guard, scaler } = this.options
    return nan_guard !== false && (nan_guard === true || loss.is_here) && !(scaler?.is_enabled() ?? false)
  }

  #bad_step<Batch>(run: (batch: Batch) => unknown, batch: Batch, place: BatchPlace, value: number): BadStep {
    return {
      ...place,
      batch_number: place.batch,
      value,
      batch,
      rng_state: this.#before.get_state(),
      rerun: () => this.#cast(run, batch),
    }
  }

  #finish<Batch>(
    run: (batch: Batch) => unknown,
    batch: Batch,
    place: BatchPlace,
    result: unknown,
  ): StepReport | null {
    const alone = result instanceof Tensor
    const { loss, ...metrics } = alone ? { loss: result } : check_result(result)
    const reading = Reading.of(loss)
    const checked = this.#is_checked(reading)
    if (checked && !Number.isFinite(reading.value))
      throw bad_loss(this.model, this.#bad_step(run, batch, place, reading.value))
    this.#backward(loss)
    this.#losses.push(reading)
    this.#metrics.push(alone ? NO_METRICS : readings_of(metrics))
    if (this.batches < (this.options.accumulate ?? 1)) return null
    const report = this.update(place)
    const grad_norm = member(report, 'grad_norm')
    if (checked && grad_norm !== undefined && !Number.isFinite(grad_norm))
      throw bad_gradients(this.model, this.#bad_step(run, batch, place, grad_norm))
    return report
  }

  #backward(loss: Tensor): void {
    const { accumulate = 1, scaler } = this.options
    const part = accumulate === 1 ? loss : loss.div(accumulate)
    ;(scaler ? scaler.scale(part) : part).backward()
  }

  /** The optimizer's step over the batches so far. */
  update({ step, epoch, batch }: BatchPlace): StepReport {
    // As it is before the schedule takes its step.
    const rate = this.#rate()
    const { scaler, clip_grad_norm, clip_grad_value } = this.options
    if (scaler && (clip_grad_norm !== undefined || clip_grad_value !== undefined))
      scaler.unscale_(this.optimizer)
    const grad_norm = this.#clip()
    const skipped = this.#optimizer_step()
    if (!skipped) this.#after_step()
    const report = report_of({
      step,
      epoch,
      batch,
      lr: rate,
      skipped,
      loss: Reading.mean(this.#losses),
      grad_norm,
      metrics: means_of(this.#metrics),
    })
    this.#losses = []
    this.#metrics = []
    return report
  }

  /** The first group's learning rate. */
  #rate(): number {
    const lr = own_value(options_of(this.optimizer.param_groups[0]!), 'lr') as number | Tensor | undefined
    return lr === undefined ? Number.NaN : Number(lr instanceof Tensor ? lr.item() : lr)
  }

  /** Clips the gradients where they are to be; their length before, where it is known. */
  #clip(): Reading | undefined {
    const { clip_grad_norm, clip_grad_value } = this.options
    if (clip_grad_value !== undefined) clip_grad_value_(this.model.parameters(), clip_grad_value)
    return clip_grad_norm === undefined
      ? undefined
      : Reading.of(clip_grad_norm_(this.model.parameters(), clip_grad_norm))
  }

  #after_step(): void {
    const { schedule, schedule_by = 'step' } = this.options
    if (schedule_by === 'step') schedule?.step()
    this.ema?.update()
  }

  #optimizer_step(): boolean {
    const { scaler } = this.options
    if (!scaler?.is_enabled()) {
      this.optimizer.step()
      return false
    }
    // The scaler's step waits for the device by itself; a smaller scale says that it found something.
    const before = scaler.get_scale()
    scaler.step(this.optimizer)
    scaler.update()
    const skipped = scaler.get_scale() < before
    this.#skipped = skipped ? this.#skipped + 1 : 0
    if (this.#skipped >= MOST_SKIPPED && this.options.nan_guard !== false)
      throw runtime_error(
        `Trainer: ${this.#skipped} steps in a row had gradients that are not finite; the scaler's scale is ${scaler.get_scale()} now`,
      )
    return skipped
  }

  #parameters(): Tensor[] {
    return this.optimizer.param_groups.flatMap(({ params }) => params)
  }

  state_dict(): AccumulationState {
    return {
      batches: this.batches,
      losses: Reading.read_all(this.#losses),
      metrics: this.#metrics.map((metrics) =>
        Object.fromEntries(Object.entries(metrics).map(([name, reading]) => [name, reading.value])),
      ),
      gradients: this.batches === 0 ? [] : this.#parameters().map(({ grad }) => grad),
      skipped: this.#skipped,
    }
  }

  load_state_dict(state: AccumulationState): void {
    this.#losses = state.losses.map((loss) => Reading.of(loss))
    this.#metrics = state.metrics.map(readings_of)
    this.#skipped = state.skipped
    without_grad(() => {
      this.#parameters().forEach((param, i) => {
        const grad = state.gradients[i] ?? null
        param.grad = grad === null ? null : keep(grad.detach().to(param.device).clone())
      })
    })
  }
}

function means_of(all: readonly Readonly<Record<string, Reading>>[]): Readonly<Record<string, Reading>> {
  if (all.length === 1) return all[0]!
  const names = new Set(all.flatMap((metrics) => Object.keys(metrics)))
  return Object.fromEntries(
    Array.from(names, (name) => [
      name,
      Reading.mean(all.flatMap((metrics) => own_value(metrics, name) ?? [])),
    ]),
  )
}
