import { IDENTITY, next_identity } from '../identity.js'
import { own_value } from '../own.js'

/** When training ends because it does not get better. */
export interface EarlyStoppingOptions {
  /** What is watched: `loss` (an epoch's mean), `val_loss`, or another metric's name. Default: `'val_loss'`. */
  metric?: string
  /** How often it may fail to get better. Default: 3. */
  patience?: number
  /** What counts as better: a change of more than this. Default: 0. */
  min_delta?: number
  /** Whether less or more of it is better. Default: `'min'`. */
  mode?: 'min' | 'max'
}

export interface EarlyStoppingState {
  best: number | null
  failures: number
}

/** Counts how often a metric did not get better. */
export class EarlyStopping {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  #state: EarlyStoppingState = { best: null, failures: 0 }

  constructor(readonly options: EarlyStoppingOptions) {}

  get metric(): string {
    return this.options.metric ?? 'val_loss'
  }

  /** Whether training should end; metrics that lack the one that is watched change nothing. */
  should_stop(metrics: Readonly<Record<string, number>>): boolean {
    const { patience = 3, min_delta = 0, mode = 'min' } = this.options
    const value = own_value(metrics, this.metric)
    if (value === undefined) return false
    const { best, failures } = this.#state
    const gain = best === null ? Number.POSITIVE_INFINITY : mode === 'min' ? best - value : value - best
    // Not a number is never better.
    if (gain > min_delta && !Number.isNaN(value)) this.#state = { best: value, failures: 0 }
    else this.#state = { best, failures: failures + 1 }
    return this.#state.failures >= patience
  }

  state_dict(): EarlyStoppingState {
    return { ...this.#state }
  }

  load_state_dict({ best, failures }: EarlyStoppingState): void {
    this.#state = { best, failures }
  }
}
