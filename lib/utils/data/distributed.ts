import { runtime_error, value_error } from '../../errors.js'
import { Generator } from '../../generator.js'
import { take_options } from '../../ops/keywords.js'
import { length_of } from './dataset.js'
import { permutation, Sampler } from './sampler.js'

interface DistributedArguments {
  dataset: object
  num_replicas: number | null
  rank: number | null
  shuffle: boolean
  seed: number
  drop_last: boolean
}

/** What `torchrun` tells each process, until a process group says it. */
function from_environment(name: 'WORLD_SIZE' | 'RANK'): number {
  const value = Number(process.env[name] ?? Number.NaN)
  if (!Number.isInteger(value)) {
    throw runtime_error(
      `DistributedSampler(): ${name} is not set: start the program with torchrun, or give num_replicas and rank`,
    )
  }
  return value
}

/**
 * The part of a dataset that one of several processes reads: every `num_replicas`-th index, from `rank` on, of an order
 * that all of them draw alike. Call `set_epoch(epoch)` before each epoch, or every epoch has the same order.
 *
 * @param dataset has a length
 * @param options.num_replicas the number of processes (default: the environment's WORLD_SIZE)
 * @param options.rank this process's number (default: the environment's RANK)
 * @param options.shuffle whether the order is random (default true)
 * @param options.seed the same in all processes (default 0)
 * @param options.drop_last whether indices are left out, rather than some taken twice, so that all read as many
 * @throws ValueError for a rank that does not exist
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const options = { num_replicas: 2, rank: 1, shuffle: false }
 * [...new torch.utils.data.DistributedSampler(torch.arange(5), options)] // [1, 3, 0]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.distributed.DistributedSampler
 */
export class DistributedSampler extends Sampler {
  readonly dataset: object
  readonly num_replicas: number
  readonly rank: number
  readonly shuffle: boolean
  readonly seed: number
  readonly drop_last: boolean
  readonly num_samples: number
  readonly total_size: number
  epoch = 0

  constructor(dataset: object, options?: Partial<Omit<DistributedArguments, 'dataset'>>)
  constructor(
    dataset: object,
    num_replicas: number | null,
    rank?: number | null,
    shuffle?: boolean,
    seed?: number,
    drop_last?: boolean,
  )
  constructor(...args: unknown[]) {
    super()
    const names = ['dataset', 'num_replicas', 'rank', 'shuffle', 'seed', 'drop_last'] as const
    const given = take_options<DistributedArguments>('DistributedSampler', args, names, {
      num_replicas: null,
      rank: null,
      shuffle: true,
      seed: 0,
      drop_last: false,
    })
    this.dataset = given.dataset
    this.num_replicas = given.num_replicas ?? from_environment('WORLD_SIZE')
    this.rank = given.rank ?? from_environment('RANK')
    if (this.rank >= this.num_replicas || this.rank < 0) {
      throw value_error(
        `Invalid rank ${this.rank}, rank should be in the interval [0, ${this.num_replicas - 1}]`,
      )
    }
    this.shuffle = given.shuffle
    this.seed = given.seed
    this.drop_last = given.drop_last
    const n = length_of(this.dataset)
    const shortened = this.drop_last && n % this.num_replicas !== 0
    this.num_samples = Math.ceil((shortened ? n - this.num_replicas : n) / this.num_replicas)
    this.total_size = this.num_samples * this.num_replicas
  }

  override *[Symbol.iterator](): Iterator<number> {
    const n = length_of(this.dataset)
    const order = this.shuffle
      ? permutation(n, new Generator().manual_seed(this.seed + this.epoch))
      : Array.from({ length: n }, (_, i) => i)
    // Past the end it begins anew: some are taken twice.
    for (let i = this.rank; i < this.total_size; i += this.num_replicas) yield order[i % n]!
  }

  override get length(): number {
    return this.num_samples
  }

  /** The epoch, which gives each its own order; the same in all processes. */
  set_epoch(epoch: number): void {
    this.epoch = epoch
  }

  state_dict(): { epoch: number } {
    return { epoch: this.epoch }
  }

  load_state_dict(state: { epoch: number }): void {
    this.epoch = state.epoch
  }
}
