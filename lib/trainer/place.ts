import { type_error, type_name, value_error } from '../errors.js'
import { default_generator, Generator } from '../generator.js'
import { get_rng_state, set_rng_state } from '../random.js'
import type { Tensor } from '../tensor.js'
import { DataLoader } from '../utils/data/dataloader.js'
import { IterableDataset } from '../utils/data/dataset.js'
import { is_stateful } from '../utils/data/loader_state.js'

/** What batches come from: gone through anew in each epoch. */
export type Batches<Batch> = Iterable<Batch> | AsyncIterable<Batch>

/** Where in the data training is. */
export interface PlaceState {
  /** How many batches of the epoch were given out. */
  batch: number
  /** How many an epoch has, where that is known. */
  length: number | null
  /** The state of data that has one, a DataLoader for instance. */
  data: unknown
  /** The CPU's generator when the epoch began, for data that has no state. */
  rng_state: Tensor | null
  /** What the batches that are trained on over and over were drawn from. */
  source: { data: unknown; rng_state: Tensor } | null
}

/** Throws for what cannot be gone through. */
export function check_data(operator: string, argument: string, data: unknown): void {
  const { [Symbol.iterator]: one, [Symbol.asyncIterator]: other } = Object(data ?? {}) as {
    [Symbol.iterator]?: unknown
    [Symbol.asyncIterator]?: unknown
  }
  if (typeof one !== 'function' && typeof other !== 'function')
    throw type_error(`${operator}(): argument '${argument}' must be iterable, not ${type_name(data)}`)
}

function iterator_of<Batch>(data: Batches<Batch>): AsyncIterator<Batch> | Iterator<Batch> {
  return Symbol.asyncIterator in data ? data[Symbol.asyncIterator]() : data[Symbol.iterator]()
}

function known_length(data: unknown): number | null {
  if (Array.isArray(data)) return data.length
  // A stream's length is told for nothing: asking has it compared later.
  if (data instanceof DataLoader && !(data.dataset instanceof IterableDataset)) return data.length
  return null
}

/** The place in the data: how to begin an epoch, or to go on within one. */
export class Place {
  /** How many batches of this epoch were given out. */
  batch = 0
  #data: object | null = null
  /** The CPU's generator when the epoch began. */
  readonly #began_with = new Generator()
  #loaded: PlaceState | null = null
  #source: { data: unknown; rng_state: Tensor } | null = null

  /** What goes through the rest of the epoch; a promise where batches have to be passed over. */
  begin<Batch>(data: Batches<Batch>): Batches<Batch> | Promise<Batches<Batch>> {
    const loaded = this.#loaded
    this.#loaded = null
    const same = this.#data === data
    this.#data = data
    this.batch = loaded?.batch ?? 0
    if (loaded !== null) check_length(loaded, data)
    if (is_stateful(data)) {
      if (loaded !== null && loaded.data !== null) data.load_state_dict(loaded.data)
      return data
    }
    const began_with = loaded?.rng_state ?? null
    if (began_with === null) this.#began_with.copy_from(default_generator)
    else this.#began_with.set_state(began_with)
    // An iterator knows its place by itself.
    if (this.batch === 0 || (same && iterator_of(data) === (data as unknown))) return data
    return this.#skip(data)
  }

  // The numbers that data draws are drawn again from where the epoch began; the generator then is as it was.
  async #skip<Batch>(data: Batches<Batch>): Promise<AsyncIterable<Batch>> {
    const now = get_rng_state()
    set_rng_state(this.#began_with.get_state())
    const iterator = iterator_of(data)
    try {
      for (let i = 0; i < this.batch; i++)
        if ((await iterator.next()).done)
          throw value_error(
            `fit(): the state was saved after ${this.batch} batches of an epoch, and the data has only ${i}`,
          )
    } finally {
      set_rng_state(now)
    }
    return { [Symbol.asyncIterator]: () => iterator as AsyncIterator<Batch> }
  }

  /** The first batches of data, the same ones after a state was loaded: what the epochs then go through. */
  async first<Batch>(data: Batches<Batch>, count: number): Promise<Batch[]> {
    const source = this.#source ?? {
      data: is_stateful(data) ? data.state_dict() : null,
      rng_state: get_rng_state(),
    }
    const now = this.#source === null ? null : get_rng_state()
    if (now !== null) {
      if (is_stateful(data)) data.load_state_dict(source.data)
      set_rng_state(source.rng_state)
    }
    this.#source = source
    const batches: Batch[] = []
    for await (const batch of data as AsyncIterable<Batch>) {
      batches.push(batch)
      if (batches.length >= count) break
    }
    if (now !== null) set_rng_state(now)
    return batches
  }

  /** Says that the epoch is over. */
  end(): void {
    this.batch = 0
    this.#loaded = null
  }

  /** Says that the epoch was left: the next `begin` goes on there. */
  leave(): void {
    this.#loaded = this.state_dict()
  }

  /** Whether the next epoch is one that was left. */
  get within_epoch(): boolean {
    return (this.#loaded?.batch ?? 0) > 0
  }

  state_dict(): PlaceState {
    if (this.#loaded !== null) return this.#loaded
    const data = this.#data
    return {
      batch: this.batch,
      length: known_length(data),
      data: is_stateful(data) ? data.state_dict() : null,
      rng_state: this.batch > 0 && data !== null && !is_stateful(data) ? this.#began_with.get_state() : null,
      source: this.#source,
    }
  }

  load_state_dict(state: PlaceState): void {
    this.#loaded = state
    this.#source = state.source
    this.batch = state.batch
  }
}

function check_length({ batch, length }: PlaceState, data: unknown): void {
  const now = known_length(data)
  if (batch > 0 && length !== null && now !== null && now !== length)
    throw value_error(
      `fit(): the state was saved after ${batch} of an epoch's ${length} batches, and the data has ${now} now`,
    )
}
