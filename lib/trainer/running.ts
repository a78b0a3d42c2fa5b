import { current_lease } from '../lease_context.js'
import { hold_while_pending, Lease, leases } from '../leases.js'
import { default_generator_token } from '../random.js'
import { is_error } from '../realm.js'
import { type EventName, type Events, emit } from './callback.js'
import type { Optimization } from './optimization.js'
import type { Trainer } from './trainer.js'
import { Turns } from './turns.js'
import type { Waits } from './waits.js'

/** How `fit` and others get along while it runs: who uses the weights, who waits for whom, and for how long. */
export class Running {
  readonly turns: Turns
  readonly waits: Waits
  /** Of the parts that wait for something; it lasts from one to the next until others have their turn. */
  #lease: Lease | undefined

  constructor(
    readonly trainer: Trainer,
    readonly optimization: Optimization,
  ) {
    this.turns = new Turns(trainer.options.yield_every_ms, (callback) =>
      trainer.ema === undefined ? callback() : trainer.ema.as_guest(callback),
    )
    this.waits = optimization.waits
  }

  begin(): void {
    this.turns.begin()
    this.waits.begin()
  }

  end(): void {
    this.#let_go()
    this.turns.end()
  }

  #let_go(): void {
    this.#lease?.end()
    this.#lease = undefined
  }

  /**
   * Runs a part of `fit`'s own. While it waits for something, others may read the weights, and nobody may change them but
   * what it calls itself.
   */
  own<T>(callback: () => T): T {
    return hold_while_pending(callback, () => this.#hold(), this.#lease?.use ?? current_lease())
  }

  #hold(): Lease {
    this.#lease ??= new Lease({
      operation: 'Trainer.fit()',
      // With the generator that a step draws from.
      reads: [...this.optimization.weights(), default_generator_token()],
      remedy:
        'which is within a step, a callback or a validation: trainer.between_steps(() => …) waits for its end',
    })
    return this.#lease
  }

  /** Waits until nobody else uses the weights; undefined where nobody does. */
  until_free(): Promise<void> | undefined {
    const others = leases.open - (this.#lease === undefined ? 0 : 1)
    if (others === 0) return undefined
    this.#let_go()
    return this.optimization.until_free()
  }

  /** Waits for something that is not `fit`'s own: others may use the weights meanwhile. */
  for<T>(promise: PromiseLike<T>, what: string): Promise<T> {
    this.#let_go()
    return this.waits.for(promise, what)
  }

  /** Calls one event's methods; a promise only where something has to be waited for. */
  emit<K extends EventName>(event: K, ...rest: Events[K]): Promise<void> | undefined {
    if (this.trainer.options.callbacks === undefined) return undefined
    // What went wrong may be that the weights are not free.
    const free = event === 'on_error' ? undefined : this.until_free()
    return free === undefined ? this.#emit(event, rest) : free.then(() => this.#emit(event, rest))
  }

  #emit<K extends EventName>(event: K, rest: Events[K]): Promise<void> | undefined {
    return this.own(() => emit(this.waits, this.trainer, event, ...rest))
  }

  /** Tells the callbacks of an error; one that they end with has it for its cause. */
  async report(error: unknown): Promise<void> {
    try {
      await this.emit('on_error', error)
    } catch (another) {
      if (is_error(another) && another !== error) another.cause ??= error
      throw another
    }
  }

  /** Gives the event loop its turn where it is due; a promise only then. */
  turn(): Promise<void> | undefined {
    if (!this.turns.due) return undefined
    this.#let_go()
    return this.turns.take()
  }

  /** Waits until training may go on. */
  until_resumed(): Promise<void> {
    return this.for(this.turns.wait(), 'a callback of between_steps()')
  }

  /** Runs something with the averages in the model, which are fit's own then. */
  async with_averages<T>(callback: () => Promise<T>): Promise<T> {
    await this.until_free()
    this.#let_go()
    const { ema } = this.trainer
    const run = async () => {
      try {
        return await callback()
      } finally {
        this.#let_go()
      }
    }
    // Before the first step there are no averages.
    return ema !== undefined && Number(ema.averaged.n_averaged.item()) > 0 ? ema.apply(run) : run()
  }
}
