import { setImmediate as event_loop_turn } from 'node:timers/promises'
import { type_error, type_name } from '../errors.js'
import type { Module } from '../nn/modules/module.js'
import type { StateDict } from '../nn/modules/state_dict.js'
import { clip_grad_norm_ } from '../nn/utils/clip_grad.js'
import { is_options } from '../ops/keywords.js'
import type { Optimizer } from '../optim/optimizer.js'
import type { OptimizerStateDict } from '../optim/state_dict.js'
import { get_rng_state, set_rng_state } from '../random.js'
import { save } from '../serialization.js'
import { Tensor } from '../tensor.js'
import type { StepEnd, TrainerCallback } from './callback.js'
import { check_options, type TrainerOptions } from './options.js'
import { make_progress, type Progress } from './progress.js'
import { take_signals } from './signals.js'

/** The loss of a step, or the loss and numbers to be reported beside it. */
export type StepResult = Tensor | { loss: Tensor; [metric: string]: Tensor | number }

/** Computes the loss of a batch. What it does with the Trainer is its own business. */
export type TrainingStep<Batch> = (batch: Batch, trainer: Trainer) => StepResult | Promise<StepResult>

/** Options of {@link Trainer.fit}. */
export interface FitOptions {
  /** Stops training after the step under way, as {@link Trainer.stop} does. */
  signal?: AbortSignal
}

/** What a Trainer needs to go on elsewhere as if nothing had happened. */
export interface TrainerStateDict {
  model: StateDict
  optimizer: OptimizerStateDict
  schedule?: Record<string, unknown>
  /** How many steps were done. */
  step: number
  /** How many epochs were completed. */
  epoch: number
  /** The CPU's default generator. */
  rng_state: Tensor
}

/** After how many milliseconds timers, sockets and signals get their turn, where steps are shorter. */
const TURN_MS = 50

/**
 * Runs the training loop: for each batch it clears the gradients, calls the step for the loss, goes backward, clips the
 * gradients if it should, and lets the optimizer and the schedule take their steps. The numbers are those of the loop
 * written out. Timers, servers and signals live on while it runs.
 *
 * @param model - what is trained
 * @param optimizer - holds the model's parameters
 * @param options - limits, schedule, clipping, where to save, what to show
 * @throws TypeError or ValueError for an option that does not exist or makes no sense
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
 * const trainer = new Trainer(model, optimizer, { max_steps: 1000, checkpoint: 'model.pt' })
 * const loss_history = await trainer.fit([[x, y]], ([x, y]) => criterion(model(x), y))
 * ```
 */
export class Trainer<M extends Module = Module, O extends Optimizer = Optimizer> {
  /** How many steps were done, those of a loaded state included. */
  global_step = 0
  /** How many epochs were completed. */
  epoch = 0
  /** Why training was stopped before its end: what was given to {@link stop}, an AbortSignal's reason, a signal's name. */
  stopped: unknown = undefined

  #stopping = false
  #running = false
  #turned_at = 0

  constructor(
    readonly model: M,
    readonly optimizer: O,
    readonly options: TrainerOptions = {},
  ) {
    check_options(options)
  }

  /**
   * Trains until the data, `max_epochs` or `max_steps` ends, or until it is stopped; a stop lets the step under way finish.
   *
   * @param data - batches; gone through anew in each epoch, so for more than one epoch it must be iterable more than once
   * @param step - from a batch to the loss, a tensor of one element, or to `{ loss, …metrics }`
   * @param options - a signal that stops it
   * @returns the loss of each step of this call
   * @throws TypeError for data that is not iterable or a step that returns no loss; whatever the step throws
   */
  async fit<Batch>(
    data: Iterable<Batch> | AsyncIterable<Batch>,
    step: TrainingStep<Batch>,
    { signal }: FitOptions = {},
  ): Promise<number[]> {
    check_data(data)
    if (this.#running) throw new Error('Trainer.fit() is running already')
    this.#running = true
    this.#turned_at = performance.now()
    this.#stopping = false
    this.stopped = undefined
    const on_abort = () => this.stop(signal?.reason)
    if (signal?.aborted) on_abort()
    signal?.addEventListener('abort', on_abort, { once: true })
    const give_back = this.options.handle_signals ? take_signals((name) => this.stop(name)) : undefined
    try {
      return await this.#fit(data, step)
    } finally {
      signal?.removeEventListener('abort', on_abort)
      give_back?.()
      this.#running = false
    }
  }

  /** Ends `fit` after the step under way. */
  stop(reason: unknown = 'stop'): void {
    this.#stopping = true
    this.stopped = reason
  }

  async #fit<Batch>(
    data: Iterable<Batch> | AsyncIterable<Batch>,
    step: TrainingStep<Batch>,
  ): Promise<number[]> {
    const {
      max_steps = Number.POSITIVE_INFINITY,
      progress = true,
      log_every = 100,
      checkpoint,
    } = this.options
    const last_epoch =
      this.options.max_epochs ??
      (this.options.max_steps === undefined ? this.epoch + 1 : Number.POSITIVE_INFINITY)
    const loss_history: number[] = []
    const shown = progress ? await make_progress(this.global_step, max_steps, log_every) : undefined
    try {
      await this.#call('on_fit_start')
      while (this.epoch < last_epoch && !this.#ended(max_steps)) {
        const before = this.global_step
        await this.#run_epoch(data, step, max_steps, loss_history, shown)
        // An iterator that is used up would yield nothing for ever.
        if (this.global_step === before) break
      }
    } finally {
      shown?.stop()
    }
    await this.#call('on_fit_end')
    if (checkpoint !== undefined) save(this.model.state_dict(), checkpoint)
    return loss_history
  }

  #ended(max_steps: number): boolean {
    return this.#stopping || this.global_step >= max_steps
  }

  async #run_epoch<Batch>(
    data: Iterable<Batch> | AsyncIterable<Batch>,
    step: TrainingStep<Batch>,
    max_steps: number,
    loss_history: number[],
    shown: Progress | undefined,
  ): Promise<void> {
    await this.#call('on_epoch_start')
    for await (const batch of data as AsyncIterable<Batch>) {
      const end = await this.#step(batch, step)
      loss_history.push(end.loss)
      shown?.step(end)
      await this.#call('on_step_end', end)
      if (performance.now() - this.#turned_at >= TURN_MS) {
        await event_loop_turn()
        this.#turned_at = performance.now()
      }
      if (this.#ended(max_steps)) break
    }
    if (this.#ended(max_steps)) return
    this.epoch++
    await this.#call('on_epoch_end')
  }

  async #step<Batch>(batch: Batch, step: TrainingStep<Batch>): Promise<StepEnd> {
    const { schedule, clip_grad_norm: max_norm } = this.options
    this.optimizer.zero_grad()
    const { loss, ...metrics } = check_result(await step(batch, this as unknown as Trainer))
    const end: StepEnd = {
      step: this.global_step,
      epoch: this.epoch,
      loss: Number(loss.item()),
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, number_of(value)])),
    }
    loss.backward()
    if (max_norm !== undefined)
      end.grad_norm = Number(clip_grad_norm_(this.model.parameters(), max_norm).item())
    this.optimizer.step()
    schedule?.step()
    this.global_step++
    return end
  }

  async #call(method: keyof TrainerCallback, end?: StepEnd): Promise<void> {
    const trainer = this as unknown as Trainer
    for (const callback of this.options.callbacks ?? [])
      await (
        callback[method] as ((trainer: Trainer, end?: StepEnd) => void | Promise<void>) | undefined
      )?.call(callback, trainer, end)
  }

  /** The states of model, optimizer, schedule and the CPU's generator, and how many steps and epochs were done. */
  state_dict(): TrainerStateDict {
    const schedule = this.options.schedule?.state_dict?.()
    return {
      model: this.model.state_dict(),
      optimizer: this.optimizer.state_dict(),
      ...(schedule && { schedule }),
      step: this.global_step,
      epoch: this.epoch,
      rng_state: get_rng_state(),
    }
  }

  /**
   * Takes a state that {@link state_dict} gave. Training goes on with the same numbers, from the beginning of an epoch.
   *
   * @throws whatever the model's or the optimizer's `load_state_dict` throws where the state does not fit
   */
  load_state_dict(state_dict: TrainerStateDict): void {
    this.model.load_state_dict(state_dict.model)
    this.optimizer.load_state_dict(state_dict.optimizer)
    if (state_dict.schedule) this.options.schedule?.load_state_dict?.(state_dict.schedule)
    this.global_step = state_dict.step
    this.epoch = state_dict.epoch
    set_rng_state(state_dict.rng_state)
  }
}

function check_data(data: unknown): void {
  const iterable = data as
    | { [Symbol.iterator]?: unknown; [Symbol.asyncIterator]?: unknown }
    | null
    | undefined
  if (
    typeof iterable?.[Symbol.asyncIterator] === 'function' ||
    typeof iterable?.[Symbol.iterator] === 'function'
  )
    return
  throw type_error(`fit(): argument 'data' must be iterable, not ${type_name(data)}`)
}

function check_result(result: StepResult): { loss: Tensor; [metric: string]: Tensor | number } {
  if (result instanceof Tensor) return { loss: result }
  if (is_options(result) && result['loss'] instanceof Tensor) return result as { loss: Tensor }
  throw type_error(
    `fit(): the step must return the loss (Tensor) or { loss, …metrics }, not ${type_name(result)}`,
  )
}

function number_of(metric: Tensor | number): number {
  return typeof metric === 'number' ? metric : Number(metric.item())
}
