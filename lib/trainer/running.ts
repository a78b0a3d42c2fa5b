import { hold_while_pending, leases } from '../leases.js'
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

  /**
   * Runs a part of `fit`'s own. While it waits for something, others may read the weights, and nobody may change them but
   * what it calls itself.
   */
  own<T>(what: string, callback: () => T): T {
    return hold_while_pending(callback, () => ({
      operation: `${what} of Trainer.fit()`,
      // With the generator that it draws from.
      reads: [...this.optimization.weights(), default_generator_token()],
      remedy: 'which is under way: trainer.between_steps(() => …) waits for its end',
    }))
  }

  /** Waits until nobody else uses the weights; undefined where nobody does. */
  until_free(): Promise<void> | undefined {
    return leases.open === 0 ? undefined : this.optimization.until_free()
  }

  /** Calls one event's methods; a promise only where something has to be waited for. */
  emit<K extends EventName>(event: K, ...rest: Events[K]): Promise<void> | undefined {
    const call = () => this.own(event, () => emit(this.waits, this.trainer, event, ...rest))
    if (this.trainer.options.callbacks === undefined) return undefined
    // What went wrong may be that the weights are not free.
    const free = event === 'on_error' ? undefined : this.until_free()
    return free === undefined ? call() : free.then(call)
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

  /** Waits until training may go on. */
  until_resumed(): Promise<void> {
    return this.waits.for(this.turns.wait(), 'a callback of between_steps()')
  }
}
