import { is_promise } from '../callback.js'
import { IDENTITY, next_identity } from '../identity.js'
import { refuse_lent } from '../leases.js'
import type { Module } from '../nn/modules/module.js'
import type { Optimizer } from '../optim/optimizer.js'
import { own } from '../own.js'
import { save } from '../serialization.js'
import { BatchReader } from './batches.js'
import type { CheckpointEvent, StepReport } from './callback.js'
import { open_checkpoints } from './checkpoints/open.js'
import { EarlyStopping } from './early_stopping.js'
import { EMA } from './ema.js'
import type { FitOptions, Run, TrainingStep } from './fit_options.js'
import { Optimization } from './optimization.js'
import { dev_steps, own_options, type TrainerOptions } from './options.js'
import { type Batches, check_data, Place } from './place.js'
import { type Plan, plan_of } from './plan.js'
import { make_progress, summary } from './progress.js'
import { History, Means } from './reading.js'
import { Running } from './running.js'
import { step_schedule } from './schedule.js'
import { take_signals } from './signals.js'
import { load_state, pack_state, type TrainerStateDict } from './state.js'
import { validate } from './validation.js'
import { Waits } from './waits.js'

/**
 * Runs the training loop: for each batch it clears the gradients, calls the step for the loss, goes backward, clips the
 * gradients if it should, and lets the optimizer and the schedule take their steps. The numbers are those of the loop
 * written out. Timers, servers and signals live on while it runs. Its whole state can be saved after any step, and
 * training goes on from there with the same numbers.
 *
 * @param model - what is trained
 * @param optimizer - holds the model's parameters
 * @param options - limits, schedule, clipping, averages, where to save, what to show
 * @throws TypeError or ValueError for an option that does not exist or makes no sense
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
 * const trainer = new Trainer(model, optimizer, { max_steps: 1000, checkpoints: 'out/checkpoints' })
 * const loss_history = await trainer.fit(loader, ([x, y]) => criterion(model(x), y))
 * ```
 */
export class Trainer<M extends Module = Module, O extends Optimizer = Optimizer> {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  /** How many steps were done, those of a loaded state included. */
  global_step = 0
  /** How many epochs were completed. */
  epoch = 0
  /** Why training was stopped before its end: what was given to {@link stop}, an AbortSignal's reason, a signal's name. */
  stopped: unknown = undefined
  /** The metrics of the last epoch (`loss`, …) and of the last validation (`val_loss`, …). */
  metrics: Record<string, number> = {}
  /** The averages of the weights, where they were asked for. */
  readonly ema: EMA<M> | undefined
  /** What it was made with. */
  readonly options: TrainerOptions

  readonly #optimization: Optimization
  readonly #place = new Place()
  readonly #means = new Means()
  readonly #early_stopping: EarlyStopping | undefined
  readonly #running: Running
  #stopping = false
  #is_running = false
  #seconds_before = 0
  #started_at: number | null = null

  constructor(
    readonly model: M,
    readonly optimizer: O,
    given: TrainerOptions = {},
  ) {
    const options = own_options(given)
    this.options = options
    const { ema, early_stopping } = options
    this.ema = (ema === undefined || ema instanceof EMA ? ema : new EMA(model, ema)) as EMA<M> | undefined
    this.#early_stopping = early_stopping && new EarlyStopping(early_stopping)
    this.#optimization = new Optimization(
      model,
      optimizer,
      options,
      this.ema as unknown as EMA | undefined,
      new Waits(options.stop_timeout_ms),
    )
    this.#running = new Running(this.#self, this.#optimization)
  }

  get #self(): Trainer {
    return this as unknown as Trainer
  }

  get #parts() {
    return {
      optimization: this.#optimization,
      place: this.#place,
      means: this.#means,
      early_stopping: this.#early_stopping,
    }
  }

  /** How many seconds were trained, those of a loaded state included. */
  get seconds(): number {
    const now = this.#started_at === null ? 0 : (performance.now() - this.#started_at) / 1000
    return this.#seconds_before + now
  }

  /**
   * Trains until the data, `max_epochs`, `max_steps` or `max_seconds` ends, or until it is stopped; a stop lets the step
   * under way finish. Where training was left within an epoch it goes on there.
   *
   * @param data - batches; gone through anew in each epoch, so for more than one epoch it must be iterable more than once
   * @param step - from a batch to the loss, a tensor of one element, or to `{ loss, …metrics }`
   * @param options - a signal that stops it; what is validated on
   * @returns the loss of each step of this call
   * @throws TypeError for data that is not iterable or a step that returns no loss; RuntimeError for a loss that is not
   *   finite, for a folder of checkpoints that another Trainer has, or whose checkpoint does not fit, for a model that holds
   *   averages, and after a stop for a step or a callback that does not settle; whatever the step throws
   */
  async fit<Batch>(
    data: Batches<Batch>,
    step: TrainingStep<Batch>,
    options: FitOptions<Batch> = {},
  ): Promise<number[]> {
    const { signal, validation, validation_step = step } = own(options)
    check_data('fit', 'data', data)
    if (validation !== undefined) check_data('fit', 'validation', validation)
    if (this.#is_running) throw new Error('Trainer.fit() is running already')
    refuse_lent('fit(): the model', this.#optimization.weights())
    const run: Run<Batch> = {
      data,
      run_step: (batch) => step(batch, this.#self),
      validation,
      validation_step,
      history: new History(),
      shown: undefined,
      checkpoints: undefined,
    }
    this.#is_running = true
    this.#running.begin()
    this.#stopping = false
    this.stopped = undefined
    const on_abort = () => this.stop(signal?.reason)
    if (signal?.aborted) on_abort()
    signal?.addEventListener('abort', on_abort, { once: true })
    let give_back: (() => void) | undefined
    try {
      if (this.options.handle_signals) give_back = await take_signals((name) => this.stop(name))
      await this.#fit(run)
      return run.history.values()
    } catch (error) {
      await this.#running.report(error)
      throw error
    } finally {
      run.checkpoints?.close()
      signal?.removeEventListener('abort', on_abort)
      give_back?.()
      this.#running.end()
      this.#seconds_before = this.seconds
      this.#started_at = null
      this.#is_running = false
    }
  }

  /**
   * Ends `fit` after the step under way. A step, a callback or data whose Promise does not settle within `stop_timeout_ms` is
   * left behind, and `fit` ends with an Error that names it.
   */
  stop(reason: unknown = 'stop'): void {
    this.#stop(reason)
    this.#running.waits.stop()
  }

  #stop(reason: unknown): void {
    this.#stopping = true
    this.stopped = reason
    this.#running.turns.resume()
  }

  /** Has `fit` wait after the step under way, until {@link resume} or {@link stop}. */
  pause(): void {
    this.#running.turns.pause()
  }

  /**
   * Runs a callback, a request's sample say, while training waits: after the step under way, or at once where there is none.
   * Several at a time hold training together. Within a validation it runs between two batches, with the model as it is there.
   *
   * @param callback - must not wait for `fit` or for another `between_steps`
   * @returns what the callback returns; whatever it throws is thrown on, and training goes on
   */
  between_steps<T>(callback: () => T | PromiseLike<T>): Promise<T> {
    return this.#running.turns.between(callback)
  }

  /** Has `fit` go on after {@link pause}. */
  resume(): void {
    this.#running.turns.resume()
  }

  async #fit<Batch>(run: Run<Batch>): Promise<void> {
    const { options } = this
    const dev = dev_steps(options)
    await this.#open_checkpoints(run)
    this.#started_at = performance.now()
    const max_steps = Math.min(
      options.max_steps ?? Number.POSITIVE_INFINITY,
      this.global_step + (dev ?? Number.POSITIVE_INFINITY),
    )
    const { progress = true, log_every = 100, checkpoint } = options
    const last_epoch = this.#last_epoch()
    let plan: Plan
    const seconds_before = this.seconds
    try {
      await this.#running.emit('on_fit_start')
      const data =
        options.overfit_batches === undefined
          ? run.data
          : await this.#running.for(this.#place.first(run.data, options.overfit_batches), 'the data')
      plan = plan_of(data, options, this.#self, {
        max_steps,
        last_epoch,
        batch: this.#place.within_epoch ? this.#place.batch : 0,
      })
      run.shown = progress ? await make_progress(plan, log_every) : undefined
      while (this.epoch < last_epoch && !this.#ended(max_steps)) {
        const before = this.global_step
        const went_on = this.#place.within_epoch
        await this.#run_epoch(run, data, max_steps)
        // Data that doesn't say how much it is has said it now.
        if (!went_on && !Number.isFinite(plan.total_steps))
          plan.total_steps = this.global_step + (last_epoch - this.epoch) * (this.global_step - before)
        // An iterator that is used up would yield nothing for ever.
        if (this.global_step === before && !went_on) break
      }
      if (dev !== undefined) await this.#validate(run)
    } finally {
      run.shown?.stop()
    }
    if (run.shown !== undefined)
      console.log(summary(this.#self, plan, run.history.values().at(-1), this.seconds - seconds_before))
    if (dev === undefined) await this.#save(run)
    await this.#running.emit('on_fit_end')
    await this.#running.until_free()
    if (checkpoint !== undefined && dev === undefined) save(this.model.state_dict(), checkpoint)
  }

  async #open_checkpoints<Batch>(run: Run<Batch>): Promise<void> {
    if (dev_steps(this.options) !== undefined) return
    const { checkpoints, loaded } = own(await open_checkpoints(this.#self))
    run.checkpoints = checkpoints
    if (loaded !== undefined) await this.#running.emit('on_checkpoint_load', loaded)
  }

  #last_epoch(): number {
    const { max_epochs, max_steps, max_seconds } = this.options
    const limited = max_steps !== undefined || max_seconds !== undefined
    return max_epochs ?? (limited ? Number.POSITIVE_INFINITY : this.epoch + 1)
  }

  #ended(max_steps: number): boolean {
    const { max_seconds } = this.options
    return (
      this.#stopping ||
      this.global_step >= max_steps ||
      (max_seconds !== undefined && this.seconds >= max_seconds)
    )
  }

  async #run_epoch<Batch>(run: Run<Batch>, data: Batches<Batch>, max_steps: number): Promise<void> {
    await this.#running.emit('on_epoch_start')
    const going_on = this.#place.begin(data)
    const batches = is_promise(going_on)
      ? await this.#running.for(going_on, 'the data, whose first batches are passed over,')
      : going_on
    const reader = new BatchReader(batches)
    let at_data = true
    try {
      // An await costs what a small operator costs: only what has to be waited for is.
      for (;;) {
        let next = reader.next()
        if (is_promise(next)) next = await this.#running.for(next, "the data's next batch")
        if (next.done) break
        at_data = false
        const free = this.#running.until_free()
        if (free !== undefined) await free
        const at = { step: this.global_step, epoch: this.epoch, batch: this.#place.batch++ }
        const { value } = next
        let report = this.#running.own(() => this.#optimization.batch(run.run_step, value, at))
        if (is_promise(report)) report = await report
        const rest = report === null ? undefined : this.#step_end(run, report)
        if (rest !== undefined) await rest
        const turn = this.#running.turn()
        if (turn !== undefined) await turn
        if (this.#running.turns.is_held) await this.#paused()
        if (this.#ended(max_steps)) break
        at_data = true
      }
    } catch (error) {
      // What the data itself threw has ended it.
      if (!at_data || this.#running.waits.gave_up) {
        const closed = reader.close().catch(() => {})
        if (!this.#running.waits.gave_up) await closed
      }
      throw error
    }
    if (!at_data) await reader.close()
    if (this.#ended(max_steps)) {
      this.#place.leave()
      return
    }
    const at = { step: this.global_step, epoch: this.epoch, batch: this.#place.batch - 1 }
    await this.#running.until_free()
    if (this.#optimization.batches > 0) await this.#step_end(run, this.#optimization.update(at))
    await this.#epoch_end(run)
  }

  /** What follows a step; a promise only where something has to be waited for. */
  #step_end<Batch>(run: Run<Batch>, report: StepReport): Promise<void> | undefined {
    this.global_step++
    const { loss, metrics } = report.readings
    for (const name of Object.keys(metrics)) this.#means.add(name, metrics[name]!)
    this.#means.add('loss', loss)
    run.history.push(loss)
    run.shown?.step(report)
    const waits = this.#running.emit('on_step_end', report)
    if (waits !== undefined) return waits.then(() => this.#step_over(run))
    return this.#step_over(run)
  }

  #step_over<Batch>(run: Run<Batch>): Promise<void> | undefined {
    const { validate_every } = this.options
    if (validate_every !== undefined && this.global_step % validate_every === 0)
      return this.#validate(run).then((fresh) => this.#save_where_due(run, fresh))
    return this.#save_where_due(run, {})
  }

  #save_where_due<Batch>(
    run: Run<Batch>,
    fresh: Readonly<Record<string, number>>,
  ): Promise<void> | undefined {
    return run.checkpoints?.due_after_step(this.global_step, fresh) ? this.#save(run, fresh) : undefined
  }

  async #epoch_end<Batch>(run: Run<Batch>): Promise<void> {
    this.epoch++
    this.#place.end()
    let fresh = this.#means.values()
    this.#means.clear()
    this.metrics = { ...this.metrics, ...fresh }
    if (this.options.validate_every === undefined) fresh = { ...fresh, ...(await this.#validate(run)) }
    this.#stop_early(fresh)
    if (this.options.schedule_by === 'epoch') step_schedule(this.options, this.metrics)
    run.shown?.epoch_end(this.epoch, fresh)
    await this.#running.emit('on_epoch_end', {
      step: this.global_step,
      epoch: this.epoch,
      metrics: fresh,
    })
    if (run.checkpoints?.due_after_epoch(this.epoch, fresh)) await this.#save(run, fresh)
  }

  #stop_early(fresh: Readonly<Record<string, number>>): void {
    if (this.#early_stopping?.should_stop(fresh)) this.#stop(`early stopping: ${this.#early_stopping.metric}`)
  }

  async #validate<Batch>({
    validation,
    validation_step,
    shown,
  }: Run<Batch>): Promise<Record<string, number>> {
    if (validation === undefined) return {}
    const run = () =>
      validate(this.model, {
        data: validation,
        step: (batch) => validation_step(batch, this.#self),
        running: this.#running,
        limit: dev_steps(this.options) ?? Number.POSITIVE_INFINITY,
        options: this.options,
        turn: async () => {
          await this.#running.turn()
          if (this.#running.turns.is_held) await this.#running.until_resumed()
        },
      })
    const metrics = await this.#running.with_averages(run)
    this.metrics = { ...this.metrics, ...metrics }
    if (this.options.validate_every !== undefined) shown?.validated(metrics)
    const { global_step: step, epoch } = this
    await this.#running.emit('on_validation_end', { step, epoch, metrics })
    if (this.options.validate_every !== undefined) this.#stop_early(metrics)
    return metrics
  }

  async #paused(): Promise<void> {
    await this.#running.emit('on_pause')
    await this.#running.until_resumed()
    await this.#running.emit('on_resume')
  }

  async #save<Batch>(
    { checkpoints }: Run<Batch>,
    metrics: Readonly<Record<string, number>> = {},
  ): Promise<void> {
    if (checkpoints === undefined) return
    await this.#running.until_free()
    const event: CheckpointEvent | null = await checkpoints.save(() => this.state_dict(), metrics, {
      step: this.global_step,
      epoch: this.epoch,
      batch: this.#place.batch,
    })
    if (event !== null) await this.#running.emit('on_checkpoint_save', event)
  }

  /**
   * The whole state: model, optimizer, schedule, scaler, averages, the place in the data, all random generators, and what
   * was counted. {@link torch.save} takes it, and Python's `torch.load` reads it.
   */
  state_dict(): TrainerStateDict {
    return pack_state(this.#self, this.#parts)
  }

  /**
   * Takes a state that {@link state_dict} gave, or one that Python changed. Training goes on with the same numbers, also
   * within an epoch, and within a step of several batches.
   *
   * @throws RuntimeError where the state is of another model, another optimizer or a newer version, or lacks a generator;
   *   nothing is changed then
   */
  load_state_dict(given: Partial<TrainerStateDict>): void {
    const state = own(given)
    load_state(this.#self, this.#parts, state)
    this.#seconds_before = state.seconds ?? 0
  }
}
