import { runtime_error, type_error, type_name, value_error } from '../../errors.js'
import { expect_int } from '../../expect.js'
import { Generator } from '../../generator.js'
import { methods } from '../../python/methods.js'
import { of_objects, optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { check_number } from '../../state_numbers.js'
import { length_of } from './dataset.js'
import { permutation, Sampler } from './sampler.js'

const int_or_null = (value: unknown, name: string, argument: string): number | null => {
  if (value === null || Number.isInteger(value)) return value as number | null
  throw type_error(`${name}(): argument '${argument}' must be int, not ${type_name(value)}`, name)
}

const DISTRIBUTED_SAMPLER = signature(
  'DistributedSampler',
  {
    /** Has a length. */
    dataset: of_objects(required<object>()),
  },
  {
    /** The number of processes. Default: the environment's WORLD_SIZE. */
    num_replicas: optional<number | null>(null, int_or_null),
  },
  {
    /** This process's number. Default: the environment's RANK. */
    rank: optional<number | null>(null, int_or_null),
  },
  {
    /** Whether the order is random. Default: true. */
    shuffle: optional(true),
  },
  {
    /** The same in all processes. Default: 0. */
    seed: optional(0, expect_int),
  },
  {
    /** Whether indices are left out, rather than some taken twice, so that all read as many. Default: false. */
    drop_last: optional(false),
  },
)

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
 * @param num_replicas the number of processes. Default: the environment's WORLD_SIZE
 * @param rank this process's number. Default: the environment's RANK
 * @param shuffle whether the order is random. Default: true
 * @param seed the same in all processes. Default: 0
 * @param drop_last whether indices are left out, rather than some taken twice, so that all read as many. Default: false
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

  static {
    methods(DistributedSampler, { set_epoch: 'epoch', state_dict: '', load_state_dict: 'state_dict{}' })
  }

  constructor(...args: Call<typeof DISTRIBUTED_SAMPLER>)
  constructor(...args: UsualCall<typeof DISTRIBUTED_SAMPLER>)
  constructor(...args: unknown[]) {
    super()
    const given = DISTRIBUTED_SAMPLER.take(args)
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

  load_state_dict(state_dict: { epoch: number }): void {
    check_number('epoch', state_dict.epoch, 'whole')
    this.epoch = Number(state_dict.epoch)
  }
}
